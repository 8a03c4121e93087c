#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A BPE model without an unknown token drops a letter that it does not know and then merges the letters on either side
# of it, which never stood together: "aéb" becomes the token "ab". Exits 0 while that is so, 1 once it has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check tokenizers==0.23.3

"$work/venv/bin/python" - <<'PYTHON'
import sys

import tokenizers
from tokenizers import Tokenizer
from tokenizers.models import BPE

vocabulary = {"a": 0, "b": 1, "ab": 2}
without = Tokenizer(BPE(vocab=dict(vocabulary), merges=[("a", "b")]))
named = Tokenizer(BPE(vocab={**vocabulary, "<unk>": 3}, merges=[("a", "b")], unk_token="<unk>"))

dropped = without.encode("aéb")
print("tokenizers", tokenizers.__version__)
print("without an unknown token, 'aéb' is", dropped.tokens, "at", dropped.offsets)
print("with one, it is", named.encode("aéb").tokens)
if dropped.tokens == ["ab"] and named.encode("aéb").tokens == ["a", "<unk>", "b"]:
    print("As found: the letter vanishes without an error, and its neighbours merge across the gap.")
    sys.exit(0)
print("CHANGED: this is no longer what was found.")
sys.exit(1)
PYTHON
