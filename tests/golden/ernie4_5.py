"""Makes models/ernie4_5 and its vectors with transformers: python ernie4_5.py FOLDER (this one)."""
import json, pathlib, sys, torch
from transformers import AutoConfig, AutoModelForCausalLM
from safetensors.torch import save_file
torch.manual_seed(7)
root = pathlib.Path(sys.argv[1])
cfg = AutoConfig.for_model("ernie4_5", vocab_size=96, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, head_dim=12, max_position_embeddings=64, use_bias=True, tie_word_embeddings=True, pad_token_id=0, bos_token_id=1, eos_token_id=2,
    rope_parameters={"rope_theta": 500000.0, "rope_type": "default"})
cfg._attn_implementation = "eager"
model = AutoModelForCausalLM.from_config(cfg).float().eval()
g = torch.Generator().manual_seed(3)
with torch.no_grad():
    for name, p in model.named_parameters():
        if "norm" in name: p.add_(torch.randn(p.shape, generator=g) * 0.1)
        elif name.endswith("bias"): p.copy_(torch.randn(p.shape, generator=g) * 0.1)
        else: p.copy_(torch.randn(p.shape, generator=g) * 0.2)
model.save_pretrained(root / "models" / "ernie4_5")
lengths = [13, 7, 10]; T = max(lengths)
ids = torch.randint(3, 96, (3, T), generator=g)
mask = torch.zeros(3, T, dtype=torch.long)
for i, n in enumerate(lengths): mask[i, :n] = 1
ids = ids * mask
labels = ids.masked_fill(mask == 0, -100); labels[0, :3] = -100
out = model(input_ids=ids, attention_mask=mask, labels=labels, output_hidden_states=True)
out.loss.backward()
t = {"input_ids": ids, "attention_mask": mask, "labels": labels, "logits": out.logits.detach(), "loss": out.loss.detach()}
for i, h in enumerate(out.hidden_states): t[f"hidden.{i}"] = h.detach()
for name, p in model.named_parameters(): t[f"grad.{name}"] = p.grad.clone()
left = torch.zeros_like(ids); lmask = torch.zeros_like(mask)
for i, n in enumerate(lengths): left[i, T - n:] = ids[i, :n]; lmask[i, T - n:] = 1
pos = (lmask.cumsum(1) - 1).masked_fill(lmask == 0, 1)
with torch.no_grad():
    t["left.input_ids"], t["left.attention_mask"], t["left.position_ids"] = left, lmask, pos
    t["left.logits"] = model(input_ids=left, attention_mask=lmask, position_ids=pos).logits
double = AutoModelForCausalLM.from_pretrained(root / "models" / "ernie4_5", attn_implementation="eager").double()
d = double(input_ids=ids, attention_mask=mask, labels=labels)
d.loss.backward()
real = mask.bool()
entry = {"loss": out.loss.item(), "logits_err_vs_full_f64": (d.logits - out.logits)[real].abs().max().item(), "transformers_version": __import__("transformers").__version__,
  "zero_true_grad": [n for n, p in double.named_parameters() if p.grad.abs().max() < 1e-12]}
save_file({k: v.contiguous() for k, v in t.items()}, root / "vectors" / "ernie4_5.safetensors", metadata={"format": "pt"})
index = json.loads((root / "vectors" / "index.json").read_text())
index["ernie4_5"] = entry
(root / "vectors" / "index.json").write_text(json.dumps(index, indent=1) + "\n")
print(entry, sum(p.numel() for p in model.parameters()))
