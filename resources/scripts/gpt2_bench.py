"""What the scripts that measure share: the folders, the programs, models of published shapes, and the bench of GPT-2 small on
E2E rows."""
import contextlib
import gzip
import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
DATA = pathlib.Path(os.environ.get("ROSA_DATA", SHARED / "data"))
GOLDEN = pathlib.Path(os.environ.get("ROSA_GOLDEN", SHARED / "golden"))
MODELS = pathlib.Path(os.environ.get("ROSA_MODELS", SHARED / "models"))
ROSA = pathlib.Path(os.environ.get("ROSA_PROGRAM", ROOT / "build" / "release" / "bin" / "rosa"))


def run_json(command, log=None):
    """The JSON values that a command writes, one a line; what it tells people goes to `log`, or to the terminal."""
    with open(log, "w") if log else contextlib.nullcontext() as told:
        result = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=told, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command[:6]))} ... ended with {result.returncode}" + (f"; see {log}" if log else ""))
    return [json.loads(line) for line in result.stdout.splitlines() if line.strip()]


def make_model(work):
    """GPT-2 small with random weights in a folder of `work`; made once."""
    model = work / "gpt2-small"
    if not (model / "model.safetensors").exists():
        shutil.rmtree(model, ignore_errors=True)
        tokenizer = work / "gpt2-tokenizer"
        tokenizer.mkdir(parents=True, exist_ok=True)
        for file in (GOLDEN / "tokenizers" / "gpt2").iterdir():
            if file.suffix == ".gz":
                (tokenizer / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
            elif file.suffix == ".json":
                shutil.copyfile(file, tokenizer / file.name)
        run_json([ROSA, "init", "--arch", "gpt2", "--preset", "small", "--to", model, "--tokenizer", tokenizer, "--json"])
    return model


def make_rows(work, count):
    """The first `count` rows of the E2E training set, in the LoRA paper's form."""
    rows = work / f"e2e-{count}.jsonl"
    with open(DATA / "e2e" / "lora-format" / "train.txt", encoding="utf-8") as lines, open(rows, "w", encoding="utf-8") as out:
        for _, line in zip(range(count), lines):
            prompt, completion = line.rstrip("\n").split("||", 1)
            out.write(json.dumps({"prompt": prompt, "completion": " " + completion}, ensure_ascii=False) + "\n")
    return rows


def bench(model, rows, settings, log=None):
    """`rosa bench train` on them with these settings too: rank 8 on every layer, loss on everything, no resample."""
    return run_json([ROSA, "bench", "train", "--model", model, "--data", rows, "--task", "completion", "--prompt", "prompt",
                     "--completion", "completion", "--loss-on", "all", "--shuffle", "no", "--validation-split", 0,
                     "--layers", "all", "--resample-every", "never", *settings], log)[0]


def make_shape(work, name):
    """A random model of a published shape, such as "qwen2 0.5b"; made once."""
    if name == "gpt2 small":
        return make_model(work)
    folder = work / name.replace(" ", "-")
    if not (folder / "model.safetensors").exists() and not list(folder.glob("*.index.json")):
        shutil.rmtree(folder, ignore_errors=True)
        architecture, preset = name.split(" ")
        run_json([ROSA, "init", "--arch", architecture, "--preset", preset, "--to", folder, "--tokenizer",
                  ROOT / "resources" / "samples" / "stories260k", "--json"])
    return folder


def make_long_rows(work, length=512):
    """Texts of which each is cut at `length` tokens."""
    rows = work / f"long-{length}.jsonl"
    joined = max(40, length // 12)
    if not rows.exists():
        lines = (DATA / "e2e" / "lora-format" / "train.txt").read_text(encoding="utf-8").splitlines()
        with open(rows, "w", encoding="utf-8") as out:
            for row in range(40):
                out.write(json.dumps({"text": " ".join(lines[joined * row:joined * row + joined])}) + "\n")
    return rows


def make_text_rows(work):
    """The first rows of the E2E training set, one text each."""
    rows = work / "lines.jsonl"
    if not rows.exists():
        lines = (DATA / "e2e" / "lora-format" / "train.txt").read_text(encoding="utf-8").splitlines()
        rows.write_text("".join(json.dumps({"text": line}) + "\n" for line in lines[:240]), encoding="utf-8")
    return rows
