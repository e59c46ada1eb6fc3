# SPDX-License-Identifier: Apache-2.0
"""The other side of the table of fine-tuning: the same work in TRL's SFTTrainer, with PEFT's adapters.

usage: reference_sft_bench.py dump FOLDER             writes the models and the conversations that both sides take
       reference_sft_bench.py CASE FOLDER STEPS
  CASE: sft       a llama, 4 layers, 256 wide, on 8 padded conversations a batch; what the assistant says is trained
        lora      LoRA on all of its linear layers
        packed    the conversations packed into blocks of 256 tokens
        prepare   10,000 conversations: template, tokens, masks, packing; nothing is trained
        chunked   rows of 2,048 of 128,000 tokens, 2 layers, chunked_nll

Environment: THREADS, threads within an operation, by default PyTorch's choice. Prints one line of JSON with the fields of
SftBench.java; tokens_per_s counts tokens that are no padding. Needs torch, transformers, tokenizers, datasets, peft and trl.
"""

import json
import os
import pathlib
import random
import resource
import sys
import tempfile
import time

os.environ.setdefault("HF_DATASETS_OFFLINE", "1")

import torch
from reference_bench import Clock

SPECIAL = ["<pad>", "<s>", "</s>", "<|user|>", "<|assistant|>"]
WIDE = 128_000
TEMPLATE = (
    "{%- for message in messages %}{{- '<|' + message.role + '|>' }}"
    "{%- if message.role == 'assistant' %}{% generation %}{{- message.content + eos_token }}{% endgeneration %}"
    "{%- else %}{{- message.content }}{%- endif %}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|assistant|>' }}{%- endif %}"
)


def words():
    starts, ends = "al be cor du en fi go hu".split(), "ma ne rit so tul vek xan yo zil".split()
    return [a + b + c for a in starts for b in ("", "la", "re") for c in ends]


def conversations(count):
    draw = random.Random(1)
    known = words()

    def says(role, most):
        return {"role": role, "content": " ".join(draw.choices(known, k=draw.randint(3, most)))}

    return [
        {"messages": [message for _ in range(draw.randint(1, 3)) for message in (says("user", 20), says("assistant", 25))]}
        for _ in range(count)
    ]


def tokenizer():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=2000, show_progress=False, special_tokens=SPECIAL, initial_alphabet=alphabet)
    made.train_from_iterator((m["content"] for row in conversations(1000) for m in row["messages"]), trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=made, pad_token="<pad>", bos_token="<s>", eos_token="</s>")
    fast.chat_template = TEMPLATE
    return fast


def dump(folder):
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    fast = tokenizer()
    for name, vocabulary, layers in (("model", len(fast), 4), ("wide", WIDE, 2)):
        config = LlamaConfig(
            vocab_size=vocabulary, hidden_size=256, intermediate_size=688, num_hidden_layers=layers, num_attention_heads=4,
            num_key_value_heads=2, max_position_embeddings=2048, pad_token_id=0, bos_token_id=1, eos_token_id=2,
        )
        LlamaForCausalLM(config).save_pretrained(folder / name)
        fast.save_pretrained(folder / name)
    with open(folder / "conversations.jsonl", "w") as file:
        file.writelines(json.dumps(row) + "\n" for row in conversations(10_000))


def rows(case, folder):
    if case == "chunked":
        draw = random.Random(3)
        return [{"input_ids": draw.choices(range(5, WIDE), k=2048)} for _ in range(16)]
    with open(folder / "conversations.jsonl") as file:
        read = [json.loads(line) for line in file]
    return read[: {"packed": 4000, "prepare": 10_000}.get(case, 2000)]


def adapters(case):
    if case != "lora":
        return None
    from peft import LoraConfig

    return LoraConfig(r=16, lora_alpha=32, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM")


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "dump":
        return dump(pathlib.Path(sys.argv[2]))
    if len(sys.argv) != 4 or sys.argv[1] not in ("sft", "lora", "packed", "prepare", "chunked"):
        sys.exit(__doc__)
    case, folder, steps = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    torch.manual_seed(0)
    if "THREADS" in os.environ:
        torch.set_num_threads(int(os.environ["THREADS"]))
    from datasets import Dataset, disable_progress_bars
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    clock = Clock(max(2, steps // 10), steps)

    class ClockCallback(TrainerCallback):
        def on_step_end(self, args, state, control, **kwargs):
            clock.step_end(state.global_step)

    disable_progress_bars()
    wide = case == "chunked"
    batch = 1 if wide else 8
    model_folder = folder / ("wide" if wide else "model")
    model = AutoModelForCausalLM.from_pretrained(model_folder, dtype=torch.float32)
    fast = AutoTokenizer.from_pretrained(model_folder)
    data = Dataset.from_list(rows(case, folder))
    line = {"case": case, "mode": "trl", "steps": steps, "bf16": False, "torch": torch.__version__, "threads": torch.get_num_threads()}
    with tempfile.TemporaryDirectory() as out:
        args = SFTConfig(
            output_dir=out, max_steps=clock.warm_up + steps, per_device_train_batch_size=batch, logging_steps=10,
            learning_rate=2e-4, save_strategy="no", report_to="none", use_cpu=True, disable_tqdm=True, bf16=False,
            dataloader_pin_memory=False, gradient_checkpointing=False, assistant_only_loss=not wide,
            packing=case in ("packed", "prepare"), max_length=2048 if wide else 256, loss_type="chunked_nll" if wide else "nll",
        )
        start = time.perf_counter()
        trainer = SFTTrainer(
            model=model, args=args, train_dataset=data, processing_class=fast, peft_config=adapters(case),
            callbacks=[ClockCallback()],
        )
        if case == "prepare":
            line["seconds"] = round(time.perf_counter() - start, 3)
        else:
            stdout, sys.stdout = sys.stdout, sys.stderr  # its log lines
            try:
                trainer.train()
            finally:
                sys.stdout = stdout
            prepared = trainer.train_dataset["input_ids"]
            tokens = sum(len(row) for row in prepared) / len(prepared) * batch * steps
            logged = [float(entry["loss"]) for entry in trainer.state.log_history if "loss" in entry]
            line.update(
                seconds=round(clock.seconds, 3), steps_per_s=round(steps / clock.seconds, 3),
                tokens_per_s=round(tokens / clock.seconds, 1), first_loss=logged[0] if logged else None,
                last_loss=logged[-1] if logged else None,
            )
    line["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(line))


if __name__ == "__main__":
    main()
