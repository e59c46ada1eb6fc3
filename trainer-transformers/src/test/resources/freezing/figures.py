"""Writes two epochs of a model with frozen embeddings: python figures.py > figures.json

Hugging Face's Trainer over bert-classify of ../parity/models; the samples are the rows of the first two batches of
its golden.json. The second run computes products in bfloat16.
"""

import json
import tempfile
from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments

FOLDER = Path(__file__).parent.parent / "parity" / "models" / "bert-classify"


def samples():
    batches = json.loads((FOLDER / "golden.json").read_text())["train_batches"][:2]
    return [{name: rows[i] for name, rows in batch.items()} for batch in batches for i in range(4)]


def collate(rows):
    return {name: torch.tensor([row[name] for row in rows]) for name in rows[0]}


def run(bf16):
    model = AutoModelForSequenceClassification.from_pretrained(FOLDER)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(not name.startswith("bert.embeddings"))
    args = TrainingArguments(
        output_dir=tempfile.mkdtemp(),
        num_train_epochs=2,
        per_device_train_batch_size=4,
        train_sampling_strategy="sequential",
        learning_rate=0.01,
        weight_decay=0.1,
        max_grad_norm=0.05,
        logging_steps=1,
        save_strategy="no",
        bf16=bf16,
        use_cpu=True,
        report_to="none",
        disable_tqdm=True,
    )
    trainer = Trainer(model=model, args=args, train_dataset=samples(), data_collator=collate)
    trainer.log = lambda logs, *rest: trainer.state.log_history.append(logs)
    trainer.train()
    lines = [line for line in trainer.state.log_history if "loss" in line]
    return {
        "loss": [round(line["loss"], 6) for line in lines],
        "grad_norm": [round(float(line["grad_norm"]), 6) for line in lines],
    }


torch.set_num_threads(1)
print(json.dumps({"fp32": run(False), "bf16": run(True)}, indent=1))
