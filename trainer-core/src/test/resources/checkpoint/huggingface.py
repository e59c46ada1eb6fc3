# SPDX-License-Identifier: Apache-2.0
"""Writes hf-checkpoint/ and hf-final.safetensors (transformers 5.18.0, torch 2.13.0, safetensors 0.8.0).

The MLP, data and first weights of the golden runs (../parity/runs), sequential sampling. Hugging Face's
Trainer trains 9 of 18 updates, which ends amid the second epoch, and saves; then it resumes from what it
saved and trains to the end.

usage: python huggingface.py PARITY_RUNS_DIR OUT_DIR
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import torch
import torch.nn as nn
from safetensors.torch import load_file, save_file
from transformers import Trainer, TrainerCallback, TrainingArguments

runs, out = Path(sys.argv[1]), Path(sys.argv[2])
data = load_file(runs / "data.safetensors")
samples = [{"x": x, "labels": y} for x, y in zip(data["train_x"], data["train_y"])]


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(8, 16)
        self.fc2 = nn.Linear(16, 3)

    def forward(self, x, labels=None):
        logits = self.fc2(torch.relu(self.fc1(x)))
        return {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}


class SaveAtNine(TrainerCallback):
    def on_step_end(self, args, state, control, **kwargs):
        if state.global_step == 9:
            control.should_save = control.should_training_stop = True


def trainer(folder, callbacks):
    model = MLP()
    model.load_state_dict(load_file(runs / "init.safetensors"))
    args = TrainingArguments(
        output_dir=folder,
        max_steps=18,
        per_device_train_batch_size=10,
        learning_rate=0.01,
        weight_decay=0.1,
        warmup_steps=3,
        lr_scheduler_type="cosine",
        logging_steps=1,
        seed=42,
        train_sampling_strategy="sequential",
        report_to="none",
        use_cpu=True,
        disable_tqdm=True,
        optim="adamw_torch",
        save_strategy="no",
    )
    return Trainer(model=model, args=args, train_dataset=samples, callbacks=callbacks)


with tempfile.TemporaryDirectory() as work:
    trainer(work, [SaveAtNine()]).train()
    checkpoint = Path(work) / "checkpoint-9"
    shutil.rmtree(out / "hf-checkpoint", ignore_errors=True)
    shutil.copytree(checkpoint, out / "hf-checkpoint")
    # Neither is ever read here: pickles of classes, which only their library can load.
    for name in ("training_args.bin", "rng_state.pth"):
        (out / "hf-checkpoint" / name).unlink()
    resumed = trainer(work, [])
    resumed.train(resume_from_checkpoint=str(checkpoint))
    save_file(resumed.model.state_dict(), out / "hf-final.safetensors", metadata={"format": "pt"})
    log = [line for line in resumed.state.log_history if "loss" in line]
    for line in log:
        for key in [k for k in line if "runtime" in k or "per_second" in k]:
            del line[key]
    (out / "hf-final.json").write_text(json.dumps({"log_history": log}, indent=1) + "\n")
