# SPDX-License-Identifier: Apache-2.0
"""Writes python_types.safetensors (safetensors 0.8.0, torch 2.13.0): one tensor per type torch has."""

import torch
from safetensors.torch import save_file

values = [0, 1, 2, 3, 4, 100]
types = {
    "u8": torch.uint8,
    "i8": torch.int8,
    "i16": torch.int16,
    "u16": torch.uint16,
    "i32": torch.int32,
    "u32": torch.uint32,
    "i64": torch.int64,
    "u64": torch.uint64,
    "f16": torch.float16,
    "bf16": torch.bfloat16,
    "f32": torch.float32,
    "f64": torch.float64,
    "f8_e4m3": torch.float8_e4m3fn,
    "f8_e5m2": torch.float8_e5m2,
}
tensors = {name: torch.tensor(values).to(t).reshape(2, 3) for name, t in types.items()}
tensors["bool"] = torch.tensor([True, False, True])
tensors["scalar"] = torch.tensor(1.5)
tensors["empty"] = torch.zeros(0, 4)
tensors["größe"] = torch.tensor([-1.0])
save_file(tensors, "python_types.safetensors", metadata={"format": "pt"})
