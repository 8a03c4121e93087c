# SPDX-License-Identifier: GPL-3.0-or-later
"""A random whole model of a tiny shape, a text half beside a picture half, with a tokenizer (see check-transformers)."""
import pathlib
import shutil
import sys

import torch
from transformers import (
    Gemma3Config,
    Gemma3ForConditionalGeneration,
    Gemma4Config,
    Gemma4ForConditionalGeneration,
    Mistral3Config,
    Mistral3ForConditionalGeneration,
    Qwen3_5Config,
    Qwen3_5ForConditionalGeneration,
    logging,
)

logging.set_verbosity_error()
logging.disable_progress_bar()

kind, folder, tokenizer = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
text = {
    "vocab_size": 512,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "max_position_embeddings": 512,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
pictures = {
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "image_size": 16,
    "patch_size": 8,
}
layers = ["sliding_attention", "full_attention"] * 2
if kind == "gemma3":
    text.update(model_type="gemma3_text", layer_types=layers, sliding_window=32)
    pictures.update(model_type="siglip_vision_model", vision_use_head=False)
    config = Gemma3Config(
        text_config=text,
        vision_config=pictures,
        mm_tokens_per_image=1,
        image_token_index=511,
        boi_token_index=509,
        eoi_token_index=510,
    )
    model = Gemma3ForConditionalGeneration(config)
elif kind == "mistral3":
    text.update(model_type="ministral3", tie_word_embeddings=False)
    text["rope_parameters"] = {
        "rope_type": "yarn",
        "rope_theta": 10000.0,
        "factor": 4.0,
        "original_max_position_embeddings": 128,
        "llama_4_scaling_beta": 0.1,
    }
    pictures.update(model_type="pixtral", head_dim=8)
    config = Mistral3Config(
        text_config=text, vision_config=pictures, image_token_index=511, tie_word_embeddings=False
    )
    model = Mistral3ForConditionalGeneration(config)
elif kind == "qwen3_5":
    text.update(
        model_type="qwen3_5_text",
        layer_types=["linear_attention", "full_attention"] * 2,
        linear_num_key_heads=2,
        linear_num_value_heads=4,
        linear_key_head_dim=8,
        linear_value_head_dim=8,
    )
    vision = {
        "depth": 1,
        "hidden_size": 16,
        "intermediate_size": 24,
        "num_heads": 2,
        "num_position_embeddings": 16,
        "out_hidden_size": 64,
        "patch_size": 4,
    }
    config = Qwen3_5Config(text_config=text, vision_config=vision, image_token_id=511, video_token_id=510)
    model = Qwen3_5ForConditionalGeneration(config)
else:
    text.update(
        model_type="gemma4_text",
        layer_types=layers,
        sliding_window=32,
        global_head_dim=32,
        hidden_size_per_layer_input=8,
        vocab_size_per_layer_input=512,
        num_kv_shared_layers=2,
        use_double_wide_mlp=True,
        final_logit_softcapping=30.0,
    )
    del pictures["image_size"]
    pictures.update(
        model_type="gemma4_vision",
        head_dim=8,
        num_key_value_heads=2,
        patch_size=4,
        pooling_kernel_size=1,
        position_embedding_size=16,
    )
    config = Gemma4Config(
        text_config=text, vision_config=pictures, audio_config=None, image_token_id=511, video_token_id=510
    )
    model = Gemma4ForConditionalGeneration(config)
torch.manual_seed(1)
with torch.no_grad():
    for parameter in model.parameters():
        if parameter.dim() > 1:
            parameter.normal_(0, 0.1)
model.save_pretrained(folder)
for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
    if (tokenizer / name).exists():
        shutil.copy(tokenizer / name, folder / name)
