# SPDX-License-Identifier: Apache-2.0
# Figures of the reference for SquadV2Test: made-up answers, and what transformers' squad_metrics computes of them.
import json
import random
from types import SimpleNamespace

from transformers.data.metrics.squad_metrics import squad_evaluate

random.seed(11)
WORDS = "The cat, a dog and an owl! Sat on: the mat".split()


def words(least):
    return " ".join(random.choices(WORDS, k=random.randint(least, 4)))


cases = []
for i in range(60):
    references = [] if i % 3 == 0 else [words(1) for _ in range(random.randint(1, 3))]
    guess = random.random()
    prediction = "" if guess < 0.3 else random.choice(references) if references and guess < 0.6 else words(1)
    cases.append({"prediction": prediction, "references": references, "no_answer": round(random.random(), 2)})
cases.append({"prediction": "", "references": ["the", "a!"], "no_answer": 0.4})  # Nothing is left of either.


def score(cases, probabilities, threshold):
    examples = [SimpleNamespace(qas_id=i, answers=[{"text": t} for t in case["references"]]) for i, case in enumerate(cases)]
    found = squad_evaluate(examples, {i: case["prediction"] for i, case in enumerate(cases)}, probabilities, threshold)
    return {k: v for k, v in found.items() if not k.startswith("has_ans")}


probabilities = {i: case["no_answer"] for i, case in enumerate(cases)}
answered = [case for case in cases if case["references"]]
print(json.dumps({"cases": cases, "plain": score(cases, None, 1.0), "threshold": score(cases, probabilities, 0.6),
                  "answered": score(answered, None, 1.0)}, indent=1))
