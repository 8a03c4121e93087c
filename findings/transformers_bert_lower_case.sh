#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A BERT folder whose tokenizer.json says that letters keep their case is read in lower case all the same where
# tokenizer_config.json does not name do_lower_case: the class builds its own normaliser. The same file under
# PreTrainedTokenizerFast keeps them. Exits 0 while that is so, 1 once it has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check transformers==5.24.0 tokenizers==0.23.3

WORK="$work" "$work/venv/bin/python" - 2>"$work/warnings" <<'PYTHON' || { cat "$work/warnings" >&2; exit 1; }
import json
import os
import pathlib
import sys

import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hello", "Hello"]
tokenizer = Tokenizer(models.WordPiece({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()

def tokens_as(tokenizer_class):
    folder = pathlib.Path(os.environ["WORK"]) / tokenizer_class
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps({"model_type": "bert"}))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": tokenizer_class}))
    return transformers.AutoTokenizer.from_pretrained(folder).tokenize("Hello")

file_itself = tokenizer.encode("Hello").tokens
as_bert, as_fast = tokens_as("BertTokenizer"), tokens_as("PreTrainedTokenizerFast")
print("transformers", transformers.__version__)
print("tokenizer.json alone:", file_itself, " BertTokenizer:", as_bert, " PreTrainedTokenizerFast:", as_fast)
sys.exit(0 if (file_itself, as_bert, as_fast) == (["Hello"], ["hello"], ["Hello"]) else 1)
PYTHON
