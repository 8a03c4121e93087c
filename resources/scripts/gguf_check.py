"""The logits of a Hugging Face folder and of its GGUF file, both opened by Transformers."""

import sys

import torch
from transformers import AutoModelForCausalLM

folder, file = sys.argv[1:]
models = [
    AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32),
    AutoModelForCausalLM.from_pretrained(".", gguf_file=file, dtype=torch.float32),
]
ids = torch.arange(3, 35).unsqueeze(0)
with torch.no_grad():
    one, other = (model.eval()(ids).logits for model in models)
difference = (one - other).abs().max().item()
print(f"{folder}: largest difference of {one.numel()} logits {difference:.3g}")
sys.exit(difference > 1e-5)
