# SPDX-License-Identifier: Apache-2.0
"""Writes small models as folders were published before safetensors, with transformers' logits of them.

Run it in its folder, with torch and transformers; PytorchFolderTest reads what it wrote.
"""

import json
import os
import shutil

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    BertConfig,
    BertForSequenceClassification,
    GPT2Config,
    GPT2LMHeadModel,
)

IDS = [[5, 7, 11, 2, 30, 1], [3, 3, 8, 39, 0, 21]]


def folder(name, model):
    shutil.rmtree(name, ignore_errors=True)
    os.makedirs(name)
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(name)


def golden(name, kind):
    model = kind.from_pretrained(name, dtype=torch.float32).eval()
    with torch.no_grad():
        logits = model(input_ids=torch.tensor(IDS)).logits
    with open(name + "/golden.json", "w") as file:
        json.dump({"input_ids": IDS, "logits": logits.flatten().tolist()}, file)


torch.manual_seed(11)
sizes = dict(vocab_size=40, n_positions=16, n_embd=16, n_layer=1, n_head=2)
gpt2 = GPT2LMHeadModel(GPT2Config(**sizes, bos_token_id=0, eos_token_id=0))
for parameter in gpt2.parameters():
    torch.nn.init.normal_(parameter, std=0.3)
folder("gpt2", gpt2)
torch.save(gpt2.state_dict(), "gpt2/pytorch_model.bin")  # both names of the tied tensor
golden("gpt2", AutoModelForCausalLM)

folder("gpt2-shards-half", gpt2)
state = {name: tensor.half() for name, tensor in gpt2.state_dict().items()}
state["lm_head.weight"] = state["transformer.wte.weight"]
names = list(state)
weight_map = {}
for number, part in enumerate((names[:5], names[5:]), 1):
    shard = f"pytorch_model-{number:05d}-of-00002.bin"
    torch.save({name: state[name] for name in part}, "gpt2-shards-half/" + shard)
    weight_map.update({name: shard for name in part})
total = sum(tensor.numel() * tensor.element_size() for tensor in state.values())
with open("gpt2-shards-half/pytorch_model.bin.index.json", "w") as file:
    json.dump({"metadata": {"total_size": total}, "weight_map": weight_map}, file, indent=2)
golden("gpt2-shards-half", AutoModelForCausalLM)

sizes = dict(vocab_size=40, hidden_size=16, num_hidden_layers=1, num_attention_heads=2)
bert = BertForSequenceClassification(
    BertConfig(**sizes, intermediate_size=24, max_position_embeddings=16, num_labels=3)
)
for parameter in bert.parameters():
    torch.nn.init.normal_(parameter, std=0.3)
bert = bert.bfloat16()
folder("bert-bfloat16", bert)
# Matrices that lie in the file by columns, and parameters instead of tensors.
state = {
    name: tensor.data.t().contiguous().t() if tensor.dim() == 2 else tensor
    for name, tensor in bert.named_parameters()
}
state["bert.embeddings.position_ids"] = torch.arange(16).expand((1, -1))
torch.save(state, "bert-bfloat16/pytorch_model.bin")
golden("bert-bfloat16", AutoModelForSequenceClassification)
