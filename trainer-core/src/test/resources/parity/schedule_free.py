# SPDX-License-Identifier: Apache-2.0
"""Writes schedule_free.json: parameters after each of 12 updates, and the averages that are evaluated in their place, by
facebookresearch/schedule_free (pip install schedulefree). The gradients and the start are those of optimizers.json.

    python schedule_free.py
"""
import json
import pathlib

import torch
from schedulefree import AdamWScheduleFree, RAdamScheduleFree, SGDScheduleFree

HERE = pathlib.Path(__file__).parent
GOLDEN = json.loads((HERE / "optimizers.json").read_text())


def tensor(values, name):
    return torch.tensor(values[name], dtype=torch.float32).reshape(GOLDEN["shapes"][name])


def case(name, kind, kwargs):
    params = {k: torch.nn.Parameter(tensor(GOLDEN["init"], k)) for k in GOLDEN["shapes"]}
    optimizer = kind(params.values(), foreach=False, **kwargs)
    after, averages = [], []
    listed = lambda: {k: p.detach().ravel().tolist() for k, p in params.items()}
    for gradients in GOLDEN["grads"]:
        optimizer.train()
        for k, p in params.items():
            p.grad = tensor(gradients, k)
        optimizer.step()
        after.append(listed())
        optimizer.eval()
        averages.append(listed())
    return {"name": name, "args": kwargs, "after": after, "averages": averages}


def main():
    cases = [
        case("schedule_free_adamw", AdamWScheduleFree, dict(lr=0.01, weight_decay=0.1, warmup_steps=5)),
        case("schedule_free_adamw", AdamWScheduleFree, dict(lr=0.01, betas=(0.8, 0.95), eps=1e-3, r=1.5, weight_lr_power=1.0)),
        case("schedule_free_radam", RAdamScheduleFree, dict(lr=0.01, betas=(0.9, 0.98), weight_decay=0.1)),
        case("schedule_free_sgd", SGDScheduleFree, dict(lr=0.05, weight_decay=0.1, warmup_steps=3)),
    ]
    (HERE / "schedule_free.json").write_text(json.dumps({"cases": cases}))


main()
