"""Writes figures.json beside this file: what transformers 5.18 makes of models, tokenizers and collators when tokens are added.

    python figures.py
"""

import json
import tempfile
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file
from transformers import AddedToken, AutoTokenizer
from transformers.data import data_collator

HERE = Path(__file__).parent
MODELS = HERE.parent / "parity" / "models"
TOKENIZERS = HERE.parent / "dev" / "trainer4j" / "transformers" / "tokenization"
CLASSES = {
    "classify": transformers.AutoModelForSequenceClassification,
    "choice": transformers.AutoModelForMultipleChoice,
    "qa": transformers.AutoModelForQuestionAnswering,
    "token": transformers.AutoModelForTokenClassification,
    "mlm": transformers.AutoModelForMaskedLM,
    "causal": transformers.AutoModelForCausalLM,
    "seq2seq": transformers.AutoModelForSeq2SeqLM,
}
RESIZED = [
    "bert-mlm", "bert-classify", "bert-token", "bert-qa", "bert-choice", "roberta-classify", "distilbert-choice", "gpt2",
    "llama", "mistral", "qwen2", "qwen3", "gemma", "t5", "bart", "bart-classify", "bart-qa",
]  # fmt: skip


def load(name):
    kind = json.loads((MODELS / name / "golden.json").read_text())["kind"]
    return CLASSES[kind].from_pretrained(MODELS / name).eval()


def resize(name, more, multiple):
    """The model after it was resized: sizes, the first added row of embeddings and head, biases, and the loss."""
    model = load(name)
    out = model.get_output_embeddings()
    if out is not None and out.bias is not None:
        with torch.no_grad():  # as after a training: those of a new model are zeros
            out.bias.copy_(torch.linspace(-0.5, 1, out.bias.numel()))
    before = model.config.vocab_size
    torch.manual_seed(0)
    model.resize_token_embeddings(before + more, pad_to_multiple_of=multiple)
    inputs = load_file(MODELS / name / "golden.safetensors")
    inputs = {key[6:]: value for key, value in inputs.items() if key.startswith("input.")}
    after = model.config.vocab_size
    if after < before:  # tokens that were cut off become others
        inputs = {k: torch.where(v >= after, v % after, v) if v.dtype == torch.int64 else v for k, v in inputs.items()}
    with torch.no_grad():
        result = model(**inputs)
    figures = {
        "model": name,
        "more": more,
        "multiple": multiple or 1,
        "vocab_size": after,
        "shapes": {key: list(value.shape) for key, value in model.state_dict().items() if after in value.shape},
        "loss": result.loss.item(),
    }
    if after > before:
        figures["row"] = model.get_input_embeddings().weight[before].tolist()
        if out is not None:
            figures["head"] = model.get_output_embeddings().weight[before].tolist()
            if out.bias is not None:
                figures["bias"] = model.get_output_embeddings().bias[before:].tolist()
    return figures


TEXTS = ["In Milan <ctx>we ate  cheese.", "a newtoken and newtokens <|im_end|> kilometers <|tool|> kilometer", "x<ctx> <ctx>y <solo>z <solo> z"]


def added(name):
    """A tokenizer after plain and special tokens were added: ids, what of texts becomes, and the same after saving."""
    tokenizer = AutoTokenizer.from_pretrained(TOKENIZERS / name)
    plain = ["newtoken", "kilometer", AddedToken("<ctx>", lstrip=True), AddedToken("<solo>", single_word=True)]
    special = ["<|im_end|>", AddedToken("<|tool|>", rstrip=True)]
    before = len(tokenizer)
    counts = [tokenizer.add_tokens(plain), tokenizer.add_tokens(special, special_tokens=True)]
    counts.append(tokenizer.add_tokens(["newtoken", "newtoken"]))
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        again = AutoTokenizer.from_pretrained(folder)
        entries = json.loads((Path(folder) / "tokenizer.json").read_text())["added_tokens"]
    names = ["newtoken", "kilometer", "<ctx>", "<solo>", "<|im_end|>", "<|tool|>"]
    texts = []
    for text in TEXTS:
        ids = tokenizer(text)["input_ids"]
        assert ids == again(text)["input_ids"], (name, text)
        texts.append({
            "text": text,
            "ids": ids,
            "decoded": tokenizer.decode(ids),
            "skipped": tokenizer.decode(ids, skip_special_tokens=True),
        })
    return {
        "tokenizer": name,
        "before": before,
        "after": len(tokenizer),
        "counts": counts,
        "ids": {token: tokenizer.convert_tokens_to_ids(token) for token in names},
        "entries": [entry for entry in entries if entry["content"] in names],
        "texts": texts,
    }


ALIGNED = [
    ("gpt2", {}, {}),
    ("llama", {}, {"eos_token": "<|assistant|>", "pad_token": "</s>"}),
    ("llama", {"eos_token_id": [2, 4]}, {"eos_token": "<|assistant|>"}),
    ("llama", {"eos_token_id": [2, 4]}, {}),
    ("qwen2", {"bos_token_id": None}, {"bos_token": "<|system|>"}),
    ("t5", {}, {"eos_token": "<|assistant|>"}),
    ("bart", {}, {"pad_token": "<|system|>", "bos_token": "<|user|>"}),
    ("bert-classify", {}, {}),
    ("bert-classify", {}, {"pad_token": "[MASK]"}),
    ("roberta-classify", {}, {"eos_token": "<|assistant|>"}),
]


def align(name, settings, roles):
    """Configuration and generation settings after they were aligned to the tokenizer of the folder with other roles."""
    model = load(name)
    for key, value in settings.items():
        setattr(model.config, key, value)
        setattr(model.generation_config, key, value)
    tokenizer = AutoTokenizer.from_pretrained(MODELS / name, **roles)
    transformers.trainer_utils.align_special_tokens(model, tokenizer)
    keys = ("eos_token_id", "bos_token_id", "pad_token_id")
    written = model.generation_config if model.can_generate() else None
    return {
        "model": name,
        "settings": settings,
        "roles": roles,
        "config": {key: getattr(model.config, key, None) for key in keys},
        "generation": written and {key: getattr(written, key) for key in keys},
    }


def permutation(seed):
    """What the collator draws of a text, and what it makes of that."""
    tokenizer = AutoTokenizer.from_pretrained(TOKENIZERS / "wordpiece")
    collator = data_collator.DataCollatorForPermutationLanguageModeling(tokenizer)
    text = "In Milan we ate cheese for coins, and it was wonderful. It was far away from home, and so were we."
    ids = tokenizer(text)["input_ids"]
    ids = (ids + [tokenizer.pad_token_id] * 8)[: 2 * ((len(ids) + 3) // 2)]
    drawn = []
    real = torch.randperm

    def randperm(size):
        order = real(size)
        drawn.append(order.tolist())
        return order

    torch.manual_seed(seed)
    torch.randperm = randperm
    inputs, perm_mask, target_mapping, labels = collator.torch_mask_tokens(torch.tensor([ids]))
    torch.randperm = real
    special = tokenizer.get_special_tokens_mask(ids, already_has_special_tokens=True)
    return {
        "ids": ids,
        "functional": [int(s or i == tokenizer.pad_token_id) for s, i in zip(special, ids)],
        "order": drawn[0],
        "hidden": (labels[0] != -100).int().tolist(),
        "perm_mask": perm_mask[0].int().tolist(),
        "target_mapping": target_mapping[0].int().tolist(),
    }


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    figures = {
        "resized": [resize(name, 5, None) for name in RESIZED]
        + [resize(name, 5, 64) for name in ("bert-mlm", "llama", "bart")]
        + [resize(name, -20, None) for name in ("bert-mlm", "gpt2", "t5", "bart")],
        "added": [added(name) for name in ("wordpiece", "bytebpe", "unigram", "roberta", "legacy")],
        "aligned": [align(*case) for case in ALIGNED],
        "permuted": [permutation(seed) for seed in range(3)],
    }
    lines = [f'"{key}": [\n' + ",\n".join(json.dumps(entry) for entry in entries) + "\n]" for key, entries in figures.items()]
    (HERE / "figures.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
