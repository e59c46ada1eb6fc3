"""Writes what transformers saves and computes of small models in 16 bits: python dtype.py > dtype.json

The models are those of ../models. Of each and each type: the SHA-256 of the model.safetensors that save_pretrained writes
of a model loaded in the type, the type in its config.json, and the largest distance of its logits from those of float32.
"""

import hashlib
import json
import tempfile
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file

MODELS = Path(__file__).parent.parent / "models"
LABELS = {"labels", "start_positions", "end_positions"}


def logits(model, inputs):
    with torch.no_grad():
        output = model(**inputs)
    both = [output[name].float() for name in ("logits", "start_logits", "end_logits") if name in output]
    return torch.cat([part.flatten() for part in both])


def figures(folder, dtype):
    auto = getattr(transformers, json.loads((folder / "config.json").read_text())["architectures"][0])
    inputs = {
        name[6:]: tensor
        for name, tensor in load_file(folder / "golden.safetensors").items()
        if name.startswith("input.") and (name[6:] not in LABELS or "ForConditionalGeneration" in auto.__name__)
    }
    wide = auto.from_pretrained(folder, dtype=torch.float32).eval()
    model = auto.from_pretrained(folder, dtype=dtype).eval()
    with tempfile.TemporaryDirectory() as saved:
        model.save_pretrained(saved)
        return {
            "sha256": hashlib.sha256((Path(saved) / "model.safetensors").read_bytes()).hexdigest(),
            "dtype": json.loads((Path(saved) / "config.json").read_text())["dtype"],
            "distance": (logits(model, inputs) - logits(wide, inputs)).abs().max().item(),
        }


torch.set_num_threads(1)
print(
    json.dumps(
        {
            folder.name: {
                "BFLOAT16": figures(folder, torch.bfloat16),
                "FLOAT16": figures(folder, torch.float16),
            }
            for folder in sorted(MODELS.iterdir())
        },
        indent=1,
    )
)
