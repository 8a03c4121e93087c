#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes vectors.jsonl with the tokenizers library (0.23.3): python make_vectors.py > vectors.jsonl

One line for each component of tokenizer.json: a small tokenizer around it, and what the library makes of the same texts:
ids, offsets in characters, and the ids decoded. A normalizer stands before a BPE model without merges, whose tokens are
the characters that it can give; a pre-tokenizer before a WordLevel model, whose tokens are the words that it can give.
"""
import json
import sys

from tokenizers import Tokenizer

TEXTS = [
    "",
    "   ",
    "Hello, world! don't  stop\n\n  it's",
    " a<s>b </s>c",
    "e\u0301\u0301 \u0301xe\u0301\u0302 \u1e9b\u0323 \u2460\ufb01\u00bd \u0130\u03a3\u00df \uff21",
    "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8\u3002abc12\u0663\u00b2",
    "\u043f\u0440\u0438\u0432\u0435\u0442\u2581\u043c\u0438\u0440\u2581\u2581",
    "\U0001f44d\U0001f3fd\u200d\U0001f468 \U0001f1e9\U0001f1ea\ufe0f",
    "\x00\x07\t\r\n\u00a0\u200b\ufeff\ufffd\u3000z",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0e20\u0e32\u0e29\u0e32",
    "x--y == 3.14_7 (A-B) \u00ab``q''\u00bb",
]
LATIN = {**{chr(c): 0 for c in range(0x61, 0x7B)}, "\u2581": 0}

# SentencePiece's table for the rules 1E9B 0323 -> 1E69, 65 301 -> E9, 3042 3044 -> 78, FB01 -> 66 69, D A -> 20, 2460 -> 31,
# 41 -> 61, A and 9 and FEFF -> 20, 200B and 301 -> nothing: what SentencePieceTrainer writes for a file of them.
CHARSMAP = (
    "AAQAAAAgAAAJCQAACgUAAAEAAIAKHQAADSwAAAUAAIDMOAIAgQUAAAwAAICBBQAAAAAAgLpoAgCbPAMAzIgCAKN9AAAPAACAi2kAAKAFAAAD"
    "AACAgQwCAIKAAwDjPAIAhDkAAIEsAgAKAACAgQUAAAcAAIC/fQAAHAAAAB8AAAAeAAAAgOgCAKzoAgAjAAAAIgAAACUAAAAkAAAAJwAAACYA"
    "AAApAAAAKAAAACsAAAAqAAAALQAAACwAAAAvAAAALgAAADEAAACRDAIAMwAAADIAAAA1AAAANAAAALtUAgA2AAAAOQAAADgAAAA7AAAAOgAA"
    "AD0AAAA8AAAAPwAAAD4AAABBAAAAQAAAAEMAAABCAAAARQAAAEQAAABHAAAARgAAAEkAAABBPQEASwAAAEoAAABNAAAATAAAAE8AAABOAAAA"
    "UQAAAFAAAABTAAAAUgAAAFUAAABUAAAAVwAAAFYAAABZAAAAWAAAAFsAAABaAAAAXQAAAFwAAABfAAAAXgAAAGEAAABgAAAAYwAAAGIAAABl"
    "AAAAZAAAAGcAAABmAAAAaQAAAGgAAABrAAAAagAAAG0AAABlmAIAbwAAAG4AAABxAAAAcAAAAHMAAAByAAAAdQAAAHQAAAB3AAAAdgAAAHkA"
    "AAB4AAAAewAAAHoAAAB9AAAAfAAAAH8AAAB+AAAAgQAAAIAAAACDAAAAggAAAIUAAACEAAAAhwAAAIYAAACJAAAAiAAAAIsAAACKAAAAjQAA"
    "AIwAAACPAAAAjgAAAJEAAACQAAAAkwAAAJIAAACVAAAAlAAAAJcAAACWAAAAmQAAAJgAAACbAAAAmgAAAJ0AAACcAAAAnwAAAJ4AAAChAAAA"
    "oAAAAKMAAACiAAAApQAAAKQAAACnAAAApgAAAKkAAACoAAAAqwAAAKoAAACtAAAArAAAAK8AAACuAAAAsQAAALAAAACzAAAAsgAAALUAAAC0"
    "AAAAtwAAALYAAAC5AAAAuAAAALsAAAC6AAAAvQAAALwAAAC/AAAAvgAAAMEAAADAAAAAwwAAAMIAAADMPAEAxAAAAMcAAADGAAAAyQAAAMgA"
    "AADLAAAAygAAAM0AAADMAAAAzwAAAM4AAADRAAAA0AAAANMAAADSAAAA1QAAANQAAADXAAAA1gAAANkAAADYAAAA2wAAANoAAADdAAAA3AAA"
    "AN8AAADeAAAA4QAAAOAAAADjAAAA4gAAAOUAAADkAAAA5wAAAO+oAQDpAAAA4XwBAOIoAQDj+AEA7QAAAOwAAADvAAAA7gAAAPEAAADwAAAA"
    "8wAAAPIAAAD1AAAA9AAAAPcAAAD2AAAA+QAAAPgAAAD7AAAA+gAAAP0AAAD8AAAA/wAAAP4AAAAAIAAxAGEAZmkAeADDqQDhuakA"
)


def split(regex, behavior="Isolated", invert=False):
    return {"type": "Split", "pattern": {"Regex": regex}, "behavior": behavior, "invert": invert}


def replace(content, **pattern):
    return {"type": "Replace", "pattern": pattern, "content": content}


def metaspace(scheme, cuts=True):
    return {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": scheme, "split": cuts}


def byte_level(prefix=True, regex=True, trim=True):
    return {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": trim, "use_regex": regex}


def added(index, content, **flags):
    usual = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {"id": index, "content": content, **usual, **flags}


def bert(**flags):
    usual = {"clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}
    return {"type": "BertNormalizer", **usual, **flags}


def chain(kind, *parts):
    return {"type": "Sequence", kind: list(parts)}


NORMALIZERS = [
    *({"type": name} for name in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "ByteLevel")),
    {"type": "Precompiled", "precompiled_charsmap": CHARSMAP},
    chain("normalizers", {"type": "Precompiled", "precompiled_charsmap": CHARSMAP}, replace("\u2581", Regex=" {2,}")),
    {"type": "Strip", "strip_left": True, "strip_right": False},
    {"type": "Strip", "strip_left": True, "strip_right": True},
    {"type": "Prepend", "prepend": "\u2581x"},
    replace("\u2581y", String="  "),
    replace("__", Regex="\\s+|'+"),
    replace("-", Regex="x*"),
    replace(">", Regex="^"),
    replace("", Regex="\\p{M}"),
    bert(),
    bert(strip_accents=True, lowercase=False, handle_chinese_chars=False),
    bert(clean_text=False, strip_accents=False),
    chain("normalizers", replace(" ", Regex="\\s{2,}|[\n\r\t]"), {"type": "NFC"},
          {"type": "Strip", "strip_left": False, "strip_right": True}),
    chain("normalizers", {"type": "NFKD"}, {"type": "StripAccents"}, {"type": "Lowercase"},
          {"type": "Prepend", "prepend": "\u2581"}),
]

BEHAVIOURS = ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous")
PRE_TOKENIZERS = [
    *(split("\\s|-", behaviour, invert) for behaviour in BEHAVIOURS for invert in (False, True)),
    *(split("(?=[\\p{Lu}\\p{N}])|(?<= )", behaviour) for behaviour in BEHAVIOURS),
    {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False},
    split("(?i:'s|'t)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s++$|\\s"),
    split(" ?[^(\\s|[.,!?\u2026\u3002\uff0c])]+"),
    split("[\\p{L}&&[^\\p{Latin}]]+|\\p{Han}|[[:punct:]]"),
    split("\\b\\w+\\b|a(?i)B|H"),
    split("[\\w-]+|\\h{2}|\\u0061|^\\s|.$|\\p{Letter}|\\p{^Greek}{,2}"),
    *(metaspace(scheme, cuts) for scheme in ("always", "first", "never") for cuts in (True, False)),
    *(byte_level(prefix, regex) for prefix in (True, False) for regex in (True, False)),
    *({"type": name} for name in ("BertPreTokenizer", "Whitespace", "WhitespaceSplit", "UnicodeScripts")),
    *({"type": "Punctuation", "behavior": behaviour} for behaviour in BEHAVIOURS),
    {"type": "Digits", "individual_digits": True},
    {"type": "Digits", "individual_digits": False},
    {"type": "FixedLength", "length": 3},
    {"type": "CharDelimiterSplit", "delimiter": "\u2581"},
    chain("pretokenizers", {"type": "WhitespaceSplit"}, metaspace("always")),
    chain("pretokenizers", {"type": "Punctuation", "behavior": "Isolated"}, metaspace("first")),
]

PIECES = [["<unk>", 0.0], ["<s>", 0.0], ["\u2581", -3.0], ["a", -4.0], ["b", -4.5], ["l", -3.5], ["o", -3.5], ["\u2581a", -5.0],
          ["Hello", -8.0], ["lo", -6.9], ["He", -9.0], ["<unk>b", -6.0], ["\u65e5\u672c", -5.5], ["st", -6.0],
          ["s", -4.0], ["t", -4.0], ["op", -6.5]]
BYTES = [["<0x%02X>" % byte, -20.0] for byte in range(256) if byte not in (0xE3, 0xF0)]
MERGES = [["l", "l"], ["ll", "o"], ["H", "e"], ["s", "t"], ["o", "p"], ["st", "op"], ["w", "o"]]


def unigram(byte_fallback):
    vocab = PIECES + (BYTES if byte_fallback else [])
    return {"type": "Unigram", "unk_id": 0, "vocab": vocab, "byte_fallback": byte_fallback}


def bpe(tokens=(), merges=MERGES, **options):
    names = ["<unk>", "<s>", *tokens]
    for left, right in merges:
        names += [left, right, left + right.removeprefix(options.get("continuing_subword_prefix") or "")]
    vocab = {name: index for index, name in enumerate(dict.fromkeys(names))}
    usual = {"dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None, "end_of_word_suffix": None,
             "fuse_unk": False, "byte_fallback": False, "ignore_merges": False}
    return {"type": "BPE", **usual, **options, "vocab": vocab, "merges": merges}


def word_piece(longest):
    names = ["[UNK]", "[CLS]", "[SEP]", "hello", "wor", "##ld", "##o", "don", "'", "t", "##s", "s", "a", "it", ",", "!"]
    return {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": longest, "vocab": {name: index for index, name in enumerate(names)}}


TEMPLATE = {
    "type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 1}}],
    "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
    "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}},
}
BYTE_NAMES = [name for name, _ in BYTES]
SPLIT = {"type": "WhitespaceSplit"}
LLAMA_DECODER = chain("decoders", replace(" ", String="\u2581"), {"type": "ByteFallback"}, {"type": "Fuse"},
                      {"type": "Strip", "content": " ", "start": 1, "stop": 0})
WORDS = {"type": "WordLevel", "unk_token": "[UNK]",
         "vocab": {w: i for i, w in enumerate(["[UNK]", "<pad>", "|", "a", "b", "c", "Hello", "don", "t", "'", "x", ","])}}
FOUND = [added(900, "Hello", normalized=True, special=False), added(901, "wor", single_word=True),
         added(902, "</s>", lstrip=True), added(903, "<s>", rstrip=True), added(904, "\u03a3", normalized=True),
         added(905, "--"), added(906, "  "), added(907, "st", single_word=True, normalized=True)]

OTHERS = [
    {"model": unigram(False), "pre_tokenizer": metaspace("always"), "decoder": metaspace("always")},
    {"model": unigram(True), "pre_tokenizer": metaspace("never"), "decoder": metaspace("never")},
    {"model": unigram(True), "added_tokens": [added(1, "<s>")], "decoder": LLAMA_DECODER},
    *({"model": bpe(LATIN, fuse_unk=fuse), "pre_tokenizer": SPLIT} for fuse in (True, False)),
    {"model": bpe([*LATIN, *BYTE_NAMES], fuse_unk=True, byte_fallback=True), "decoder": LLAMA_DECODER,
     "normalizer": replace("\u2581", String=" "), "added_tokens": [added(1, "<s>")]},
    {"model": bpe(LATIN, unk_token=None), "pre_tokenizer": SPLIT},
    {"model": bpe([*LATIN, "world"], ignore_merges=True), "pre_tokenizer": {"type": "BertPreTokenizer"}},
    {"model": bpe(["h", "##e", "##l", "##l</w>", "##o</w>", "a</w>", "s</w>"], end_of_word_suffix="</w>",
                  merges=[["h", "##e"], ["##l", "##o</w>"]], continuing_subword_prefix="##"),
     "normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "BertPreTokenizer"},
     "decoder": {"type": "BPEDecoder", "suffix": "</w>"}},
    *({"model": bpe(["\u0120", "\u010a", *LATIN], unk_token=None), "pre_tokenizer": byte_level(prefix),
       "post_processor": chain("processors", byte_level(prefix, trim=trim), TEMPLATE), "decoder": byte_level(),
       "added_tokens": [added(1, "<s>", lstrip=True)]} for prefix in (True, False) for trim in (True, False)),
    {"model": bpe(["\u0120", *LATIN], unk_token=None), "pre_tokenizer": byte_level(),
     "post_processor": {"type": "RobertaProcessing", "sep": ["<s>", 1], "cls": ["<s>", 1], "trim_offsets": True,
                        "add_prefix_space": True}, "decoder": byte_level(), "added_tokens": [added(1, "<s>")]},
    *({"model": word_piece(longest), "normalizer": bert(), "pre_tokenizer": {"type": "BertPreTokenizer"},
       "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
       "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": cleanup},
       "added_tokens": [added(1, "[CLS]"), added(2, "[SEP]")]} for longest, cleanup in ((100, True), (4, False))),
    *({"model": WORDS, "pre_tokenizer": {"type": "Whitespace"}, "decoder": decoder} for decoder in (
        None, {"type": "Fuse"}, {"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": True},
        {"type": "Strip", "content": "l", "start": 1, "stop": 2}, replace("_", Regex="[aeiou]+"))),
    *({"model": WORDS, "normalizer": normalizer, "pre_tokenizer": pre, "added_tokens":
       [{**token, "id": 12 + place} for place, token in enumerate(FOUND)]}
      for normalizer in (None, {"type": "Lowercase"}, {"type": "Prepend", "prepend": "\u2581"})
      for pre in (None, metaspace("first"), byte_level())),
]


def tokenizer(model, **parts):
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": parts.get("added_tokens", []),
            **{key: parts.get(key) for key in ("normalizer", "pre_tokenizer", "post_processor", "decoder")},
            "model": model}


def around(kind, part):
    """The tokenizer that shows all that one normalizer or pre-tokenizer does to the texts."""
    words = {"type": "WordLevel", "unk_token": "?", "vocab": {"?": 0}}
    bare = Tokenizer.from_str(json.dumps(tokenizer(words, **{kind: part})))
    found = set()
    for text in TEXTS:
        if kind == "normalizer":
            found |= set(bare.normalizer.normalize_str(text))
        else:
            found |= {word for word, _ in bare.pre_tokenizer.pre_tokenize_str(text)}
    vocab = {word: index for index, word in enumerate(["?", *sorted(found - {"?"})])}
    model = {**bpe(unk_token="?", merges=[]), "vocab": vocab} if kind == "normalizer" else {**words, "vocab": vocab}
    return tokenizer(model, **{kind: part})


def main():
    cases = [around("normalizer", part) for part in NORMALIZERS]
    cases += [around("pre_tokenizer", part) for part in PRE_TOKENIZERS]
    cases += [tokenizer(**parts) for parts in OTHERS]
    for case in cases:
        made = Tokenizer.from_str(json.dumps(case))
        rows = []
        for text in TEXTS:
            encoding = made.encode(text)
            row = {"text": text, "ids": encoding.ids, "offsets": [place for pair in encoding.offsets for place in pair]}
            if case["decoder"] is not None or case["added_tokens"]:
                row["decoded"] = [made.decode(encoding.ids, skip_special_tokens=skip) for skip in (False, True)]
            rows.append(row)
        json.dump({"tokenizer": case, "rows": rows}, sys.stdout, separators=(",", ":"))
        print()


if __name__ == "__main__":
    main()
