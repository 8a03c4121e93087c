#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Masked language modelling puts a random word in the place of some hidden ones, drawn from the whole vocabulary,
# padding included. RoBERTa counts positions from the ids and leaves padding out, so that in such a text every word
# behind it moves one place, although the attention mask says that nothing is padding. Exits 0 while that is so, 1 once
# it has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 transformers==5.24.0 tokenizers==0.23.3

"$work/venv/bin/python" - 2>"$work/warnings" <<'PYTHON' || { cat "$work/warnings" >&2; exit 1; }
import sys

import tokenizers
import torch
import transformers
from transformers import DataCollatorForLanguageModeling, PreTrainedTokenizerFast, RobertaConfig, RobertaForMaskedLM

words = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"] + [f"word{i}" for i in range(27)]
backend = tokenizers.Tokenizer(
    tokenizers.models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
backend.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", pad_token="<pad>", eos_token="</s>",
                                    unk_token="<unk>", mask_token="<mask>")
collator = DataCollatorForLanguageModeling(tokenizer=tokenizer, mlm_probability=0.15, seed=1)
text = tokenizer(" ".join(words[5 + i % 27] for i in range(40)))["input_ids"]
batch = collator([{"input_ids": text}] * 500)
padding = batch["input_ids"] == tokenizer.pad_token_id
print(f"transformers {transformers.__version__}, tokenizers {tokenizers.__version__}, torch {torch.__version__}")
print(f"texts without padding in which the collator put some: {padding.any(1).sum().item()} of 500")
print(f"attention mask there: {batch['attention_mask'][padding].unique().tolist()}")

torch.manual_seed(0)
model = RobertaForMaskedLM(RobertaConfig(vocab_size=32, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
                                         intermediate_size=32, max_position_embeddings=64, pad_token_id=1,
                                         initializer_range=0.4)).eval()
row = batch["input_ids"][padding.any(1)][:1]
at = int((row[0] == 1).nonzero()[0])
by_place = torch.arange(2, 2 + row.shape[1])[None]
positions = model.roberta.embeddings.create_position_ids_from_input_ids(row, 1)
with torch.no_grad():
    moved = model(input_ids=row).logits
    unmoved = model(input_ids=row, position_ids=by_place).logits
print(f"positions around it: {positions[0, at - 1:at + 3].tolist()}, by place {by_place[0, at - 1:at + 3].tolist()}")
print(f"logits differ by up to {(moved - unmoved).abs().max().item():.2f}")
as_described = (padding.any() and batch["attention_mask"].all() and positions[0, at] == 1
                and positions[0, at + 1] == by_place[0, at] and not torch.allclose(moved, unmoved, atol=1e-3))
print("as described" if as_described else "changed")
sys.exit(0 if as_described else 1)
PYTHON
