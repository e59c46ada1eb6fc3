"""Figures of transformers' pipelines for the predictors, with the small models beside this file: python predict.py models > predict.json

The pipeline for questions is gone from transformers 5; its rule is written out here with numpy.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from transformers import (
    AutoModel,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    pipeline,
)

FOLDER = Path(sys.argv[1])
TEXTS = [
    "Nobody liked the noodles of Oslo.",
    "we ate wonderful cheese, rice and soup in Tokyo; please bring apples",
    "Lima is 10 miles away!",
    "it was",
    "bakers cooked the closing soups of the lodges",
]
PAIR = ("who sold the bowls?", "nobody sold bowls in Accra")
QUESTION = "who liked the apples in Sofia?"
CONTEXT = (
    "Delhi and Quito sold bread for 42 coins. Nobody in Sofia liked the apples, the noodles and the soup. We ate "
    "cheese in Milan, 26 miles away; it cost 12 coins. The clock of Cairo was wonderful. Please bring rice to Paris."
)
LABELS = ["O", "B-PER", "I-PER", "B-LOC"]
MAX_LENGTH, STRIDE = 24, 8
SHARPER, TOKEN_BIAS = 16.0, [-2.0, 0.5, -0.5, -12.0]
torch.set_num_threads(1)


def tokenizer(name):
    return AutoTokenizer.from_pretrained(FOLDER / name)


def classify(name, problem):
    model = AutoModelForSequenceClassification.from_pretrained(FOLDER / name)
    model.config.problem_type = problem
    pipe = pipeline("text-classification", model=model, tokenizer=tokenizer(name))
    both = [*TEXTS, {"text": PAIR[0], "text_pair": PAIR[1]}]
    return [sorted(pipe(one, top_k=None), key=lambda row: row["label"]) for one in both]


def sharpened(model, head, bias):
    """Small random heads give all tokens one label: a head of larger weights and another bias does not."""
    with torch.no_grad():
        head.weight.mul_(SHARPER)
        head.bias.copy_(torch.tensor(bias))
    return model


def token_pipeline(strategy):
    model = AutoModelForTokenClassification.from_pretrained(FOLDER / "bert-token")
    sharpened(model, model.classifier, TOKEN_BIAS)
    model.config.id2label = dict(enumerate(LABELS))
    return pipeline("token-classification", model=model, tokenizer=tokenizer("bert-token"), aggregation_strategy=strategy)


def plain(entities):
    return [
        {
            "label": e.get("entity_group", e.get("entity")),
            "score": float(e["score"]),
            "start": int(e["start"]),
            "end": int(e["end"]),
        }
        for e in entities
    ]


def windows(count, size, stride):
    """First and last of each window; the overflow of tokenizers 0.22 loses all but the first max_length tokens."""
    start = 0
    while True:
        yield start, min(start + size, count)
        if start + size >= count:
            return
        start += size - stride


def tokens(strategy):
    pipe = token_pipeline(strategy)
    return [plain(pipe(text)) for text in TEXTS]


def tokens_in_windows(strategy):
    pipe = token_pipeline(strategy)
    whole = pipe.tokenizer(CONTEXT, return_offsets_mapping=True)
    ids, spans = whole["input_ids"], whole["offset_mapping"]
    outputs = []
    for start, stop in windows(len(ids) - 2, MAX_LENGTH - 2, STRIDE):
        kept = [0, *range(1 + start, 1 + stop), len(ids) - 1]
        own = torch.tensor([[ids[i] for i in kept]])
        with torch.no_grad():
            logits = pipe.model(own).logits
        special = torch.tensor([[int(i in (0, len(ids) - 1)) for i in kept]])
        outputs.append({
            "logits": logits, "special_tokens_mask": special, "offset_mapping": [[spans[i] for i in kept]],
            "sentence": CONTEXT, "input_ids": own, "word_ids": None, "word_to_chars_map": None,
        })
    kind = pipe._postprocess_params["aggregation_strategy"]
    return plain(pipe.postprocess(outputs, aggregation_strategy=kind))


def answers(max_length, stride, top_k):
    own = tokenizer("bert-qa")
    model = AutoModelForQuestionAnswering.from_pretrained(FOLDER / "bert-qa").eval()
    sharpened(model, model.qa_outputs, [0.0, 0.0])
    pair = own(QUESTION, CONTEXT, return_offsets_mapping=True)
    ids, spans, words, sequence = pair["input_ids"], pair["offset_mapping"], pair.word_ids(), pair.sequence_ids()
    first = sequence.index(1)
    count = sequence.count(1)
    found, none = [], 1e6
    for begin, stop in windows(count, max_length - (len(ids) - count), stride):
        kept = [*range(first), *range(first + begin, first + stop), len(ids) - 1]
        with torch.no_grad():
            out = model(torch.tensor([[ids[i] for i in kept]]))
        seen = np.array([sequence[i] == 1 for i in kept])
        allowed = seen.copy()
        allowed[0] = True
        start = np.where(allowed, out.start_logits[0].numpy(), -10000.0)
        end = np.where(allowed, out.end_logits[0].numpy(), -10000.0)
        start, end = np.exp(start - start.max()), np.exp(end - end.max())
        start, end = start / start.sum(), end / end.sum()
        none = min(none, float(start[0] * end[0]))
        start[0] = end[0] = 0
        scores = np.tril(np.triu(np.outer(start, end)), 14)
        for flat in np.argsort(-scores, axis=None)[:top_k]:
            a, b = np.unravel_index(flat, scores.shape)
            if seen[a] and seen[b]:
                starts = [i for i in kept if sequence[i] == 1 and words[i] == words[kept[a]]]
                ends = [i for i in kept if sequence[i] == 1 and words[i] == words[kept[b]]]
                at, to = spans[starts[0]][0], spans[ends[-1]][1]
                found.append({"score": float(scores[a, b]), "start": at, "end": to, "text": CONTEXT[at:to]})
    return sorted(found, key=lambda row: -row["score"])[:top_k], none


def embed(name):
    own = tokenizer(name)
    model = AutoModel.from_pretrained(FOLDER / name).eval()
    vectors = {"mean": [], "cls": [], "max": [], "last": [], "normalized": []}
    for text in TEXTS:
        with torch.no_grad():
            hidden = model(**own(text, return_tensors="pt")).last_hidden_state[0]
        mean = hidden.mean(0)
        vectors["mean"].append(mean.tolist())
        vectors["cls"].append(hidden[0].tolist())
        vectors["max"].append(hidden.max(0).values.tolist())
        vectors["last"].append(hidden[-1].tolist())
        vectors["normalized"].append(torch.nn.functional.normalize(mean, dim=0).tolist())
    return vectors


names = ("bert-classify", "distilbert-classify", "roberta-classify")
print(json.dumps({
    "texts": TEXTS, "pair": PAIR, "question": QUESTION, "context": CONTEXT, "labels": LABELS, "sharper": SHARPER, "token_bias": TOKEN_BIAS,
    "classify": {name: classify(name, None) for name in names},
    "multi_label": classify("bert-classify", "multi_label_classification"),
    "regression": classify("bert-classify", "regression"),
    "tokens": {s: tokens(s) for s in ("none", "simple", "first", "average", "max")},
    "max_length": MAX_LENGTH, "stride": STRIDE,
    "tokens_in_windows": {s: tokens_in_windows(s) for s in ("simple", "max")},
    "answers": answers(32, STRIDE, 5)[0], "no_answer": answers(32, STRIDE, 1)[1], "answers_whole": answers(384, 128, 1)[0],
    "embed": {name: embed(name) for name in ("bert-mlm", "distilbert-classify", "roberta-classify")},
}))
