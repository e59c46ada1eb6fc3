# SPDX-License-Identifier: Apache-2.0
# Makes the folders beside this file: python quantized.py DIR (transformers 5.18, bitsandbytes 0.50.2 on a CPU, torch 2.13).
# With no folder it prints the figures of QuantizerTest.
import hashlib
import sys

import bitsandbytes as bnb
import torch
from bitsandbytes import functional as F
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

torch.set_num_threads(1)
IDS = torch.tensor([[1, 5, 9, 12, 13, 7, 2], [3, 4, 4, 8, 15, 14, 6]])


def values(module):
    if isinstance(module, bnb.nn.Linear4bit):
        return F.dequantize_4bit(module.weight.data, module.weight.quant_state).float()
    if isinstance(module, bnb.nn.Linear8bitLt):
        scb = module.state.SCB if module.state.SCB is not None else module.weight.SCB
        cb = module.state.CB if module.state.CB is not None else module.weight.data
        return cb.float() * (scb / 127).unsqueeze(1)
    return None


def folder(out, source, name, **config):
    quantized = AutoModelForCausalLM.from_pretrained(
        f"{out}/{source}", quantization_config=BitsAndBytesConfig(**config), device_map="cpu", dtype=torch.float32).eval()
    quantized.save_pretrained(f"{out}/{name}")
    plain = AutoModelForCausalLM.from_pretrained(f"{out}/{source}", dtype=torch.float32).eval()
    expected = {}
    with torch.no_grad():
        quantized(IDS)  # 8 bits: the state is made by the first pass
        state = plain.state_dict()
        for module, layer in quantized.named_modules():
            found = values(layer)
            if found is not None:
                state[module + ".weight"].copy_(found.t() if "gpt2" in source else found)
                if module.endswith(("down_proj", "c_attn")):
                    expected[module + ".weight"] = found.contiguous()
        expected["logits"] = plain(IDS).logits
    save_file(expected, f"{out}/{name}/expected.safetensors")


def folders(out):
    torch.manual_seed(0)
    LlamaForCausalLM(LlamaConfig(
        vocab_size=16, hidden_size=32, intermediate_size=48, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1,
        max_position_embeddings=32, tie_word_embeddings=False, initializer_range=0.2, bos_token_id=1, eos_token_id=2,
        pad_token_id=0)).save_pretrained(f"{out}/plain")
    GPT2LMHeadModel(GPT2Config(
        vocab_size=16, n_embd=16, n_inner=32, n_layer=1, n_head=2, n_positions=16, initializer_range=0.2, bos_token_id=1,
        eos_token_id=2)).save_pretrained(f"{out}/gpt2-plain")
    nf4 = dict(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype="float32")
    folder(out, "plain", "nf4-double", bnb_4bit_use_double_quant=True, **nf4)
    folder(out, "plain", "nf4-storage", bnb_4bit_quant_storage="bfloat16", **nf4)
    folder(out, "plain", "int8", load_in_8bit=True)
    folder(out, "gpt2-plain", "gpt2-nf4", bnb_4bit_use_double_quant=True, **nf4)
    folder(out, "plain", "fp4", load_in_4bit=True, bnb_4bit_compute_dtype="float32")


def digest(tensor):
    return hashlib.sha256(tensor.contiguous().view(torch.uint8).numpy().tobytes()).hexdigest()[:16]


def figures():
    rows, columns = 130, 127
    weight = ((torch.arange(rows * columns) * 7919 % 2003 - 1001).float() / 1001).reshape(rows, columns)
    for kind in ["nf4", "fp4"]:
        for double in [False, True]:
            packed, state = F.quantize_4bit(weight, blocksize=64, compress_statistics=double, quant_type=kind)
            parts = {key: digest(part) for key, part in state.as_dict(packed=True).items()}
            print(kind, double, digest(packed), parts, digest(F.dequantize_4bit(packed, state)))
    numbers, scb, _ = F.int8_vectorwise_quant(weight.half())
    print("int8", digest(numbers), digest(scb))


if len(sys.argv) > 1:
    folders(sys.argv[1])
else:
    figures()
