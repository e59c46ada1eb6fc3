# Figures of the reference for ScriptParityTest: what run_glue and run_clm do with these files, in order and without padding to
# one length. Run it in this folder, with the folder of the models of trainer-transformers as argument.
import csv
import itertools
import json
import sys

import numpy as np
import torch
from transformers import (AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer,
                          DataCollatorWithPadding, Trainer, TrainingArguments, default_data_collator, set_seed)

torch.set_num_threads(1)
MODELS = sys.argv[1]
BLOCK = 32


def arguments():
    return TrainingArguments(output_dir="figures-out", num_train_epochs=1, per_device_train_batch_size=8, learning_rate=1e-3,
                             use_cpu=True, report_to=[], save_strategy="no", logging_strategy="no", disable_tqdm=True,
                             train_sampling_strategy="sequential")


def run(**parts):
    trainer = Trainer(args=arguments(), **parts)
    trained = trainer.train()
    return {"train_loss": trained.training_loss,
            **{k: v for k, v in trainer.evaluate().items() if k in ("eval_loss", "eval_accuracy")}}


def glue():
    set_seed(42)
    rows = {name: list(csv.DictReader(open(name + ".csv"))) for name in ("train", "validation")}
    labels = sorted({row["label"] for row in rows["train"]})
    folder = MODELS + "/bert-classify"
    tokenizer = AutoTokenizer.from_pretrained(folder)

    def data(name):
        return [dict(tokenizer(row["text"], truncation=True, max_length=64), label=labels.index(row["label"]))
                for row in rows[name]]

    model = AutoModelForSequenceClassification.from_pretrained(
        folder, config=AutoConfig.from_pretrained(folder, num_labels=len(labels)))
    return run(model=model, train_dataset=data("train"), eval_dataset=data("validation"),
               data_collator=DataCollatorWithPadding(tokenizer),
               compute_metrics=lambda p: {"accuracy": float((p.predictions.argmax(1) == p.label_ids).mean())})


def clm():
    set_seed(42)
    folder = MODELS + "/gpt2"
    tokenizer = AutoTokenizer.from_pretrained(folder)

    def data(name):
        ids = list(itertools.chain(*[tokenizer(line)["input_ids"] for line in open(name + ".txt")]))
        blocks = [ids[i:i + BLOCK] for i in range(0, len(ids) // BLOCK * BLOCK, BLOCK)]
        # The first label of a block is never predicted; the reference's Trainer counts it all the same, unless it is -100.
        return [{"input_ids": block, "attention_mask": [1] * BLOCK, "labels": [-100] + block[1:]} for block in blocks]

    def accuracy(p):
        return {"accuracy": float((p.predictions[:, :-1] == p.label_ids[:, 1:]).mean())}

    return run(model=AutoModelForCausalLM.from_pretrained(folder), train_dataset=data("train"),
               eval_dataset=data("validation"), data_collator=default_data_collator, compute_metrics=accuracy,
               preprocess_logits_for_metrics=lambda logits, _: (logits[0] if isinstance(logits, tuple) else logits).argmax(-1))


print(json.dumps({"run_glue": glue(), "run_clm": clm()}, indent=2))
