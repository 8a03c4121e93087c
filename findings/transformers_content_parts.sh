#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A message's content as a list of text parts, the form of OpenAI's API, in a chat template that knows text alone: where
# the template joins with +, apply_chat_template fails; where it prints {{ message.content }}, the model is given the
# Python list with its brackets and quotation marks, without an error. Exits 0 while that is so, 1 once it has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check transformers==5.24.0 tokenizers==0.23.3 jinja2==3.1.6

"$work/venv/bin/python" - 2>"$work/warnings" <<'PYTHON' || { cat "$work/warnings" >&2; exit 1; }
import sys

import transformers
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

tokenizer = transformers.PreTrainedTokenizerFast(
    tokenizer_object=Tokenizer(WordLevel({"<unk>": 0}, unk_token="<unk>")), unk_token="<unk>")
messages = [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]
joins = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + ' | ' }}{% endfor %}"
prints = "{% for m in messages %}{{ m.role }}: {{ m.content | trim }} | {% endfor %}"


def render(template):
    try:
        return tokenizer.apply_chat_template(messages, chat_template=template, tokenize=False)
    except TypeError as error:
        return f"TypeError: {error}"


print("transformers", transformers.__version__)
joined, printed = render(joins), render(prints)
print("a template that joins: ", joined)
print("a template that prints:", printed)
if joined.startswith("TypeError") and printed == "user: [{'type': 'text', 'text': 'Hello'}] | ":
    print("As found: the same conversation is an error in one template and the text of a Python list in the other.")
    sys.exit(0)
print("CHANGED: this is no longer what was found.")
sys.exit(1)
PYTHON
