#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A Llama 3 GGUF file keeps its rope scaling as a tensor, rope_freqs.weight: the divisor of each frequency. Transformers
# reads the file without an error and leaves the tensor out, so that the model turns by plain frequencies and answers
# otherwise than the one that the file was made of. Exits 0 while that is so, 1 once it has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 transformers==5.24.0 accelerate==1.15.0 gguf==0.19.0

WORK="$work" "$work/venv/bin/python" - 2>"$work/warnings" <<'PYTHON' || { cat "$work/warnings" >&2; exit 1; }
import os
import sys

import gguf
import numpy as np
import torch
import transformers
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

torch.manual_seed(0)
scaling = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 32.0, "low_freq_factor": 1.0,
           "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
config = LlamaConfig(vocab_size=64, hidden_size=64, intermediate_size=64, num_hidden_layers=1, num_attention_heads=1,
                     num_key_value_heads=1, max_position_embeddings=131072, rope_parameters=scaling,
                     tie_word_embeddings=False, initializer_range=0.4)
original = LlamaForCausalLM(config).eval()
plain = 1 / 500000.0 ** (torch.arange(0, 64, 2) / 64)
divisors = (plain / original.model.rotary_emb.inv_freq).numpy()

# As llama.cpp's converter writes it: rows of q and k in pairs, the divisors beside the weights.
def in_pairs(rows):
    return rows.reshape(1, 2, 32, 64).transpose(1, 2).reshape(64, 64)

names = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
for theirs, ours in {"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
                     "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
                     "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm",
                     "post_attention_layernorm": "ffn_norm"}.items():
    names["model.layers.0." + theirs] = "blk.0." + ours
path = os.path.join(os.environ["WORK"], "model.gguf")
writer = gguf.GGUFWriter(path, "llama")
writer.add_block_count(1)
writer.add_context_length(131072)
writer.add_embedding_length(64)
writer.add_feed_forward_length(64)
writer.add_head_count(1)
writer.add_head_count_kv(1)
writer.add_rope_freq_base(500000.0)
writer.add_rope_dimension_count(64)
writer.add_layer_norm_rms_eps(config.rms_norm_eps)
writer.add_vocab_size(64)
writer.add_tensor("rope_freqs.weight", divisors.astype(np.float32))
for name, tensor in original.state_dict().items():
    rows = in_pairs(tensor) if name.endswith(("q_proj.weight", "k_proj.weight")) else tensor
    writer.add_tensor(names[name.removesuffix(".weight")] + ".weight", rows.contiguous().numpy())
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()

read = AutoModelForCausalLM.from_pretrained(os.environ["WORK"], gguf_file="model.gguf", dtype=torch.float32).eval()
same = all(torch.equal(tensor, read.state_dict()[name]) for name, tensor in original.state_dict().items())
ids = torch.arange(40).remainder(64)[None]
with torch.no_grad():
    far = (original(ids).logits - read(ids).logits).abs().max().item()
print("transformers", transformers.__version__, "gguf 0.19.0")
print("largest divisor in the file:", round(float(divisors.max()), 3), " rope of the model that was read:",
      read.config.rope_parameters["rope_type"])
print("weights equal:", same, " largest difference of a logit:", f"{far:.2g}")
sys.exit(0 if same and read.config.rope_parameters["rope_type"] == "default" and far > 1e-4 else 1)
PYTHON
