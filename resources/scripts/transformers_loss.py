# SPDX-License-Identifier: GPL-3.0-or-later
"""The loss of an exported model on rows, each by itself, beside ours (see check-transformers).

Rows are prompts with completions, or texts with a label where the model is a classifier, or words with a label each, or
texts with the words hidden that an evaluation hides (engine/data/masking.h). A fourth argument names a PEFT adapter that
is put onto the model.
"""
import json
import sys
import warnings

import tokenizers
import torch
import transformers
from transformers import (
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
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
RATE = 0.15

folder, rows, ours = sys.argv[1], sys.argv[2], float(sys.argv[3])
with open(folder + "/config.json", encoding="utf-8") as file:
    architecture = json.load(file)["architectures"][0]
classifies = architecture.endswith("ForSequenceClassification")
words = architecture.endswith("ForTokenClassification")
kind = AutoModelForSequenceClassification if classifies else AutoModelForCausalLM
if words:
    kind = AutoModelForTokenClassification
guesses = architecture.endswith("ForMaskedLM")
if guesses:
    kind = AutoModelForMaskedLM
if architecture.endswith("ForConditionalGeneration"):
    kind = getattr(transformers, architecture)  # a whole model, as which it is to load
model, info = kind.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
if len(sys.argv) > 4:
    import peft

    model = peft.PeftModel.from_pretrained(model, sys.argv[4])
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


GAMMA, WORD = 0x9E3779B97F4A7C15, (1 << 64) - 1


def scramble(bits):
    """The finaliser of SplitMix64."""
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9 & WORD
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EB & WORD
    return bits ^ bits >> 31


def hash_of(first, second):
    return scramble(scramble(first + GAMMA & WORD) + second & WORD)


class SplitMix:
    def __init__(self, start):
        self.state = start

    def next(self):
        self.state = self.state + GAMMA & WORD
        return scramble(self.state)

    def share(self):
        return (self.next() >> 11) * 2.0**-53

    def below(self, bound):
        drawn = self.next()
        while drawn < (1 << 64) % bound:
            drawn = self.next()
        return drawn % bound


def hidden_words(row, index):
    """Ids of the text of the row of this number as an evaluation hides them, and the hidden ones."""
    with open(folder + "/tokenizer_config.json", encoding="utf-8") as file:
        settings = json.load(file)
    special = {tokenizer.token_to_id(name) for key, name in settings.items() if key.endswith("_token") and isinstance(name, str)}
    ids = tokenizer.encode(row["c"]).ids
    draws = SplitMix(hash_of(hash_of(0, -1), index))
    ordinary = [place for place, token in enumerate(ids) if token not in special]
    guessed = [place for place in ordinary if draws.share() < RATE] or [ordinary[draws.below(len(ordinary))]]
    labels = [-100] * len(ids)
    for place in guessed:
        labels[place] = ids[place]
        draw = draws.share()
        if draw < 0.8:
            ids[place] = tokenizer.token_to_id(settings["mask_token"])
        elif draw < 0.8 + 0.1:
            ids[place] = draws.below(tokenizer.get_vocab_size())
    return torch.tensor([ids]), torch.tensor([labels])


total, count = 0.0, 0
with open(rows, encoding="utf-8") as lines, torch.no_grad():
    for index, line in enumerate(lines):
        row = json.loads(line)
        if words or guesses:
            ids, labels = word_labels(row) if words else hidden_words(row, index)
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
name = sys.argv[-1] if len(sys.argv) > 4 else folder
print(f"| {name} | {ours:.7f} | {theirs:.7f} | {abs(ours - theirs):.1e} | {stray} tensors missing or unexpected |")
sys.exit(0 if abs(ours - theirs) <= LIMIT and stray == 0 else 1)
