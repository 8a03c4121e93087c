# SPDX-License-Identifier: GPL-3.0-or-later
"""The loss of an exported model on rows, each by itself, beside ours (see check-transformers).

Rows are prompts with completions, or texts with a label where the model is a classifier, or words with a label each.
"""
import json
import sys
import warnings

import tokenizers
import torch
import transformers
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    logging,
)

warnings.filterwarnings("ignore")
logging.set_verbosity_error()
logging.disable_progress_bar()

END = 2
LIMIT = 1e-5

folder, rows, ours = sys.argv[1], sys.argv[2], float(sys.argv[3])
with open(folder + "/config.json", encoding="utf-8") as file:
    architecture = json.load(file)["architectures"][0]
classifies = architecture.endswith("ForSequenceClassification")
words = architecture.endswith("ForTokenClassification")
kind = AutoModelForSequenceClassification if classifies else AutoModelForCausalLM
if words:
    kind = AutoModelForTokenClassification
if architecture.endswith("ForConditionalGeneration"):
    kind = getattr(transformers, architecture)  # a whole model, as which it is to load
model, info = kind.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
model.eval()
tokenizer = tokenizers.Tokenizer.from_file(folder + "/tokenizer.json")
if architecture.endswith("ForConditionalGeneration"):
    # Some model types have a tokenizer class of their own whatever the files say, Qwen3.5's for one.
    tokenizer = AutoTokenizer.from_pretrained(folder).backend_tokenizer


def word_labels(row):
    """Ids of the words with one blank between them, and a class at each word's first token."""
    encoding = tokenizer.encode(" ".join(row["words"]))
    labels = [-100] * len(encoding.ids)
    begin = 0
    for word, tag in zip(row["words"], row["tags"]):
        end = begin + len(word)
        first = next(i for i, (_, stop) in enumerate(encoding.offsets) if begin < stop <= end)
        labels[first] = model.config.label2id[tag]
        begin = end + 1
    return torch.tensor([encoding.ids]), torch.tensor([labels])


total, count = 0.0, 0
with open(rows, encoding="utf-8") as lines, torch.no_grad():
    for line in lines:
        row = json.loads(line)
        if words:
            ids, labels = word_labels(row)
            targets = (labels != -100).sum().item()
            total += model(ids, labels=labels).loss.item() * targets
            count += targets
            continue
        if classifies:
            ids = torch.tensor([tokenizer.encode(row["p"]).ids])
            total += model(ids, labels=torch.tensor([model.config.label2id[row["label"]]])).loss.item()
            count += 1
            continue
        ids = torch.tensor([tokenizer.encode(row["p"] + " " + row["c"]).ids + [END]])
        total += model(ids, labels=ids).loss.item() * (ids.shape[1] - 1)
        count += ids.shape[1] - 1
theirs = total / count
stray = len(info["missing_keys"]) + len(info["unexpected_keys"])
print(f"| {folder} | {ours:.7f} | {theirs:.7f} | {abs(ours - theirs):.1e} | {stray} tensors missing or unexpected |")
sys.exit(0 if abs(ours - theirs) <= LIMIT and stray == 0 else 1)
