# SPDX-License-Identifier: GPL-3.0-or-later
"""What check-gguf compares llama.cpp with: Transformers' reading of the same folder.

  gguf_reference.py widen FOLDER TOKENIZER   gives a tiny model the tokenizer's vocabulary, rows of 256 numbers, and numbers
                                             in which a mistake shows: norms about 1, biases that are not 0
  gguf_reference.py fill FOLDER SOURCE       puts the numbers of another model's matrices into a model's, one after another
  gguf_reference.py expect FOLDER OUT        writes OUT.json (ids of 500 texts) and OUT.npz (ids and logits of some texts)
"""
import gzip
import json
import os
import random
import shutil
import sys

import numpy
import tokenizers
import torch
from safetensors import safe_open
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, logging

logging.set_verbosity_error()
logging.disable_progress_bar()

TEXTS = 500
LONGEST = 96  # tokens of a text whose logits are compared; the windows of tiny models are 32

PIECES = """Hello world|the quick brown fox|it's|we'Re|I'LL|don't|They'd|3.14159|1234567890|7|42%|$5.00|x = y + 1;|return a[0]->b;|
|  |   |\t|\n|\n\n|\r\n|  \n  |naïve café|Ünïcode|e\u0301te\u0301|Ångström|Привет, мир|как дела?|你好，世界|日本語の文章です。|안녕하세요|नमस्ते दुनिया|
|สวัสดี|שלום|مرحبا بالعالم|١٢٣|😀|👍🏽|👨‍👩‍👧|🇩🇪|— “quoted” —|…|«guillemets»|ﬁ ligature|½ ² ³|Ⅷ|#hashtag|@name|/usr/bin/env|https://example.org/?q=1&r=2|
|def f(x):\n    return x ** 2|<b>bold</b>|{"key": [1, 2.5, null]}|camelCaseWord|HTMLParser|SNAKE_CASE|ALL CAPS|a|A|.|!?|...|()|[[]]|\\|\u00a0|\u3000|\u200b|\ufeff|
|name[Aromi], eatType[coffee shop]|Once upon a time|there was a little girl named Lily.|zzzzzzzzzz|aaaa|0x1F|1,000,000|10:30|2026-11-30|C++20|O(n log n)|µm|Ω|ß|İstanbul|ǅ""".replace("|\n|", "|").split("|")


def sample_texts():
    """Texts of many scripts, blanks, numbers and signs, the same at every call."""
    draw = random.Random(20261130)
    texts = [piece for piece in PIECES if piece]
    while len(texts) < TEXTS:
        parts = draw.choices(PIECES, k=draw.randint(2, 12))
        texts.append(draw.choice(["", " "]).join(parts))
    return texts[:TEXTS]


def read_tokenizer(folder):
    return tokenizers.Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))


def widen(folder, source):
    for name in os.listdir(source):
        if name == "tokenizer.json.gz":
            with gzip.open(os.path.join(source, name)) as packed, open(os.path.join(folder, name[:-3]), "wb") as plain:
                shutil.copyfileobj(packed, plain)
        elif name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
            shutil.copyfile(os.path.join(source, name), os.path.join(folder, name))
    tokenizer = read_tokenizer(folder)
    path = os.path.join(folder, "config.json")
    with open(path, encoding="utf-8") as file:
        config = json.load(file)
    size = tokenizer.get_vocab_size()
    config["vocab_size"] = size
    if "vocab_size_per_layer_input" in config:
        config["vocab_size_per_layer_input"] = size
    for key, value in (("hidden_size", 256), ("n_embd", 256), ("intermediate_size", 512), ("n_inner", 1024)):
        if key in config:
            config[key] = value
    if config["model_type"] == "exaone4":  # whose layers slide only in llama.cpp's 64 of them
        config["sliding_window"] = config["layer_types"] = None
    with open(os.path.join(source, "tokenizer_config.json"), encoding="utf-8") as file:
        settings = json.load(file)
    for role in ("bos", "eos", "pad"):
        token = settings.get(role + "_token")
        token = token["content"] if isinstance(token, dict) else token
        config[role + "_token_id"] = None if token is None else tokenizer.token_to_id(token)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(config, file)
    torch.manual_seed(7)
    model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder), dtype=torch.float32)
    with torch.no_grad():
        for name, numbers in model.named_parameters():
            if numbers.dim() == 1:
                numbers.add_(0.2 * torch.randn_like(numbers))
            elif "embed" in name or "wte" in name or "wpe" in name:
                numbers.normal_(0, 0.05)
            elif numbers.dim() == 2:
                numbers.normal_(0, 0.7 * min(numbers.shape) ** -0.5)
    model.save_pretrained(folder)


def fill(folder, source):
    with safe_open(os.path.join(source, "model.safetensors"), "pt") as file:
        trained = [file.get_tensor(name).float().flatten() for name in file.keys() if len(file.get_slice(name).get_shape()) == 2]
    numbers = torch.cat(trained)
    place = 0
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.no_grad():
        for matrix in model.parameters():
            if matrix.dim() == 2:
                rows = torch.arange(place, place + matrix.numel()) % numbers.numel()
                matrix.copy_(numbers[rows].view_as(matrix))
                place += matrix.numel()
    model.save_pretrained(folder)


class TableGelu(torch.nn.Module):
    """GELU as llama.cpp has it: looked up in a table of half precision, whatever the file and the cache are in."""

    def forward(self, x):
        half = torch.nn.functional.gelu(x.half().float(), approximate="tanh").half().float()
        return torch.where(x <= -10, torch.zeros_like(x), torch.where(x >= 10, x, half))


def look_up_gelu(model):
    """Whether there is one."""
    found = False
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if "gelu" in type(child).__name__.lower():
                setattr(module, name, TableGelu())
                found = True
    return found


def expect(folder, out):
    tokenizer = AutoTokenizer.from_pretrained(folder)  # which may be of another class than the files say, Qwen2's for one
    texts = sample_texts()
    ids = [tokenizer.encode(text) for text in texts]
    bare = [tokenizer.encode(text, add_special_tokens=False) for text in texts]
    with open(out + ".json", "w", encoding="utf-8") as file:
        blanks = [tokenizer.encode(" " + text) for text in texts]
        json.dump({"texts": texts, "ids": ids, "with_blank": blanks}, file)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    logits_of = [("logits", model)]
    table = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    if look_up_gelu(table):
        logits_of.append(("table", table))
    arrays = {}
    joined = [token for encoded in bare for token in encoded]
    size = model.get_input_embeddings().weight.shape[0]
    joined = [token for token in joined if token < size]
    start = ids[0][:1] if ids[0] != bare[0] else []
    for number in range(3):
        row = start + joined[number * LONGEST : (number + 1) * LONGEST]
        arrays[f"ids{number}"] = numpy.array(row)
        for name, one in logits_of:
            with torch.no_grad():
                arrays[f"{name}{number}"] = one(torch.tensor([row]), use_cache=False).logits[0].float().numpy()
    numpy.savez(out + ".npz", **arrays)


if __name__ == "__main__":
    {"widen": widen, "fill": fill, "expect": expect}[sys.argv[1]](*sys.argv[2:])
