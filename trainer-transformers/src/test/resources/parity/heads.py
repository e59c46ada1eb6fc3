"""Makes small models with heads for multiple choice, and BART's heads beside its language model, with figures of them:
python heads.py models
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import (
    BartConfig,
    BartForQuestionAnswering,
    BartForSequenceClassification,
    BertConfig,
    BertForMultipleChoice,
    DistilBertConfig,
    DistilBertForMultipleChoice,
    RobertaConfig,
    RobertaForMultipleChoice,
)

VOCABULARY, PAD, END = 60, 0, 2
BERT = dict(vocab_size=VOCABULARY, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=32,
            max_position_embeddings=24, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, pad_token_id=PAD)
DISTILBERT = dict(vocab_size=VOCABULARY, dim=16, n_layers=2, n_heads=4, hidden_dim=32, max_position_embeddings=24,
                  dropout=0.0, attention_dropout=0.0, seq_classif_dropout=0.0, pad_token_id=PAD)
BART = dict(vocab_size=VOCABULARY, d_model=16, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
            decoder_attention_heads=4, encoder_ffn_dim=32, decoder_ffn_dim=32, max_position_embeddings=24, dropout=0.0,
            pad_token_id=PAD, bos_token_id=1, eos_token_id=END, decoder_start_token_id=END)
MODELS = {
    "bert-choice": (BertForMultipleChoice, BertConfig(**BERT), "choice"),
    "roberta-choice": (RobertaForMultipleChoice, RobertaConfig(**BERT), "choice"),
    "distilbert-choice": (DistilBertForMultipleChoice, DistilBertConfig(**DISTILBERT), "choice"),
    "bart-classify": (BartForSequenceClassification, BartConfig(**BART, num_labels=4), "classify"),
    "bart-regression": (BartForSequenceClassification, BartConfig(**BART, num_labels=1), "regress"),
    "bart-qa": (BartForQuestionAnswering, BartConfig(**BART), "qa"),
}


def texts(rows, generator):
    """Rows of 5 to 9 tokens with an end, padded on the right."""
    ids = torch.randint(3, VOCABULARY, (rows, 9), generator=generator)
    lengths = torch.randint(5, 10, (rows, 1), generator=generator)
    places = torch.arange(9).unsqueeze(0)
    ids = ids.masked_fill(places == lengths - 1, END).masked_fill(places >= lengths, PAD)
    return ids, (places < lengths).long()


def batch(kind, model, seed):
    generator = torch.Generator().manual_seed(seed)
    ids, mask = texts(12 if kind == "choice" else 4, generator)
    if kind == "choice":
        ids, mask = ids.view(4, 3, 9), mask.view(4, 3, 9)
        labels = {"labels": torch.randint(0, 3, (4,), generator=generator)}
        if model.config.model_type == "bert":
            labels["token_type_ids"] = (torch.arange(9) > 3).long().expand(4, 3, 9).contiguous()
    elif kind == "classify":
        labels = {"labels": torch.randint(0, 4, (4,), generator=generator)}
    elif kind == "regress":
        labels = {"labels": torch.randn(4, generator=generator)}
    else:
        labels = {
            "start_positions": torch.randint(0, 4, (4,), generator=generator),
            "end_positions": torch.randint(3, 5, (4,), generator=generator),
        }
    return {"input_ids": ids, "attention_mask": mask, **labels}


def ten_updates(model, kind, first):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    losses, batches = [], []
    for update in range(10):
        inputs = batch(kind, model, first + update)
        optimizer.zero_grad()
        loss = model(**inputs).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        batches.append({key: value.tolist() for key, value in inputs.items()})
    return losses, batches


def write(name, seed):
    cls, config, kind = MODELS[name]
    torch.manual_seed(seed)
    model = cls(config)
    with torch.no_grad():  # no parameter stays at its trivial initial value
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    folder = Path(sys.argv[1]) / name
    model.save_pretrained(folder)
    model.train()
    inputs = batch(kind, model, 100 * seed)
    outputs = model(**inputs)
    outputs.loss.backward()
    named = ("logits", "start_logits", "end_logits")
    arrays = {"output." + key: outputs[key].detach().contiguous() for key in named if key in outputs}
    arrays.update({"input." + key: value for key, value in inputs.items()})
    gradients = {key: p.grad.norm().item() for key, p in model.named_parameters() if p.grad is not None}
    losses, batches = ten_updates(model, kind, 100 * seed + 1)
    save_file(arrays, str(folder / "golden.safetensors"))
    golden = {
        "kind": kind,
        "loss": outputs.loss.item(),
        "grad_norms": gradients,
        "train_losses_adamw_lr1e-3_clip1": losses,
        "train_batches": batches,
        "generate": {},
    }
    (folder / "golden.json").write_text(json.dumps(golden) + "\n")


torch.set_num_threads(1)
for number, model_name in enumerate(MODELS):
    write(model_name, number + 1)
