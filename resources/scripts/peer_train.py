"""The same training by Transformers + PEFT: peer_train.py FOLDER ROWS METHOD BATCH LENGTH STEPS UNTIMED THREADS

ROWS: one {"text": ...} a line, taken in order, cut at LENGTH tokens, with the end token behind those that are shorter.
METHOD: lora (rank 8, alpha 16, every linear layer) or full. AdamW, learning rate 1e-3, clip 1, no dropout, fp32. Prints a
line of JSON with the median step and the highest resident memory.
"""
import json
import resource
import sys
import time

import torch
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

folder, rows, method = sys.argv[1:4]
batch, length, steps, untimed, threads = map(int, sys.argv[4:])
if threads > 0:
    torch.set_num_threads(threads)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
for module in model.modules():
    if isinstance(module, torch.nn.Dropout):
        module.p = 0.0
if method == "lora":
    model = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", fan_in_fan_out=model.config.model_type == "gpt2"))
model.train()
trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=1e-3)
tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
texts = []
for line in open(rows, encoding="utf-8"):
    ids = tokenizer.encode(json.loads(line)["text"]).ids
    texts.append((ids + [model.config.eos_token_id])[:length])
losses, seconds, tokens = [], [], 0
for step in range(steps):
    chosen = [texts[(step * batch + i) % len(texts)] for i in range(batch)]
    longest = max(map(len, chosen))
    ids = torch.zeros((batch, longest), dtype=torch.long)
    mask = torch.zeros((batch, longest), dtype=torch.long)
    for i, text in enumerate(chosen):
        ids[i, :len(text)] = torch.tensor(text)
        mask[i, :len(text)] = 1
    labels = ids.masked_fill(mask == 0, -100)
    start = time.perf_counter()
    loss = model(input_ids=ids, attention_mask=None if mask.all() else mask, labels=labels).loss
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()
    losses.append(loss.item())
    if step >= untimed:
        seconds.append(time.perf_counter() - start)
        tokens += sum(map(len, chosen))
print(json.dumps({
    "tokens_per_second": tokens / sum(seconds),
    "step_seconds": sorted(seconds)[len(seconds) // 2],
    "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
    "first_loss": losses[0],
    "last_loss": losses[-1],
    "threads": torch.get_num_threads(),
}))
