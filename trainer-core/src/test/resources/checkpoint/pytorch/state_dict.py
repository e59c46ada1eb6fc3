# SPDX-License-Identifier: Apache-2.0
"""Writes state-dict.bin with torch.save, the same tensors as state-dict.safetensors, and legacy.bin.

Run it in its folder, with torch and safetensors; the tests read what it wrote.
"""

import torch
from safetensors.torch import save_file

torch.manual_seed(7)


class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = torch.nn.Embedding(5, 4)
        self.head = torch.nn.Linear(4, 5, bias=False)
        self.head.weight = self.embed.weight  # tied: two names, one storage
        self.register_buffer("ids", torch.arange(6).expand((1, -1)))


state = Layer().state_dict()  # an OrderedDict with the attribute _metadata
base = torch.randn(4, 6)
state["transposed"] = base.t()
state["column"] = base[:, 2]
state["rows"] = base[1:3]
state["repeated"] = torch.tensor([1.5]).expand(2, 3)
state["half"] = torch.randn(3, 2).half()
state["bfloat16"] = torch.randn(3, 2).bfloat16()
state["bfloat16.transposed"] = torch.randn(3, 2).bfloat16().t()
state["double"] = torch.randn(2).double()
state["flags"] = torch.tensor([True, False, True])
state["bytes"] = torch.tensor([0, 255], dtype=torch.uint8)
state["small"] = torch.tensor([-128, 127], dtype=torch.int8)
state["short"] = torch.tensor([-2, 300], dtype=torch.int16)
state["int"] = torch.tensor([-2, 70000], dtype=torch.int32)
state["scalar"] = torch.tensor(3.25)
state["empty"] = torch.zeros(0, 3)
state["parameter"] = torch.nn.Parameter(torch.randn(2, 2))
marked = torch.nn.Parameter(torch.randn(2))
marked.mark = True  # a parameter with an attribute is pickled in another way
state["parameter.marked"] = marked
torch.save(state, "state-dict.bin")
save_file(
    {k: v.detach().clone().contiguous() for k, v in state.items() if isinstance(v, torch.Tensor)},
    "state-dict.safetensors",
)
torch.save({"a": torch.zeros(2)}, "legacy.bin", _use_new_zipfile_serialization=False)
