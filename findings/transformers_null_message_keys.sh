#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# apply_chat_template takes the keys whose value is None out of each message before the template sees it, so that
# `is none` is false for a null content and `is not none` true. Exits 0 while that is so, 1 once it has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check transformers==5.24.0 tokenizers==0.23.3 jinja2==3.1.6

"$work/venv/bin/python" - 2>"$work/warnings" <<'PYTHON' || { cat "$work/warnings" >&2; exit 1; }
import sys

import jinja2
import transformers
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

tokenizer = transformers.PreTrainedTokenizerFast(
    tokenizer_object=Tokenizer(WordLevel({"<unk>": 0}, unk_token="<unk>")), unk_token="<unk>")
# The usual form of an assistant's turn that only calls a tool.
messages = [{"role": "assistant", "content": None,
             "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": {"x": None}}}]}]
template = ("{{ messages[0].content is none }}|{{ messages[0].content is not none }}|{{ messages[0].content is defined }}|"
            "{{ messages[0].tool_calls[0].function.arguments }}")

seen = tokenizer.apply_chat_template(messages, chat_template=template, tokenize=False)
alone = jinja2.Template(template).render(messages=messages)
print("transformers", transformers.__version__, "jinja2", jinja2.__version__)
print("content is none | is not none | is defined | arguments")
print("the template by itself: ", alone)
print("apply_chat_template:    ", seen)
if alone == "True|False|True|{'x': None}" and seen == "False|True|False|{'x': None}":
    print("As found: a null content is undefined to the template, so `is not none` holds; nested nulls stay.")
    sys.exit(0)
print("CHANGED: this is no longer what was found.")
sys.exit(1)
PYTHON
