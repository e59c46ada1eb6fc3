# SPDX-License-Identifier: Apache-2.0
"""Opens each adapter that AdapterRoundTrip saved with PEFT, and compares the outputs.

    python trainer-benchmarks/adapter_round_trip.py MODELS OUT
"""

import pathlib
import sys

import peft
import torch
import transformers
from round_trip import HEADS
from safetensors.torch import load_file


def difference(models, folder):
    base = models / folder.name
    name = transformers.AutoConfig.from_pretrained(base).architectures[0]
    head = next(head for suffix, head in HEADS.items() if name.endswith(suffix))
    config = peft.PeftConfig.from_pretrained(folder)
    if config.task_type == "SEQ_2_SEQ_LM":
        config.task_type = None  # PEFT 0.21 looks for a method there that transformers 5.18 no longer has
    model = peft.PeftModel.from_pretrained(head.from_pretrained(base, dtype=torch.float32), folder, config=config).eval()
    tensors = load_file(folder / "logits.safetensors")
    inputs = {key[len("input."):]: tensors[key] for key in tensors if key.startswith("input.")}
    with torch.no_grad():
        outputs = model(**inputs)
        with model.disable_adapter():
            without = model(**inputs)
    seen = inputs["attention_mask"].bool()
    largest, effect = 0.0, 0.0
    for key, ours in tensors.items():
        name = key.removeprefix("output.")
        if key.startswith("output.") and outputs.get(name) is not None:
            theirs, bare = outputs[name], without[name]
            if ours.dim() > 1 and ours.shape[:2] == seen.shape:  # what stands on padding is nobody's
                ours, theirs, bare = ours[seen], theirs[seen], bare[seen]
            largest = max(largest, (ours - theirs).abs().max().item())
            effect = max(effect, (bare - theirs).abs().max().item())
    assert effect > 0, f"{folder} changes nothing"
    return largest, effect


def main():
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    models, out = map(pathlib.Path, sys.argv[1:])
    print("| kind | models | largest difference | of what the adapter changes at most |\n|---|---|---|---|")
    for kind in sorted(path for path in out.iterdir() if path.is_dir()):
        found = [difference(models, config.parent) for config in sorted(kind.glob("*/adapter_config.json"))]
        print(f"| {kind.name} | {len(found)} | {max(f[0] for f in found):.1e} | {max(f[1] for f in found):.2f} |")


if __name__ == "__main__":
    main()
