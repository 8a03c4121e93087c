# SPDX-License-Identifier: GPL-3.0-or-later
"""What llama.cpp makes of our GGUF files (see check-gguf); its Python has llama-cpp-python and gguf.

  gguf_llama.py quantise FROM TYPE TO               llama.cpp's own quantiser
  gguf_llama.py compare NAME TYPE FILE WANTED TEXT [THEIRS]
      prints a row of the table: texts whose tokens are equal, the largest logit difference as a share of the largest logit
      for FILE and for THEIRS, and whether the greedy continuation is TEXT, a line of `rosa generate --json`
  gguf_llama.py errors FILE OURS THEIRS             root mean square errors by format
"""
import collections
import ctypes
import json
import sys
import unicodedata

import gguf
import llama_cpp
import numpy
from llama_cpp import Llama

FILE_TYPES = {"f32": 0, "f16": 1, "q8_0": 7, "q4_k_m": 15, "bf16": 32}
LIMIT_F32 = 3e-4  # of the largest logit
LIMIT_TABLE = 3e-3  # where a GELU is looked up: a number that rounds to another place of the table shows


@llama_cpp.llama_log_callback
def quiet(level, text, data):
    if level == 4:  # an error
        sys.stderr.write(text.decode("utf-8", "replace"))


llama_cpp.llama_log_set(quiet, ctypes.c_void_p(0))


def quantise(source, kind, target):
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = FILE_TYPES[kind]
    params.nthread = 1
    if llama_cpp.llama_model_quantize(source.encode(), target.encode(), ctypes.byref(params)) != 0:
        sys.exit(f"llama.cpp cannot quantise {source}")


def opened(path, length):
    """In fp32, and by the yarn of the file: the package has numbers of its own that would stand above it."""
    return Llama(path, n_ctx=length, n_batch=length, n_ubatch=length, n_threads=1, n_threads_batch=1, logits_all=True, type_k=0,
                 type_v=0, flash_attn=False, swa_full=True, yarn_attn_factor=-1, yarn_beta_fast=-1, yarn_beta_slow=-1,
                 verbose=False)


def difference(model, wanted, of="logits"):
    """The largest, as a share of the largest logit, and in how many places the likeliest token is another one."""
    worst, top, others, places = 0.0, 0.0, 0, 0
    for number in range(sum(name.startswith("ids") for name in wanted)):
        ids = wanted[f"ids{number}"].tolist()
        logits = wanted[f"{of}{number}"]
        model.reset()
        model.eval(ids)
        own = numpy.array(model.scores[: len(ids)])
        worst = max(worst, numpy.abs(own - logits).max())
        top = max(top, numpy.abs(logits).max())
        others += int((own.argmax(1) != logits.argmax(1)).sum())
        places += len(ids)
    return worst / top, others, places


def continuation(model, prompt, tokens):
    """The greedy text of so many tokens, or up to an end token."""
    ids = model.tokenize(prompt.encode(), add_bos=True, special=True)
    model.reset()
    model.eval(ids)
    made = []
    while len(made) < tokens:
        token = int(numpy.argmax(model.scores[model.n_tokens - 1]))
        if llama_cpp.llama_vocab_is_eog(model._model.vocab, token):
            break
        made.append(token)
        model.eval([token])
    return model.detokenize(made, prev_tokens=ids, special=False).decode("utf-8", "replace")


def compare(name, kind, path, wanted, text, theirs=None):
    with open(wanted + ".json", encoding="utf-8") as file:
        cases = json.load(file)
    arrays = numpy.load(wanted + ".npz")
    model = opened(path, len(arrays["ids0"]) + 32)
    equal, more, apart = 0, 0, 0
    example = None
    for line, ids, with_blank in zip(cases["texts"], cases["ids"], cases["with_blank"]):
        own = model.tokenize(line.encode(), add_bos=True, special=True)
        if own == ids:
            equal += 1
        elif line.startswith(" ") and own == with_blank:
            more += 1  # llama.cpp puts one before every text; Metaspace none before one that has it
        elif unicodedata.normalize("NFC", line) != line:
            apart += 1  # llama.cpp does not compose letters and accents
        elif example is None:
            example = (line, ids, own)
    share, others, places = difference(model, arrays)
    shown = f"{share:.1e}, {others} of {places}"
    limit = LIMIT_F32
    if "table0" in arrays and kind == "f32":
        share, _, _ = difference(model, arrays, "table")
        limit = LIMIT_TABLE
        shown += f" ({share:.1e} beside a GELU of its table)"
    with open(text, encoding="utf-8") as file:
        ours = json.loads(file.readline())
    made = continuation(model, ours["prompt"], ours["tokens"])
    same = made.strip() == ours["text"].strip()
    their = ""
    if theirs:
        their_share, their_others, _ = difference(opened(theirs, len(arrays["ids0"]) + 32), arrays)
        their = f"{their_share:.1e}, {their_others}"
    counted = f"{equal} of {len(cases['texts'])}"
    counted += f", {more} with a blank more" if more else ""
    counted += f", {apart} not composed" if apart else ""
    print(f"| {name} | {kind} | {counted} | {shown} | {their} | {'equal' if same else 'another'} |", flush=True)
    if example and kind == "f32":
        print(f"{name}: {example[0]!r} is {example[1]}, in llama.cpp {example[2]}", file=sys.stderr)
    if not same and kind == "f32":
        print(f"{name}: {ours['text']!r} is in llama.cpp {made!r}", file=sys.stderr)
    if kind == "f32" and (share > limit or not same or equal + more + apart < len(cases["texts"])):
        sys.exit(1)


def numbers_of(reader):
    return {tensor.name: tensor for tensor in reader.tensors}


def errors(source, ours, theirs):
    exact, own, other = (numbers_of(gguf.GGUFReader(path)) for path in (source, ours, theirs))
    sums = collections.defaultdict(lambda: numpy.zeros(3))
    apart = []
    for name, tensor in exact.items():
        if own[name].tensor_type != other[name].tensor_type:
            apart.append(f"{name} {own[name].tensor_type.name} {other[name].tensor_type.name}")
            continue
        kind = own[name].tensor_type.name
        numbers = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(numpy.float64)
        row = [numpy.square(numbers).sum()]
        for side in (own, other):
            back = gguf.quants.dequantize(side[name].data, side[name].tensor_type).astype(numpy.float64)
            row.append(numpy.square(back.reshape(numbers.shape) - numbers).sum())
        sums[kind] += row
    for kind, (square, mine, other_error) in sorted(sums.items()):
        a, b = (mine / square) ** 0.5, (other_error / square) ** 0.5
        print(f"| {kind} | {a:.6f} | {b:.6f} | {a / b if b else 1:.4f} |")
    for line in apart:
        print("other formats:", line)


if __name__ == "__main__":
    {"quantise": quantise, "compare": compare, "errors": errors}[sys.argv[1]](*sys.argv[2:])
