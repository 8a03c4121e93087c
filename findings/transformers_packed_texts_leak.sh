#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Texts packed into one row with positions that begin anew are kept apart by transformers without a mask, as long as the
# call makes no cache: use_cache=True, the default of a model's config, lets them see each other without a word. And
# layers that keep a state (LFM2's convolutions, Qwen3.5's gated delta rule) run on from one text into the next even
# then, on the PyTorch paths that are taken where no further package is installed.
#
# transformers 5.24.0, torch 2.13.0 (CPU). Seen: the largest difference of a logit of the second text, packed, from the
# same text alone.
#
#              use_cache=True (default)   use_cache=False
#   llama      differs (about 0.5)        equal (about 1e-7)
#   lfm2       differs (about 0.5)        differs (about 0.01)
#   qwen3_5    differs (about 3)          differs (about 3)
#
# Exits 0 while that is so, 1 once it has changed. torch takes some gigabytes of the temporary folder.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 transformers==5.24.0

"$work/venv/bin/python" - <<'PYTHON'
import logging
import sys

import torch
import transformers
from transformers import AutoModelForCausalLM, Lfm2Config, LlamaConfig, Qwen3_5TextConfig

logging.disable(logging.WARNING)
print("transformers", transformers.__version__, "torch", torch.__version__)
shape = dict(vocab_size=64, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             intermediate_size=48, max_position_embeddings=64)
configs = {
    "llama": LlamaConfig(**shape),
    "lfm2": Lfm2Config(**shape, layer_types=["conv", "full_attention"], block_multiple_of=16),
    "qwen3_5": Qwen3_5TextConfig(**shape, head_dim=8, linear_num_key_heads=2, linear_num_value_heads=4, linear_key_head_dim=8,
                                 linear_value_head_dim=8, layer_types=["linear_attention", "full_attention"]),
}
first, second = torch.tensor([[5, 6, 7, 8, 9]]), torch.tensor([[20, 21, 22, 23]])
packed = torch.cat([first, second], 1)
positions = torch.tensor([[0, 1, 2, 3, 4, 0, 1, 2, 3]])
seen = {}
for name, config in configs.items():
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa").eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, 0, 0.2)
    for use_cache in (True, False):
        with torch.no_grad():
            alone = model(input_ids=second, use_cache=use_cache).logits
            together = model(input_ids=packed, position_ids=positions, use_cache=use_cache).logits[:, first.shape[1]:]
        seen[name, use_cache] = float((together - alone).abs().max())
        print(f"{name:8} use_cache={use_cache!s:5} largest difference {seen[name, use_cache]:.2g}")
as_described = seen["llama", False] < 1e-5 and all(
    difference > 1e-3 for key, difference in seen.items() if key != ("llama", False))
sys.exit(0 if as_described else "this has changed")
PYTHON
