# SPDX-License-Identifier: Apache-2.0
"""The other side of the table of fine-tuning: the same work in TRL's SFTTrainer, with PEFT's adapters.

usage: reference_sft_bench.py dump FOLDER             writes the model and the rows that both sides train on
       reference_sft_bench.py CASE FOLDER STEPS [bf16]
  CASE: lora | sft      a llama, 4 layers, 256 wide, on 8 padded conversations a batch; all of it, or LoRA on all linear layers

Environment and result are those of reference_bench.py; tokens_per_s counts tokens that are no padding. Needs torch, transformers,
tokenizers, datasets, peft and trl.
"""

import json
import os
import pathlib
import random
import resource
import sys
import tempfile

os.environ.setdefault("HF_DATASETS_OFFLINE", "1")

import torch
from reference_bench import Clock

VOCABULARY = 2000
ROWS = 2000
BATCH = 8
PAD, BOS, EOS, USER, ASSISTANT = range(5)


def conversation(draw):
    """Up to three questions, of which nothing is learned, and answers."""
    ids, labels = [], []
    for _ in range(draw.randint(1, 3)):
        question = [USER] + draw.choices(range(5, VOCABULARY), k=draw.randint(4, 25))
        answer = draw.choices(range(5, VOCABULARY), k=draw.randint(4, 30)) + [EOS]
        ids += question + [ASSISTANT] + answer
        labels += [-100] * (len(question) + 1) + answer
    return {"input_ids": ids, "labels": labels}


def tokenizer():
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "<s>", "</s>", "<|user|>", "<|assistant|>"]
    words = special + [f"w{i}" for i in range(len(special), VOCABULARY)]
    model = models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="<pad>")
    return PreTrainedTokenizerFast(tokenizer_object=Tokenizer(model), pad_token="<pad>", bos_token="<s>", eos_token="</s>")


def dump(folder):
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=256, intermediate_size=688, num_hidden_layers=4, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=512, pad_token_id=PAD, bos_token_id=BOS, eos_token_id=EOS,
    )
    LlamaForCausalLM(config).save_pretrained(folder / "model")
    tokenizer().save_pretrained(folder / "model")
    draw = random.Random(1)
    with open(folder / "rows.jsonl", "w") as file:
        file.writelines(json.dumps(conversation(draw)) + "\n" for _ in range(ROWS))


def adapters(case):
    if case != "lora":
        return None
    from peft import LoraConfig

    return LoraConfig(r=16, lora_alpha=32, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM")


def train(case, folder, clock, bf16):
    from datasets import Dataset, disable_progress_bars
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    class ClockCallback(TrainerCallback):
        def on_step_end(self, args, state, control, **kwargs):
            clock.step_end(state.global_step)

    disable_progress_bars()
    with open(folder / "rows.jsonl") as file:
        rows = [json.loads(line) for line in file]
    with tempfile.TemporaryDirectory() as out:
        args = SFTConfig(
            output_dir=out, max_steps=clock.warm_up + clock.steps, per_device_train_batch_size=BATCH, logging_steps=100,
            save_strategy="no", report_to="none", use_cpu=True, disable_tqdm=True, bf16=bf16, dataloader_pin_memory=False,
            gradient_checkpointing=False, loss_type="nll", max_length=None,
        )
        trainer = SFTTrainer(
            model=AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32), args=args,
            train_dataset=Dataset.from_list(rows), processing_class=AutoTokenizer.from_pretrained(folder / "model"),
            peft_config=adapters(case), callbacks=[ClockCallback()],
        )
        stdout, sys.stdout = sys.stdout, sys.stderr  # its log lines
        try:
            trainer.train()
        finally:
            sys.stdout = stdout
    tokens = sum(len(row["input_ids"]) for row in rows) / len(rows) * BATCH * clock.steps
    return tokens, [float(line["loss"]) for line in trainer.state.log_history if "loss" in line]


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "dump":
        return dump(pathlib.Path(sys.argv[2]))
    if len(sys.argv) not in (4, 5) or sys.argv[1] not in ("lora", "sft"):
        sys.exit(__doc__)
    case, folder, steps, bf16 = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]), "bf16" in sys.argv[4:]
    torch.manual_seed(0)
    if "THREADS" in os.environ:
        torch.set_num_threads(int(os.environ["THREADS"]))
    clock = Clock(max(5, steps // 10), steps)
    tokens, logged = train(case, folder, clock, bf16)
    line = {
        "case": case, "mode": "trl", "steps": steps, "bf16": bf16, "torch": torch.__version__,
        "threads": torch.get_num_threads(), "seconds": round(clock.seconds, 3),
        "steps_per_s": round(steps / clock.seconds, 2), "tokens_per_s": round(tokens / clock.seconds, 1),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "first_loss": logged[0] if logged else None, "last_loss": logged[-1] if logged else None,
    }
    if "STARTED_MILLIS" in os.environ:
        line["first_update_s"] = round((clock.first_update_millis - float(os.environ["STARTED_MILLIS"])) / 1000, 2)
    print(json.dumps(line))


if __name__ == "__main__":
    main()
