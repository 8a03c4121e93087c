"""What check-chats asks of Python: making the conversations, and comparing with Transformers."""

import json
import sys
from pathlib import Path


def make(instructions, training, held_out, prompts):
    """Short instructions as conversations; every tenth is held out."""
    rows = []
    for row in json.loads(Path(instructions).read_text(encoding="utf-8")):
        asked = row["instruction"] + ("\n" + row["input"] if row.get("input") else "")
        if len(asked) + len(row["output"]) <= 200 and "\n" not in asked:
            rows.append((asked, row["output"]))
    chats = [
        json.dumps({"messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}]}) for q, a in rows
    ]
    Path(training).write_text("".join(c + "\n" for i, c in enumerate(chats) if i % 10), encoding="utf-8")
    Path(held_out).write_text("".join(c + "\n" for i, c in enumerate(chats) if i % 10 == 0), encoding="utf-8")
    Path(prompts).write_text("".join(q + "\n" for i, (q, _) in enumerate(rows) if i % 10 == 0), encoding="utf-8")


def compare(model, chats, ours, template):
    """The ids of each conversation, and the template in both places of the exported folder."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    equal = total = 0
    for chat, line in zip(Path(chats).read_text(encoding="utf-8").splitlines(), open(ours, encoding="utf-8")):
        ids = tokenizer.apply_chat_template(json.loads(chat)["messages"], tokenize=True, return_dict=True)["input_ids"]
        total += 1
        equal += ids == [token["id"] for token in json.loads(line)["tokens"]]
    print(f"conversations whose ids are equal: {equal} of {total}")
    source = Path(template).read_bytes()
    places = [
        Path(model, "chat_template.jinja").read_bytes() == source,
        json.loads(Path(model, "tokenizer_config.json").read_text(encoding="utf-8"))["chat_template"].encode() == source,
    ]
    print(f"places that hold the template's bytes: {sum(places)} of 2")
    sys.exit(not (all(places) and total > 0 and equal == total))


if __name__ == "__main__":
    {"make": make, "compare": compare}[sys.argv[1]](*sys.argv[2:])
