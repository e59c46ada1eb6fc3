"""Writes the losses of small models trained by PyTorch under autocast: python curves.py > curves.json

The models are those of ../parity/models; the batches are a formula, so that the test can make the same ones.
"""

import json
from pathlib import Path

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
)

MODELS = Path(__file__).parent.parent / "parity" / "models"
UPDATES = 60


def batch(update, kind, labels):
    r = torch.arange(8).unsqueeze(1)
    t = torch.arange(16)
    ids = 5 + (7 * r + 3 * t * (1 + r % 5) + 11 * (update % 6)) % 90
    if kind == "classify":
        return {"input_ids": ids, "labels": (r[:, 0] + update) % 6 % labels}
    return {"input_ids": ids, "labels": ids.clone()}


def train(name, auto, kind, dtype):
    model = auto.from_pretrained(MODELS / name, attn_implementation="sdpa").train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.0)
    scaler = torch.amp.GradScaler("cpu", enabled=dtype is torch.float16)
    losses = []
    for update in range(UPDATES):
        with torch.autocast("cpu", dtype or torch.bfloat16, enabled=dtype is not None):
            loss = model(**batch(update, kind, model.config.num_labels)).loss
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad()
        losses.append(round(loss.item(), 6))
    return losses


def full(name, auto, kind, dtype):
    """The loss of the first batch with everything in dtype."""
    model = auto.from_pretrained(MODELS / name, attn_implementation="sdpa").eval().to(dtype)
    with torch.no_grad():
        return round(model(**batch(0, kind, model.config.num_labels)).loss.float().item(), 6)


torch.set_num_threads(1)
result = {}
for name, auto, kind in [
    ("bert-mlm", AutoModelForMaskedLM, "lm"),
    ("roberta-classify", AutoModelForSequenceClassification, "classify"),
    ("llama", AutoModelForCausalLM, "lm"),
    ("gpt2", AutoModelForCausalLM, "lm"),
    ("t5", AutoModelForSeq2SeqLM, "lm"),
    ("bart", AutoModelForSeq2SeqLM, "lm"),
]:
    result[name] = {
        "fp32": train(name, auto, kind, None),
        "bf16": train(name, auto, kind, torch.bfloat16),
        "fp16": train(name, auto, kind, torch.float16),
        "bf16_full_eval": full(name, auto, kind, torch.bfloat16),
    }
print(json.dumps(result))
