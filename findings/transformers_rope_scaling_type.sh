#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Older config.json files spell the kind of a rope scaling "type" instead of "rope_type". Transformers takes either word in
# a model with one rope (Llama). In one with two of them (Gemma 3, OLMo 3) it leaves "type" unread without an error: the
# model turns as if there were no scaling, so that a program that takes both words everywhere computes other logits. Exits 0
# while that is so, 1 once it has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 transformers==5.24.0

"$work/venv/bin/python" - 2>"$work/warnings" <<'PYTHON' || { cat "$work/warnings" >&2; exit 1; }
import sys

import torch
import transformers
from transformers import Gemma3ForCausalLM, Gemma3TextConfig, LlamaConfig, LlamaForCausalLM, Olmo3Config, Olmo3ForCausalLM

sizes = dict(vocab_size=64, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=256, bos_token_id=1, eos_token_id=2, pad_token_id=0)
two = dict(sliding_window=16, layer_types=["full_attention", "sliding_attention"])
families = {"Llama": (LlamaConfig, LlamaForCausalLM, {}),
            "Gemma 3": (Gemma3TextConfig, Gemma3ForCausalLM, {"head_dim": 8, **two}),
            "OLMo 3": (Olmo3Config, Olmo3ForCausalLM, two)}
print("transformers", transformers.__version__)
read = {}
for name, (config, model, own) in families.items():
    logits = {}
    for word in ("no scaling", "rope_type", "type"):
        scaling = {} if word == "no scaling" else {"rope_scaling": {word: "linear", "factor": 4.0}}
        torch.manual_seed(0)
        with torch.no_grad():
            logits[word] = model(config(**sizes, **own, **scaling)).eval()(torch.arange(40).unsqueeze(0)).logits
    far = {word: (logits[word] - logits["no scaling"]).abs().max().item() for word in ("rope_type", "type")}
    print(f"{name}: logits away from those without scaling: rope_type {far['rope_type']:.1e}, type {far['type']:.1e}")
    assert far["rope_type"] > 0
    read[name] = far["type"] > 0
sys.exit(0 if read == {"Llama": True, "Gemma 3": False, "OLMo 3": False} else 1)
PYTHON
# Seen with transformers 5.24.0, torch 2.13.0:
#   Llama: logits away from those without scaling: rope_type 8.5e-04, type 8.5e-04
#   Gemma 3: logits away from those without scaling: rope_type 7.7e-02, type 0.0e+00
#   OLMo 3: logits away from those without scaling: rope_type 5.9e-02, type 0.0e+00
