# SPDX-License-Identifier: Apache-2.0
"""Writes batch_rebalance.json: plans of BatchRebalanceSampler (transformers 5.18.0), not shuffled."""

import json
import random

from transformers.trainer_pt_utils import BatchRebalanceSampler

LENGTHS = {
    "uniform": lambda rnd, n: [rnd.randint(1, 512) for _ in range(n)],
    "long tail": lambda rnd, n: [min(4096, int(rnd.lognormvariate(4, 1.2)) + 1) for _ in range(n)],
    "equal": lambda rnd, n: [64] * n,
    "few values": lambda rnd, n: [rnd.choice([8, 16, 128]) for _ in range(n)],
    "one giant": lambda rnd, n: [4000] + [rnd.randint(5, 40) for _ in range(n - 1)],
}

# Ranks, micro batches of each, samples of an update, samples, drop_last.
SHAPES = [
    (1, 1, 4, 9, True),
    (1, 4, 16, 40, True),
    (2, 1, 8, 24, True),
    (2, 2, 16, 48, True),
    (4, 2, 32, 70, True),
    (3, 2, 12, 31, False),
    (2, 4, 32, 64, True),
    (8, 1, 64, 128, True),
    (2, 2, 8, 28, False),
    (4, 4, 64, 128, True),
    (8, 4, 128, 128, True),
]


def plan(lengths, ranks, accumulation, samples_per_update, drop_last):
    return [
        [
            list(batch)
            for batch in BatchRebalanceSampler(
                lengths=lengths,
                effective_batch_size=samples_per_update,
                dp_size=ranks,
                grad_accum=accumulation,
                shuffle=False,
                rank=rank,
                drop_last=drop_last,
            )
        ]
        for rank in range(ranks)
    ]


rnd = random.Random(7)
cases = []
for kind, make in LENGTHS.items():
    for ranks, accumulation, samples_per_update, samples, drop_last in SHAPES:
        lengths = make(rnd, samples)
        cases.append(
            dict(
                name=f"{kind}, {ranks} ranks of {accumulation}, {samples} samples",
                lengths=lengths,
                samples_per_update=samples_per_update,
                world_size=ranks,
                accumulation=accumulation,
                drop_last=drop_last,
                micro_batches=plan(lengths, ranks, accumulation, samples_per_update, drop_last),
            )
        )
with open("batch_rebalance.json", "w") as out:
    json.dump({"cases": cases}, out, separators=(",", ":"))
