# Figures of the reference for ScriptParityTest: what run_glue, run_clm and run_qa do with these files, in order and without
# padding to one length. Run it in this folder, with the folder of the models of trainer-transformers as argument.
import csv
import itertools
import json
import sys
from types import SimpleNamespace

import numpy as np
import torch
from transformers import (AutoConfig, AutoModelForCausalLM, AutoModelForQuestionAnswering, AutoModelForSequenceClassification,
                          AutoTokenizer, DataCollatorWithPadding, PrinterCallback, Trainer, TrainingArguments, default_data_collator, set_seed)
from transformers.data.metrics.squad_metrics import squad_evaluate

torch.set_num_threads(1)
MODELS = sys.argv[1]
BLOCK = 32


def arguments(learning_rate):
    return TrainingArguments(output_dir="figures-out", num_train_epochs=1, per_device_train_batch_size=8,
                             learning_rate=learning_rate,
                             use_cpu=True, report_to=[], save_strategy="no", logging_strategy="no", disable_tqdm=True,
                             train_sampling_strategy="sequential")


def run(learning_rate=1e-3, **parts):
    trainer = Trainer(args=arguments(learning_rate), **parts)
    trainer.remove_callback(PrinterCallback)
    trained = trainer.train()
    own = ("eval_runtime", "eval_samples_per_second", "eval_steps_per_second", "epoch")
    return {"train_loss": trained.training_loss, **{k: v for k, v in trainer.evaluate().items() if k not in own}}


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


def qa(threshold):
    set_seed(42)
    folder = MODELS + "/bert-qa"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows = {name: [json.loads(line) for line in open("questions-" + name + ".jsonl")] for name in ("train", "validation")}

    # By hand, since overflowing tokens of tokenizers 0.23 end where twice the length does.
    def pieces(name, length=32, stride=8):
        for i, row in enumerate(rows[name]):
            encoded = tokenizer(row["question"], row["context"], return_offsets_mapping=True)
            ids, offsets, parts = encoded["input_ids"], encoded["offset_mapping"], encoded.sequence_ids()
            head = parts.index(1)
            room = length - head - 1
            for at in range(head, len(ids) - 1, room - stride):
                end = min(at + room, len(ids) - 1)
                cut = ids[:head] + ids[at:end] + ids[-1:]
                yield i, [None] * head + offsets[at:end] + [None], {"input_ids": cut, "attention_mask": [1] * len(cut)}
                if end == len(ids) - 1:
                    break

    def data(name):
        for row, offsets, inputs in pieces(name):
            answers = rows[name][row]["answers"]
            begin = end = 0
            if answers["text"]:
                start = answers["answer_start"][0]
                stop = start + len(answers["text"][0])
                context = [t for t, o in enumerate(offsets) if o]
                if offsets[context[0]][0] <= start and offsets[context[-1]][1] >= stop:
                    begin = max(t for t in context if offsets[t][0] <= start)
                    end = min(t for t in context if offsets[t][1] >= stop)
            yield dict(inputs, start_positions=begin, end_positions=end)

    def figures(prediction):
        starts, ends = prediction.predictions
        spans, none = {}, {}
        for i, (row, offsets, _) in enumerate(pieces("validation")):
            none[row] = min(none.get(row, np.inf), starts[i][0] + ends[i][0])
            for first in np.argsort(starts[i])[::-1][:20]:
                for last in np.argsort(ends[i])[::-1][:20]:
                    inside = max(first, last) < len(offsets) and offsets[first] and offsets[last]
                    if inside and first <= last < first + 30:
                        spans.setdefault(row, []).append((starts[i][first] + ends[i][last], offsets[first][0], offsets[last][1]))
        answers = {}
        for row, example in enumerate(rows["validation"]):
            score, begin, end = max(spans[row], key=lambda span: span[0])
            answers[example["id"]] = "" if none[row] - score > threshold else example["context"][begin:end]
        wanted = [SimpleNamespace(qas_id=r["id"], answers=[{"text": t} for t in r["answers"]["text"]]) for r in rows["validation"]]
        found = squad_evaluate(wanted, answers)
        return {k: float(v) for k, v in found.items() if not k.startswith("has_ans")}

    return run(learning_rate=5e-3, model=AutoModelForQuestionAnswering.from_pretrained(folder), train_dataset=list(data("train")),
               eval_dataset=list(data("validation")), data_collator=DataCollatorWithPadding(tokenizer), compute_metrics=figures)


print(json.dumps({"run_glue": glue(), "run_clm": clm(), "run_qa": qa(0.0), "run_qa_threshold": qa(2.0)}, indent=2))
