"""Writes the losses of an MLP trained by PyTorch in float32, bfloat16 and float16: python mlp.py > mlp.json

Weights and data are formulas, so that the test can make the same ones.
"""

import json
import math

import torch
from torch import nn

WIDTHS = [16, 64, 32, 4]
UPDATES = 80


def scrambled(rows, columns, offset):
    """Numbers from -1 to 1 without a pattern, shape [rows, columns]."""
    r = torch.arange(rows, dtype=torch.float64).unsqueeze(1) + offset
    c = torch.arange(columns, dtype=torch.float64)
    x = torch.sin(r * 12.9898 + c * 78.233) * 43.7585
    return (x - x.floor()) * 2 - 1


def weight(layer, out, inputs):
    return (scrambled(out, inputs, 1000 * layer) * math.sqrt(3 / inputs)).float()


def batch(update):
    x = scrambled(32, 16, 5000 + 32 * update).float()
    return x, x[:, :4].argmax(1)


def train(dtype):
    layers = []
    for i, (inputs, out) in enumerate(zip(WIDTHS, WIDTHS[1:])):
        linear = nn.Linear(inputs, out)
        with torch.no_grad():
            linear.weight.copy_(weight(i, out, inputs))
            linear.bias.zero_()
        layers += [linear, nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.0)
    scaler = torch.amp.GradScaler("cpu", enabled=dtype is torch.float16)
    losses, scales = [], []
    for update in range(UPDATES):
        x, y = batch(update)
        with torch.autocast("cpu", dtype or torch.bfloat16, enabled=dtype is not None):
            logits = model(x)
        loss = nn.functional.cross_entropy(logits.float(), y)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad()
        losses.append(round(loss.item(), 6))
        scales.append(scaler.get_scale())
    return {"losses": losses, "scales": scales}


torch.set_num_threads(1)
print(json.dumps({"fp32": train(None), "bf16": train(torch.bfloat16), "fp16": train(torch.float16)}))
