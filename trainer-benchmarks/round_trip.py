# SPDX-License-Identifier: Apache-2.0
"""Opens each model that RoundTrip saved with transformers, and compares the outputs.

    python trainer-benchmarks/round_trip.py OUT
"""

import pathlib
import sys

import torch
import transformers
from safetensors.torch import load_file

HEADS = {
    "ForSequenceClassification": transformers.AutoModelForSequenceClassification,
    "ForTokenClassification": transformers.AutoModelForTokenClassification,
    "ForQuestionAnswering": transformers.AutoModelForQuestionAnswering,
    "ForMultipleChoice": transformers.AutoModelForMultipleChoice,
    "ForMaskedLM": transformers.AutoModelForMaskedLM,
    "ForCausalLM": transformers.AutoModelForCausalLM,
    "LMHeadModel": transformers.AutoModelForCausalLM,
    "ForConditionalGeneration": transformers.AutoModelForSeq2SeqLM,
}


def compare(folder):
    name = transformers.AutoConfig.from_pretrained(folder).architectures[0]
    head = next(head for suffix, head in HEADS.items() if name.endswith(suffix))
    model, info = head.from_pretrained(folder, output_loading_info=True)
    assert not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys")), info
    tensors = load_file(folder / "logits.safetensors")
    inputs = {key[len("input."):]: tensors[key] for key in tensors if key.startswith("input.")}
    with torch.no_grad():
        outputs = model.eval()(**inputs)
    seen = inputs["attention_mask"].bool()
    difference, largest, count = 0.0, 0.0, 0
    for key, ours in tensors.items():
        theirs = outputs.get(key.removeprefix("output."))
        if key.startswith("output.") and theirs is not None:
            if ours.dim() > 1 and ours.shape[:2] == seen.shape:  # what stands on padding is nobody's
                ours, theirs = ours[seen], theirs[seen]
            difference = max(difference, (ours - theirs).abs().max().item())
            largest = max(largest, theirs.abs().max().item())
            count += 1
    assert count, f"{folder} has no outputs to compare"
    files = len(list(folder.glob("model*.safetensors")))
    print(f"| {folder.name} | {name} | {files} | {largest:.2f} | {difference:.1e} |")


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    print("| folder | class | files | largest output | largest difference |\n|---|---|---|---|---|")
    for config in sorted(pathlib.Path(sys.argv[1]).glob("*/config.json")):
        compare(config.parent)
