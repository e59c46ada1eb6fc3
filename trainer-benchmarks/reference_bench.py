# SPDX-License-Identifier: Apache-2.0
"""The other side of the performance table: the same work in raw PyTorch and in Hugging Face's Trainer.

usage: reference_bench.py CASE MODE STEPS [bf16]
  CASE: mlp | bert-tiny | gpt2-mini | bert-base     MODE: raw | trainer

Environment: THREADS, threads within an operation, by default PyTorch's choice; STARTED_MILLIS, when the process was started in
milliseconds since 1970, adds first_update_s. Prints one line of JSON with the fields of Bench.java. Needs torch, and
transformers and accelerate for everything but `mlp raw`.
"""

import json
import os
import resource
import sys
import tempfile
import time

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from torch import nn


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
        )

    def forward(self, x, labels=None):
        logits = self.net(x)
        return {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}


def mlp(generator):
    n = 3200
    x = torch.rand(n, 784, generator=generator)
    labels = torch.randint(0, 10, (n,), generator=generator)
    return Mlp(), 32, [{"x": x[i], "labels": labels[i]} for i in range(n)]


def bert(generator, batch_size, length, **sizes):
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(num_labels=2, **sizes)
    n = 640
    ids = torch.randint(5, config.vocab_size, (n, length), generator=generator)
    labels = torch.randint(0, 2, (n,), generator=generator)
    mask = torch.ones(length, dtype=torch.long)
    data = [{"input_ids": ids[i], "attention_mask": mask, "labels": labels[i]} for i in range(n)]
    return BertForSequenceClassification(config), batch_size, data


def bert_tiny(generator):
    return bert(generator, 16, 64, vocab_size=8000, hidden_size=128, num_hidden_layers=2, num_attention_heads=2,
                intermediate_size=512)


def bert_base(generator):
    return bert(generator, 8, 128)


def gpt2_mini(generator):
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(vocab_size=8000, n_positions=128, n_embd=256, n_layer=4, n_head=4)
    ids = torch.randint(5, 8000, (320, 128), generator=generator)
    return GPT2LMHeadModel(config), 8, [{"input_ids": row, "labels": row} for row in ids]


CASES = {"mlp": mlp, "bert-tiny": bert_tiny, "bert-base": bert_base, "gpt2-mini": gpt2_mini}


def resident_mb():
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return round(int(line.split()[1]) / 1024, 1)


DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


class Clock:
    """Takes the time of the updates behind the warm-up."""

    def __init__(self, warm_up, steps):
        self.warm_up, self.steps, self.resident = warm_up, steps, {}

    def step_end(self, step):
        if DEVICE == "cuda" and step in (1, self.warm_up, self.warm_up + self.steps):
            torch.cuda.synchronize()
        if step == 1:
            self.first_update_millis = time.time() * 1000
        if step == self.warm_up:
            self.start = time.perf_counter()
        if step == self.warm_up + self.steps:
            self.seconds = time.perf_counter() - self.start
        if step in (1_000, 10_000):
            self.resident[f"rss_mb_at_{step}"] = resident_mb()


def train_raw(model, batch_size, data, clock, bf16):
    model.to(DEVICE)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-5, fused=True)
    loader = torch.utils.data.DataLoader(data, batch_size=batch_size, shuffle=True)
    model.train()
    done, window, logged = 0, [], []
    while True:
        for batch in loader:
            batch = {name: values.to(DEVICE) for name, values in batch.items()}
            with torch.autocast(DEVICE, dtype=torch.bfloat16, enabled=bf16):
                loss = model(**batch)["loss"]
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            window.append(loss.detach())
            done += 1
            if done % 100 == 0:
                logged.append(torch.stack(window).mean().item())
                window.clear()
            clock.step_end(done)
            if done == clock.warm_up + clock.steps:
                return logged


def train_with_trainer(model, batch_size, data, clock, bf16):
    from transformers import Trainer, TrainerCallback, TrainingArguments

    class ClockCallback(TrainerCallback):
        def on_step_end(self, args, state, control, **kwargs):
            clock.step_end(state.global_step)

    with tempfile.TemporaryDirectory() as folder:
        args = TrainingArguments(
            output_dir=folder, max_steps=clock.warm_up + clock.steps, per_device_train_batch_size=batch_size,
            logging_steps=100, save_strategy="no", report_to="none", use_cpu=DEVICE == "cpu", disable_tqdm=True, bf16=bf16,
            dataloader_pin_memory=DEVICE == "cuda",
        )
        trainer = Trainer(model=model, args=args, train_dataset=data, callbacks=[ClockCallback()])
        out, sys.stdout = sys.stdout, sys.stderr  # its log lines
        try:
            trainer.train()
        finally:
            sys.stdout = out
    return [float(line["loss"]) for line in trainer.state.log_history if "loss" in line]


def main():
    if len(sys.argv) not in (4, 5) or sys.argv[1] not in CASES or sys.argv[2] not in ("raw", "trainer"):
        sys.exit(__doc__)
    case, mode, steps, bf16 = sys.argv[1], sys.argv[2], int(sys.argv[3]), "bf16" in sys.argv[4:]
    torch.manual_seed(0)
    if "THREADS" in os.environ:
        torch.set_num_threads(int(os.environ["THREADS"]))
    clock = Clock(max(5, steps // 10), steps)
    model, batch_size, data = CASES[case](torch.Generator().manual_seed(1))
    train = train_raw if mode == "raw" else train_with_trainer
    ranks = int(os.environ.get("RANKS", "1"))  # that torchrun has started, and that share out each batch
    logged = train(model, batch_size // ranks, data, clock, bf16)
    if os.environ.get("RANK", "0") != "0":
        return
    line = {
        "case": case, "mode": mode, "steps": steps, "bf16": bf16, "torch": torch.__version__, "device": DEVICE,
        "threads": torch.get_num_threads(), "ranks": ranks,
        "seconds": round(clock.seconds, 3),
        "steps_per_s": round(steps / clock.seconds, 2),
        "samples_per_s": round(steps * batch_size / clock.seconds, 1),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "first_loss": logged[0] if logged else None,
        "last_loss": logged[-1] if logged else None,
    }
    if "STARTED_MILLIS" in os.environ:
        line["first_update_s"] = round((clock.first_update_millis - float(os.environ["STARTED_MILLIS"])) / 1000, 2)
    print(json.dumps(line | clock.resident))


if __name__ == "__main__":
    main()
