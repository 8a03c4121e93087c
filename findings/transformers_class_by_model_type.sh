#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# AutoTokenizer opens the tokenizer of a folder whose config.json says model_type qwen2 as Qwen2Tokenizer, whatever class
# tokenizer_config.json names, and that class puts its own pre-tokenizer and normaliser in place of those of
# tokenizer.json: digits are parted, and texts get other tokens, without a word. Under model_type llama the same files are
# read as they are. Exits 0 while that is so, 1 once it has changed.
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
from tokenizers import Tokenizer, models, pre_tokenizers

vocabulary = {letter: i for i, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()) + ["12"])}
tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[("1", "2")]))
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)

def tokens_as(model_type, tokenizer_class):
    folder = pathlib.Path(os.environ["WORK"]) / model_type / tokenizer_class
    folder.mkdir(parents=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps({"model_type": model_type}))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": tokenizer_class}))
    opened = transformers.AutoTokenizer.from_pretrained(folder)
    return type(opened).__name__, opened.tokenize("12")

file_itself = tokenizer.encode("12").tokens
seen = {kind: tokens_as(*kind) for kind in (("qwen2", "PreTrainedTokenizerFast"), ("qwen2", "GPT2Tokenizer"), ("llama", "GPT2Tokenizer"))}
print("transformers", transformers.__version__)
print("tokenizer.json alone:", file_itself)
for kind, (name, tokens) in seen.items():
    print(f"model_type {kind[0]}, tokenizer_class {kind[1]}: {name} {tokens}")
parted = ("Qwen2Tokenizer", ["1", "2"])
expected = [parted, parted, ("GPT2Tokenizer", ["12"])]
sys.exit(0 if file_itself == ["12"] and list(seen.values()) == expected else 1)
PYTHON
