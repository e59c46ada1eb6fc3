"""Figures of embeddings: sentence-transformers' formulas of pooling and multiple negatives ranking, written out in torch:
python embedding.py models > embedding.json
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from transformers import AutoModel, AutoTokenizer


def ranking(columns, scale=20.0, cosine=True, symmetric=False):
    if cosine:
        columns = [F.normalize(column, p=2, dim=1) for column in columns]
    anchors, candidates = columns[0], torch.cat(columns[1:])
    scores = anchors @ candidates.T * scale
    own = torch.arange(len(anchors))
    loss = F.cross_entropy(scores, own)
    if symmetric:
        loss = (loss + F.cross_entropy(scores[:, : len(anchors)].T, own)) / 2
    return loss


def pooled(hidden, mask, pooling):
    if pooling == "MEAN":
        wide = mask.unsqueeze(-1).float()
        return (hidden * wide).sum(1) / wide.sum(1).clamp(min=1e-9)
    if pooling == "MAX":
        return hidden.masked_fill(mask.unsqueeze(-1) == 0, -1e9).max(1).values
    rows = []
    for states, seen in zip(hidden, mask):
        places = seen.nonzero().flatten()
        rows.append(states[places[0 if pooling == "CLS" else -1]])
    return torch.stack(rows)


def main(models):
    torch.manual_seed(7)
    torch.set_num_threads(1)
    figures = {"losses": {}, "pooling": {}}
    columns = [torch.randn(4, 5) for _ in range(4)]
    figures["columns"] = [column.tolist() for column in columns]
    cases = {
        "defaults": (2, {}),
        "scale": (2, dict(scale=3.0)),
        "dot": (2, dict(scale=1.0, cosine=False)),
        "symmetric": (2, dict(symmetric=True)),
        "negatives": (4, {}),
        "symmetric negatives": (3, dict(symmetric=True)),
    }
    for name, (count, options) in cases.items():
        leaves = [column.clone().requires_grad_() for column in columns[:count]]
        loss = ranking(leaves, **options)
        loss.backward()
        figures["losses"][name] = {"loss": loss.item(), "gradients": [leaf.grad.tolist() for leaf in leaves]}

    hidden = torch.randn(3, 4, 2)
    mask = torch.tensor([[1, 1, 0, 0], [1, 1, 1, 1], [0, 0, 0, 1]])
    figures["pooling"] = {"hidden": hidden.tolist(), "mask": mask.tolist()}
    for pooling in ("MEAN", "CLS", "MAX", "LAST_TOKEN"):
        figures["pooling"][pooling] = pooled(hidden, mask, pooling).tolist()

    figures["training"] = {}
    texts = {
        "anchor": ["the weather is fine", "a dog", "where is the station?", "bread and butter, please"],
        "positive": ["it is sunny today", "an animal that barks", "the train leaves there", "food"],
    }
    for name in ("bert-classify", "distilbert-classify"):
        model = AutoModel.from_pretrained(Path(models) / name)
        tokenizer = AutoTokenizer.from_pretrained(Path(models) / name)
        batches = [tokenizer(texts[column], padding=True, return_tensors="pt") for column in ("anchor", "positive")]
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.0)
        losses, norms = [], []
        for _ in range(6):
            loss = ranking([pooled(model(**b).last_hidden_state, b["attention_mask"], "MEAN") for b in batches])
            optimizer.zero_grad()
            loss.backward()
            norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0).item())
            optimizer.step()
            losses.append(loss.item())
        figures["training"][name] = {"losses": losses, "grad_norms": norms}
    figures["texts"] = texts
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
