"""Makes gguf/qwen3_5, a checkpoint, and gguf/converted.json: what llama.cpp's converter makes of some checkpoints, without the numbers.

  python gguf_converted.py LLAMA_CPP GOLDEN HERE

LLAMA_CPP: its sources (vendor/llama.cpp in the source package of llama-cpp-python 0.3.36); GOLDEN: the reference folder.
"""
import hashlib, json, pathlib, shutil, sys, tempfile
vendor, golden, here = map(pathlib.Path, sys.argv[1:4])
sys.path[:0] = [str(vendor), str(vendor / "gguf-py")]
import gguf, torch
from conversion import ModelBase, ModelType, get_model_architecture, get_model_class
from transformers import AutoConfig, AutoModelForCausalLM

torch.manual_seed(11)
config = AutoConfig.for_model(
    "qwen3_5_text", vocab_size=48, hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
    head_dim=16, layer_types=["linear_attention", "full_attention"], linear_conv_kernel_dim=4, linear_key_head_dim=8,
    linear_num_key_heads=2, linear_num_value_heads=6, linear_value_head_dim=8, max_position_embeddings=64, tie_word_embeddings=True,
    bos_token_id=1, eos_token_id=2, pad_token_id=0,
    rope_parameters={"rope_theta": 1e7, "rope_type": "default", "partial_rotary_factor": 0.25, "mrope_section": [1, 1, 0]})
model = AutoModelForCausalLM.from_config(config).float()
with torch.no_grad():
    for numbers in model.parameters():
        numbers.normal_(0, 0.2)
model.save_pretrained(here / "gguf" / "qwen3_5")

result = {}
for name in ("cohere2", "olmo3", "ministral3", "gemma4-text", "gemma4-keqv-text", "qwen3_5"):
    source = here / "gguf" / name if name == "qwen3_5" else golden / "models" / name
    with tempfile.TemporaryDirectory() as work:
        folder, out = pathlib.Path(work) / name, pathlib.Path(work) / "out.gguf"
        shutil.copytree(source, folder, copy_function=shutil.copyfile)
        folder.chmod(0o755)
        settings = json.loads((folder / "config.json").read_text())
        settings["rotary_pct"] = 1.0  # which the converter wants of a Cohere 2
        (folder / "config.json").write_text(json.dumps(settings))
        rows = {str(i): i for i in range(settings["vocab_size"])}  # and of a Gemma the size of the vocabulary
        (folder / "tokenizer.json").write_text(json.dumps({"model": {"vocab": rows}, "added_tokens": []}))
        kind = get_model_class(get_model_architecture(ModelBase.load_hparams(folder, False), ModelType.TEXT))
        kind.no_mtp = True
        converter = kind(folder, gguf.LlamaFileType.ALL_F32, out, eager=True)
        for one in (converter, getattr(converter, "impl", converter)):
            type(one).set_vocab = lambda self: None
        converter.write()
        reader = gguf.GGUFReader(out)
        keys = {key: field.contents() for key, field in reader.fields.items() if not key.startswith(("GGUF.", "general."))}
        tensors = {t.name: {"shape": [int(n) for n in t.shape], "sha256": hashlib.sha256(t.data.tobytes()).hexdigest()} for t in reader.tensors}
        result[name] = {"architecture": reader.fields["general.architecture"].contents(), "keys": keys, "tensors": tensors}
lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(one)}" for name, one in result.items())
(here / "gguf" / "converted.json").write_text("{\n" + lines + "\n}\n")
