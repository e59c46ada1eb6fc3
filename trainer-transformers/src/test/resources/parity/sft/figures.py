# SPDX-License-Identifier: Apache-2.0
"""Figures of TRL 1.13: python figures.py writes rows.json (rows and what they are prepared to) and packing.json beside itself."""
import json, os, random, sys, tempfile

os.environ.update(TOKENIZERS_PARALLELISM="false", HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1")
from datasets import Dataset, disable_progress_bars
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import SFTConfig, SFTTrainer, pack_dataset

disable_progress_bars()
HERE = os.path.dirname(os.path.abspath(__file__))
CHAT = (
    "{{ bos_token }}{% if tools %}{{ tools | tojson }}{% endif %}{% if mood is defined %}[{{ mood }}]{% endif %}"
    "{% for m in messages %}<|{{ m.role }}|>{% if m.role == 'assistant' %}{% generation %}{{ m.content }}"
    "{% for c in m.tool_calls or [] %}{{ c.function | tojson }}{% endfor %}{{ eos_token }}{% endgeneration %}"
    "{% else %}{{ m.content }}{% endif %}{{ '\n' }}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def u(text): return {"role": "user", "content": text}
def a(text): return {"role": "assistant", "content": text}
def s(text): return {"role": "system", "content": text}
def t(text): return {"role": "tool", "content": text}


TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {"x": {"type": "integer"}}}}}
CALL = {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": {"name": "add", "arguments": {"x": 2}}}]}
CASES = {
    "text_has_its_end": ({}, [{"text": "Oslo is far.</s>"}, {"text": "Lima."}, {"text": ""}, {"text": "naïve 😀 cafés"}]),
    "text_keep_end": ({"max_length": 6, "truncation_mode": "keep_end"}, [{"text": "In Tokyo we ate bread for 50 coins."}, {"text": "Lima."}]),
    "text_uncut": ({"max_length": None}, [{"text": "In Tokyo we ate bread. " * 8}]),
    "completion_drops_prompts_that_fill_all": ({"max_length": 8}, [{"prompt": "In Tokyo we ate bread for 50 coins.", "completion": " No"}, {"prompt": "A", "completion": "B"}]),
    "completion_with_spaces": ({}, [{"prompt": "Lima is ", "completion": " far"}, {"prompt": "ab", "completion": "cd</s>"}, {"prompt": "", "completion": "x"}]),
    "conversation": ({}, [{"messages": [s("Be brief."), u("Hi"), a("Hello"), u("Bye"), a("Ciao")]}, {"messages": [u("Hi"), a("Hello")]}]),
    "conversation_assistant": ({"assistant_only_loss": True}, [{"messages": [s("Be brief."), u("Hi"), a("Hello 😀"), u("Bye"), a("Ciao")]}]),
    "conversation_assistant_cut": ({"assistant_only_loss": True, "max_length": 10}, [{"messages": [u("Hi"), a("Hello"), u("Bye"), a("Ciao")]}, {"messages": [u("In Tokyo we ate bread for 50 coins."), a("No")]}]),
    "sharegpt": ({}, [{"conversations": [{"from": "system", "value": "Be brief."}, {"from": "user", "value": "Hi"}, {"from": "assistant", "value": "Hello"}]}]),
    "chat_completion": ({}, [{"prompt": [u("Hi")], "completion": [a("Hello")]}, {"prompt": [s("S"), u("A"), a("B"), u("C")], "completion": [a("D"), u("E"), a("F")]}]),
    "chat_completion_assistant": ({"assistant_only_loss": True}, [{"prompt": [s("S"), u("A"), a("B"), u("C")], "completion": [a("D"), u("E"), a("F")]}]),
    "chat_completion_assistant_all": ({"assistant_only_loss": True, "completion_only_loss": False}, [{"prompt": [s("S"), u("A"), a("B"), u("C")], "completion": [a("D"), u("E"), a("F")]}]),
    "tools": ({"assistant_only_loss": True}, [{"messages": [u("2?"), CALL, t("2"), a("Two")], "tools": json.dumps([TOOL])}]),
    "variables": ({}, [{"messages": [u("Hi"), a("Ho")], "chat_template_kwargs": {"mood": "glad"}}, {"messages": [u("Hi"), a("Ho")], "chat_template_kwargs": {"mood": "sad"}}]),
    "tokens": ({}, [{"input_ids": [5, 6, 7]}, {"input_ids": [8]}]),
    "tokens_labels": ({"max_length": 2}, [{"input_ids": [5, 6, 7], "labels": [-100, 6, 7]}, {"input_ids": [8, 9, 10], "labels": [-100, -100, 10]}]),
    "tokens_completion_mask_unset": ({}, [{"input_ids": [5, 6, 7], "completion_mask": [0, 1, 1]}]),
    "tokens_completion_mask": ({"completion_only_loss": True}, [{"input_ids": [5, 6, 7], "completion_mask": [0, 1, 1], "assistant_masks": [1, 1, 0]}]),
    "tokens_assistant_masks": ({}, [{"input_ids": [5, 6, 7], "assistant_masks": [0, 0, 1]}]),
    "packed_conversations": ({"packing": True, "max_length": 24, "assistant_only_loss": True}, [{"messages": [u("Hi " * i), a("Ho " * (i % 5 + 1))]} for i in range(1, 30)]),
    "packed_wrapped_completion": ({"packing": True, "packing_strategy": "wrapped", "max_length": 10}, [{"prompt": "A" * i, "completion": "B" * (i % 4 + 1)} for i in range(1, 15)]),
}


def tokenizer():
    k = PreTrainedTokenizerFast(tokenizer_file=HERE + "/model/tokenizer.json", bos_token="<s>", eos_token="</s>", pad_token="<pad>")
    k.chat_template = CHAT
    return k


def model(vocabulary):
    return LlamaForCausalLM(LlamaConfig(vocab_size=vocabulary, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=2))


def plain(row): return {k: v for k, v in row.items() if k in ("input_ids", "labels", "seq_lengths")}


out = {"chat_template": CHAT, "cases": {}}
for name, (args, rows) in CASES.items():
    k = tokenizer()
    config = SFTConfig(output_dir=tempfile.mkdtemp(), use_cpu=True, bf16=False, report_to="none", **args)
    trainer = SFTTrainer(model(len(k)), args=config, train_dataset=Dataset.from_list(rows), processing_class=k)
    out["cases"][name] = {"args": args, "rows": rows, "prepared": [plain(x) for x in trainer.train_dataset]}
json.dump(out, open(HERE + "/rows.json", "w"), ensure_ascii=False, separators=(",", ":"))

# Lengths, and for each block the pieces: row, first token, tokens.
r = random.Random(7)
lengths = [r.choice([0, 1, 2, 3, 5, 8, 13, 21, 32, 33, 64, 65, 70, r.randint(1, 90)]) for _ in range(1203)]
packing = {"lengths": lengths, "block": 32, "blocks": {}}
for strategy in ("bfd", "bfd_split", "wrapped"):
    rows = Dataset.from_dict({"input_ids": [[i * 100 + j for j in range(n)] for i, n in enumerate(lengths)]})
    # As the trainer has them when it packs: in chunks of a thousand rows. Of a single chunk, "wrapped" packs the first thousand again and again.
    rows = rows.map(lambda row: row)
    blocks = []
    for block in pack_dataset(rows, 32, strategy)["input_ids"]:
        pieces = []
        for x in block:
            if pieces and x // 100 == pieces[-1][0] and x % 100 == pieces[-1][1] + pieces[-1][2]:
                pieces[-1][2] += 1
            else:
                pieces.append([x // 100, x % 100, 1])
        blocks.append(pieces)
    packing["blocks"][strategy] = blocks
json.dump(packing, open(HERE + "/packing.json", "w"), separators=(",", ":"))
