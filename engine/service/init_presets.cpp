// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/init_presets.h"

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "rosa/services.h"

namespace rosa::service {

namespace {

using Json = nlohmann::ordered_json;

/// The numbers that tell one shape of an architecture from another.
struct Shape {
  const char* arch;
  const char* name;
  const char* description;
  std::int64_t vocabulary, positions, width, layers, heads, keyValueHeads, feedForward;
  const char* more = "{}";  ///< further keys of config.json, which stand above the architecture's own
};

constexpr Shape kShapes[] = {
    {"gpt2", "tiny", "2 layers of width 64, for tests", 512, 128, 64, 2, 4, 4, 256},
    {"gpt2", "small", "GPT-2 small, 124 M parameters", 50257, 1024, 768, 12, 12, 12, 3072},
    {"gpt2", "medium", "GPT-2 medium, 355 M parameters", 50257, 1024, 1024, 24, 16, 16, 4096},
    {"gpt2", "large", "GPT-2 large, 774 M parameters", 50257, 1024, 1280, 36, 20, 20, 5120},
    {"llama", "tiny", "2 layers of width 64, for tests", 512, 512, 64, 2, 8, 4, 172},
    {"llama", "135m", "SmolLM2 135M, 135 M parameters", 49152, 8192, 576, 30, 9, 3, 1536,
     R"({"rope_parameters": {"rope_theta": 100000.0, "rope_type": "default"}, "bos_token_id": 0, "eos_token_id": 0})"},
    {"llama", "1b", "Llama 3.2 1B, 1.24 B parameters", 128256, 131072, 2048, 16, 32, 8, 8192,
     R"({"bos_token_id": 128000, "eos_token_id": 128001,
         "rope_parameters": {"rope_theta": 500000.0, "rope_type": "llama3", "factor": 32.0, "high_freq_factor": 4.0,
                             "low_freq_factor": 1.0, "original_max_position_embeddings": 8192}})"},
    {"qwen2", "tiny", "2 layers of width 64, for tests", 512, 512, 64, 2, 8, 4, 172},
    {"qwen2", "0.5b", "Qwen2.5 0.5B, 494 M parameters", 151936, 32768, 896, 24, 14, 2, 4864},
    {"qwen2", "1.5b", "Qwen2.5 1.5B, 1.54 B parameters", 151936, 131072, 1536, 28, 12, 2, 8960},
    {"qwen3", "tiny", "2 layers of width 64, for tests", 512, 512, 64, 2, 8, 4, 172, R"({"head_dim": 16})"},
    {"qwen3", "0.6b", "Qwen3 0.6B, 596 M parameters", 151936, 40960, 1024, 28, 16, 8, 3072, R"({"head_dim": 128})"},
    {"qwen3", "1.7b", "Qwen3 1.7B, 1.72 B parameters", 151936, 40960, 2048, 28, 16, 8, 6144, R"({"head_dim": 128})"},
    {"mistral", "tiny", "2 layers of width 64, for tests", 512, 512, 64, 2, 8, 4, 172},
    {"mistral", "7b", "Mistral 7B v0.3, 7.25 B parameters", 32768, 32768, 4096, 32, 32, 8, 14336,
     R"({"rope_parameters": {"rope_theta": 1000000.0, "rope_type": "default"}})"},
    {"ministral3", "tiny", "2 layers of width 64, for tests", 512, 512, 64, 2, 8, 4, 172,
     R"({"head_dim": 16,
         "rope_parameters": {"rope_theta": 10000.0, "rope_type": "yarn", "factor": 4.0, "llama_4_scaling_beta": 0.1,
                             "original_max_position_embeddings": 128}})"},
    {"ministral3", "3b", "Ministral 3 3B, text half, 3.43 B parameters", 131072, 262144, 3072, 26, 32, 8, 9216,
     R"({"head_dim": 128,
         "rope_parameters": {"rope_theta": 1000000.0, "rope_type": "yarn", "factor": 16.0, "beta_fast": 32.0,
                             "beta_slow": 1.0, "mscale": 1.0, "mscale_all_dim": 1.0, "llama_4_scaling_beta": 0.1,
                             "original_max_position_embeddings": 16384}})"},
    {"gemma2", "tiny", "2 layers of width 64, for tests", 512, 512, 64, 2, 8, 4, 172,
     R"({"head_dim": 16, "sliding_window": 32})"},
    {"gemma2", "2b", "Gemma 2 2B, 2.61 B parameters", 256000, 8192, 2304, 26, 8, 4, 9216},
    {"gemma3", "tiny", "2 layers of width 64, for tests", 512, 512, 64, 2, 8, 4, 172,
     R"({"head_dim": 16, "sliding_window": 32, "sliding_window_pattern": 2})"},
    {"gemma3", "270m", "Gemma 3 270M, 268 M parameters", 262144, 32768, 640, 18, 4, 1, 2048},
    {"gemma3", "1b", "Gemma 3 1B, 1.00 B parameters", 262144, 32768, 1152, 26, 4, 1, 6912},
    {"gemma4", "tiny", "4 layers of width 64, for tests", 512, 512, 64, 4, 8, 4, 128,
     R"({"global_head_dim": 32, "head_dim": 16, "hidden_size_per_layer_input": 8, "layer_types": 2,
         "num_kv_shared_layers": 2, "sliding_window": 32, "use_double_wide_mlp": true,
         "vocab_size_per_layer_input": 512})"},
    {"gemma4", "e2b", "Gemma 4 E2B, text half, 4.63 B parameters", 262144, 131072, 1536, 35, 8, 1, 6144,
     R"({"hidden_size_per_layer_input": 256, "layer_types": 5, "num_kv_shared_layers": 20, "use_double_wide_mlp": true,
         "vocab_size_per_layer_input": 262144})"},
    {"gemma4", "31b", "Gemma 4 31B, text half, 30.7 B parameters", 262144, 262144, 5376, 60, 32, 16, 21504,
     R"({"attention_k_eq_v": true, "hidden_size_per_layer_input": 0, "layer_types": 6, "num_global_key_value_heads": 4,
         "sliding_window": 1024})"},
    {"phi3", "tiny", "2 layers of width 64, for tests", 512, 512, 64, 2, 8, 4, 172,
     R"({"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": null})"},
    {"phi3", "3.8b", "Phi-3 mini 4k, 3.82 B parameters", 32064, 4096, 3072, 32, 32, 32, 8192,
     R"({"sliding_window": 2047})"},
    {"smollm3", "tiny", "4 layers of width 64, for tests", 512, 512, 64, 4, 8, 4, 172},
    {"smollm3", "3b", "SmolLM3 3B, 3.08 B parameters", 128256, 65536, 2048, 36, 16, 4, 11008},
    {"olmo2", "tiny", "2 layers of width 64, for tests", 512, 512, 64, 2, 8, 4, 172},
    {"olmo2", "1b", "OLMo 2 1B, 1.48 B parameters", 100352, 4096, 2048, 16, 16, 16, 8192},
    {"olmo3", "tiny", "4 layers of width 64, for tests", 512, 512, 64, 4, 8, 4, 172, R"({"sliding_window": 32})"},
    {"olmo3", "7b", "OLMo 3 7B, 7.30 B parameters", 100278, 65536, 4096, 32, 32, 32, 11008,
     R"({"rope_scaling": {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 8192,
                          "attention_factor": 1.2079441541679836, "beta_fast": 32.0, "beta_slow": 1.0}})"},
    {"granite", "tiny", "2 layers of width 64, for tests", 512, 512, 64, 2, 8, 4, 172},
    {"granite", "2b", "Granite 3.3 2B, 2.53 B parameters", 49159, 131072, 2048, 40, 32, 8, 8192,
     R"({"rope_parameters": {"rope_theta": 10000000.0, "rope_type": "default"}})"},
    {"cohere2", "tiny", "4 layers of width 64, for tests", 512, 512, 64, 4, 8, 4, 172, R"({"sliding_window": 32})"},
    {"cohere2", "7b", "Command R7B, 8.03 B parameters", 256000, 132096, 4096, 32, 32, 8, 14336,
     R"({"logit_scale": 0.25})"},
    {"helium", "tiny", "2 layers of width 64, for tests", 512, 512, 64, 2, 8, 4, 172, R"({"head_dim": 8})"},
    {"ernie4_5", "tiny", "2 layers of width 64, for tests", 512, 512, 64, 2, 8, 4, 172, R"({"head_dim": 16})"},
    {"ernie4_5", "0.3b", "ERNIE 4.5 0.3B, 361 M parameters", 103424, 131072, 1024, 18, 16, 2, 3072},
    {"exaone4", "tiny", "4 layers of width 64, for tests", 512, 512, 64, 4, 8, 4, 172, R"({"sliding_window": 32})"},
    {"hunyuan", "tiny", "2 layers of width 64, for tests", 512, 512, 64, 2, 8, 4, 172, R"({"head_dim": 16})"},
    {"qwen3_5", "tiny", "4 layers of width 64, for tests", 512, 512, 64, 4, 8, 4, 172,
     R"({"head_dim": 16, "linear_key_head_dim": 16, "linear_num_key_heads": 2, "linear_num_value_heads": 4,
         "linear_value_head_dim": 16})"},
    {"qwen3_5", "9b", "Qwen3.5 9B, text half, 8.95 B parameters", 248320, 262144, 4096, 32, 16, 4, 12288,
     R"({"tie_word_embeddings": false})"},
    {"lfm2", "tiny", "4 layers of width 64, for tests", 512, 512, 64, 4, 8, 4, 172,
     R"({"block_multiple_of": 8, "layer_types": ["conv", "full_attention", "conv", "conv"]})"},
    {"lfm2", "350m", "LFM2 350M, 354 M parameters", 65536, 128000, 1024, 16, 16, 8, 6656},
    {"roberta", "tiny", "2 layers of width 64, for tests", 512, 130, 64, 2, 4, 4, 128},
    {"roberta", "base", "RoBERTa-base, 125 M parameters", 50265, 514, 768, 12, 12, 12, 3072},
    {"roberta", "large", "RoBERTa-large, 355 M parameters", 50265, 514, 1024, 24, 16, 16, 4096},
    {"bert", "tiny", "2 layers of width 64, for tests", 512, 128, 64, 2, 4, 4, 128},
    {"bert", "base", "BERT-base uncased, 110 M parameters", 30522, 512, 768, 12, 12, 12, 3072},
    {"xlm-roberta", "tiny", "2 layers of width 64, for tests", 512, 130, 64, 2, 4, 4, 128},
    {"xlm-roberta", "base", "XLM-RoBERTa-base, 277 M parameters", 250002, 514, 768, 12, 12, 12, 3072},
    {"distilbert", "tiny", "2 layers of width 64, for tests", 512, 128, 64, 2, 4, 4, 128},
    {"distilbert", "base", "DistilBERT-base uncased, 66.4 M parameters", 30522, 512, 768, 6, 12, 12, 3072},
    {"electra", "tiny", "2 layers of width 64, for tests", 512, 128, 64, 2, 4, 4, 128, R"({"embedding_size": 32})"},
    {"electra", "small", "ELECTRA-small, 13.5 M parameters", 30522, 512, 256, 12, 4, 4, 1024,
     R"({"embedding_size": 128})"},
    {"electra", "base", "ELECTRA-base, 109 M parameters", 30522, 512, 768, 12, 12, 12, 3072},
    {"albert", "tiny", "2 passes through one layer of width 64, for tests", 512, 128, 64, 2, 4, 4, 128,
     R"({"embedding_size": 32})"},
    {"albert", "base", "ALBERT-base v2, 11.2 M parameters", 30000, 512, 768, 12, 12, 12, 3072},
    {"albert", "large", "ALBERT-large v2, 16.8 M parameters", 30000, 512, 1024, 24, 16, 16, 4096},
    {"modernbert", "tiny", "4 layers of width 64, for tests", 512, 128, 64, 4, 4, 4, 96, R"({"local_attention": 16})"},
    {"modernbert", "base", "ModernBERT-base, 149 M parameters", 50368, 8192, 768, 22, 12, 12, 1152},
    {"modernbert", "large", "ModernBERT-large, 395 M parameters", 50368, 8192, 1024, 28, 16, 16, 2624},
    {"deberta", "tiny", "2 layers of width 64, for tests", 512, 128, 64, 2, 4, 4, 128, R"({"position_buckets": 32})"},
    {"deberta", "xsmall", "DeBERTa v3 xsmall, 70.7 M parameters", 128100, 512, 384, 12, 6, 6, 1536},
    {"deberta", "base", "DeBERTa v3 base, 184 M parameters", 128100, 512, 768, 12, 12, 12, 3072},
    {"deberta-v2", "tiny", "2 layers of width 64, for tests", 512, 128, 64, 2, 4, 4, 128,
     R"({"position_buckets": 32, "share_att_key": false})"},
    {"deberta-v2", "xlarge", "DeBERTa v2 xlarge, 885 M parameters", 128100, 512, 1536, 24, 24, 24, 6144},
};

/// What an architecture's decoders have in common, on top of the keys that all of the Llama kind share.
struct Dense {
  const char* arch;
  const char* className;
  const char* modelType;
  const char* keys;
};

constexpr Dense kDense[] = {
    {"llama", "LlamaForCausalLM", "llama", R"({"attention_bias": false, "mlp_bias": false, "rms_norm_eps": 1e-5})"},
    {"qwen2", "Qwen2ForCausalLM", "qwen2",
     R"({"bos_token_id": null, "eos_token_id": 151643, "use_sliding_window": false,
         "rope_parameters": {"rope_theta": 1000000.0, "rope_type": "default"}})"},
    {"qwen3", "Qwen3ForCausalLM", "qwen3",
     R"({"attention_bias": false, "bos_token_id": null, "eos_token_id": 151643, "use_sliding_window": false,
         "rope_parameters": {"rope_theta": 1000000.0, "rope_type": "default"}})"},
    {"mistral", "MistralForCausalLM", "mistral",
     R"({"rms_norm_eps": 1e-5, "sliding_window": null, "tie_word_embeddings": false})"},
    {"ministral3", "Ministral3ForCausalLM", "ministral3", R"({"rms_norm_eps": 1e-5, "sliding_window": null})"},
    {"gemma2", "Gemma2ForCausalLM", "gemma2",
     R"({"attn_logit_softcapping": 50.0, "bos_token_id": 2, "eos_token_id": 1, "final_logit_softcapping": 30.0,
         "head_dim": 256, "hidden_act": null, "hidden_activation": "gelu_pytorch_tanh", "pad_token_id": 0,
         "query_pre_attn_scalar": 256, "sliding_window": 4096})"},
    {"gemma3", "Gemma3ForCausalLM", "gemma3_text",
     R"({"bos_token_id": 2, "eos_token_id": 1, "head_dim": 256, "hidden_act": null,
         "hidden_activation": "gelu_pytorch_tanh", "pad_token_id": 0, "query_pre_attn_scalar": 256,
         "rope_local_base_freq": 10000.0, "rope_theta": 1000000.0, "rope_parameters": null, "sliding_window": 512,
         "sliding_window_pattern": 6})"},
    {"gemma4", "Gemma4ForCausalLM", "gemma4_text",
     R"({"bos_token_id": 2, "eos_token_id": 1, "final_logit_softcapping": 30.0, "global_head_dim": 512, "head_dim": 256,
         "hidden_act": null, "hidden_activation": "gelu_pytorch_tanh", "pad_token_id": 0, "rope_parameters": null,
         "sliding_window": 512})"},
    {"phi3", "Phi3ForCausalLM", "phi3",
     R"({"bos_token_id": 1, "eos_token_id": 32000, "pad_token_id": 32000, "original_max_position_embeddings": 4096,
         "rms_norm_eps": 1e-5, "tie_word_embeddings": false})"},
    {"smollm3", "SmolLM3ForCausalLM", "smollm3",
     R"({"bos_token_id": null, "eos_token_id": 128012, "no_rope_layer_interval": 4, "pad_token_id": null,
         "rope_parameters": {"rope_theta": 5000000.0, "rope_type": "default"}})"},
    {"olmo2", "Olmo2ForCausalLM", "olmo2",
     R"({"bos_token_id": null, "eos_token_id": 100257, "pad_token_id": null,
         "rope_parameters": {"rope_theta": 500000.0, "rope_type": "default"}, "tie_word_embeddings": false})"},
    {"olmo3", "Olmo3ForCausalLM", "olmo3",
     R"({"bos_token_id": null, "eos_token_id": 100257, "pad_token_id": null, "rope_theta": 500000.0,
         "rope_parameters": null, "sliding_window": 4096, "tie_word_embeddings": false})"},
    {"granite", "GraniteForCausalLM", "granite",
     R"({"attention_multiplier": 0.015625, "bos_token_id": 0, "embedding_multiplier": 12.0, "eos_token_id": 0,
         "logits_scaling": 8.0, "residual_multiplier": 0.22, "rms_norm_eps": 1e-5})"},
    {"cohere2", "Cohere2ForCausalLM", "cohere2",
     R"({"bos_token_id": 5, "eos_token_id": 255001, "layer_norm_eps": 1e-5, "pad_token_id": 0, "sliding_window": 4096,
         "rope_parameters": {"rope_theta": 50000.0, "rope_type": "default"}})"},
    {"helium", "HeliumForCausalLM", "helium",
     R"({"pad_token_id": null, "rms_norm_eps": 1e-8, "tie_word_embeddings": false,
         "rope_parameters": {"rope_theta": 100000.0, "rope_type": "default"}})"},
    {"ernie4_5", "Ernie4_5ForCausalLM", "ernie4_5",
     R"({"head_dim": 128, "pad_token_id": 0, "rms_norm_eps": 1e-5, "tie_word_embeddings": true, "use_bias": false,
         "rope_parameters": {"rope_theta": 500000.0, "rope_type": "default"}})"},
    {"exaone4", "Exaone4ForCausalLM", "exaone4",
     R"({"rms_norm_eps": 1e-5, "rope_parameters": {"rope_theta": 1000000.0, "rope_type": "default"},
         "sliding_window_pattern": 4})"},
    {"qwen3_5", "Qwen3_5ForCausalLM", "qwen3_5_text",
     R"({"attention_bias": false, "bos_token_id": null, "eos_token_id": 248044, "full_attention_interval": 4,
         "head_dim": 256, "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128, "linear_num_key_heads": 16,
         "linear_num_value_heads": 32, "linear_value_head_dim": 128,
         "rope_parameters": {"rope_theta": 10000000.0, "rope_type": "default", "partial_rotary_factor": 0.25}})"},
    {"lfm2", "Lfm2ForCausalLM", "lfm2",
     R"({"attention_dropout": null, "block_auto_adjust_ff_dim": true, "block_ffn_dim_multiplier": 1.0,
         "block_multiple_of": 256, "conv_L_cache": 3, "conv_bias": false, "eos_token_id": 7, "hidden_act": null,
         "layer_types": ["conv", "conv", "full_attention", "conv", "conv", "full_attention", "conv", "conv",
                         "full_attention", "conv", "full_attention", "conv", "full_attention", "conv",
                         "full_attention", "conv"],
         "norm_eps": 1e-5, "pad_token_id": 0, "rms_norm_eps": null,
         "rope_parameters": {"rope_theta": 1000000.0, "rope_type": "default"}})"},
    {"hunyuan", "HunYuanDenseV1ForCausalLM", "hunyuan_v1_dense", R"({"pad_token_id": null, "rms_norm_eps": 1e-5})"},
};

/// What an architecture's encoders have in common, on top of the keys that all of BERT's kind share.
struct Encoder {
  const char* arch;
  const char* className;
  const char* modelType;
  const char* keys;
};

constexpr Encoder kEncoders[] = {
    {"bert", "BertForMaskedLM", "bert", "{}"},
    {"roberta", "RobertaForMaskedLM", "roberta",
     R"({"bos_token_id": 0, "eos_token_id": 2, "layer_norm_eps": 1e-5, "pad_token_id": 1, "type_vocab_size": 1})"},
    {"xlm-roberta", "XLMRobertaForMaskedLM", "xlm-roberta",
     R"({"bos_token_id": 0, "eos_token_id": 2, "layer_norm_eps": 1e-5, "pad_token_id": 1, "type_vocab_size": 1})"},
    {"electra", "ElectraForMaskedLM", "electra", R"({"embedding_size": 768})"},
    {"albert", "AlbertForMaskedLM", "albert",
     R"({"attention_probs_dropout_prob": 0, "bos_token_id": 2, "classifier_dropout_prob": 0.1, "embedding_size": 128,
         "eos_token_id": 3, "hidden_act": "gelu_new", "hidden_dropout_prob": 0, "num_hidden_groups": 1})"},
    {"modernbert", "ModernBertForMaskedLM", "modernbert",
     R"({"attention_probs_dropout_prob": null, "bos_token_id": 50281, "classifier_pooling": "mean", "eos_token_id": 50282,
         "hidden_act": null, "hidden_dropout_prob": null, "layer_norm_eps": null, "pad_token_id": 50283,
         "type_vocab_size": null})"},
    {"deberta", "DebertaV2ForMaskedLM", "deberta-v2",
     R"({"layer_norm_eps": 1e-7, "norm_rel_ebd": "layer_norm", "pos_att_type": ["p2c", "c2p"],
         "position_biased_input": false, "position_buckets": 256, "relative_attention": true, "share_att_key": true,
         "type_vocab_size": 0})"},
    {"deberta-v2", "DebertaV2ForMaskedLM", "deberta-v2",
     R"({"conv_act": "gelu", "conv_kernel_size": 3, "layer_norm_eps": 1e-7, "norm_rel_ebd": "layer_norm",
         "pos_att_type": ["p2c", "c2p"], "position_biased_input": false, "position_buckets": 256,
         "relative_attention": true, "share_att_key": true, "type_vocab_size": 0})"},
};

/// `more` over `json`; a null takes a key away, so that the configuration class's own value holds.
void overlay(Json& json, const char* more) {
  const auto keys = Json::parse(more);
  for (const auto& [key, value] : keys.items()) {
    const bool tokenOfAnother = key.ends_with("_token_id") && value.is_number() &&
                                value.get<std::int64_t>() >= json["vocab_size"].get<std::int64_t>();
    // What null means to a window and to special tokens is "none"; elsewhere the key is to be absent.
    if (value.is_null() && !key.ends_with("_token_id") && key != "sliding_window") {
      json.erase(key);
    } else if (!tokenOfAnother) {
      json[key] = value;
    }
  }
}

/// A number n in "layer_types": every n-th layer sees the whole text, the others slide.
void spellOutLayers(Json& json) {
  const auto types = json.find("layer_types");
  if (types == json.end() || !types->is_number()) return;
  const auto every = types->get<std::int64_t>();
  Json spelt = Json::array();
  for (std::int64_t i = 1; i <= json["num_hidden_layers"].get<std::int64_t>(); ++i) {
    spelt.push_back(i % every == 0 ? "full_attention" : "sliding_attention");
  }
  *types = std::move(spelt);
}

Json dense(const Shape& shape, const Dense& of) {
  Json json{{"architectures", {of.className}},
            {"model_type", of.modelType},
            {"attention_dropout", 0.0},
            {"bos_token_id", 1},
            {"eos_token_id", 2},
            {"hidden_act", "silu"},
            {"hidden_size", shape.width},
            {"initializer_range", 0.02},
            {"intermediate_size", shape.feedForward},
            {"max_position_embeddings", shape.positions},
            {"num_attention_heads", shape.heads},
            {"num_hidden_layers", shape.layers},
            {"num_key_value_heads", shape.keyValueHeads},
            {"rms_norm_eps", 1e-6},
            {"rope_parameters", {{"rope_theta", 10000.0}, {"rope_type", "default"}}},
            {"tie_word_embeddings", true},
            {"dtype", "float32"},
            {"vocab_size", shape.vocabulary}};
  overlay(json, of.keys);
  overlay(json, shape.more);
  spellOutLayers(json);
  return json;
}

Json gpt2(const Shape& shape) {
  return {{"architectures", {"GPT2LMHeadModel"}},
          {"model_type", "gpt2"},
          {"activation_function", "gelu_new"},
          {"attn_pdrop", 0.1},
          {"bos_token_id", shape.vocabulary - 1},
          {"embd_pdrop", 0.1},
          {"eos_token_id", shape.vocabulary - 1},
          {"initializer_range", 0.02},
          {"layer_norm_epsilon", 1e-5},
          {"n_embd", shape.width},
          {"n_head", shape.heads},
          {"n_inner", nullptr},
          {"n_layer", shape.layers},
          {"n_positions", shape.positions},
          {"resid_pdrop", 0.1},
          {"tie_word_embeddings", true},
          {"dtype", "float32"},
          {"vocab_size", shape.vocabulary}};
}

Json encoder(const Shape& shape, const Encoder& of) {
  Json json{{"architectures", {of.className}},
            {"model_type", of.modelType},
            {"attention_probs_dropout_prob", 0.1},
            {"bos_token_id", nullptr},
            {"eos_token_id", nullptr},
            {"hidden_act", "gelu"},
            {"hidden_dropout_prob", 0.1},
            {"hidden_size", shape.width},
            {"initializer_range", 0.02},
            {"intermediate_size", shape.feedForward},
            {"layer_norm_eps", 1e-12},
            {"max_position_embeddings", shape.positions},
            {"num_attention_heads", shape.heads},
            {"num_hidden_layers", shape.layers},
            {"pad_token_id", 0},
            {"type_vocab_size", 2},
            {"dtype", "float32"},
            {"vocab_size", shape.vocabulary}};
  overlay(json, of.keys);
  overlay(json, shape.more);
  return json;
}

/// Has keys of its own for everything.
Json distilBert(const Shape& shape) {
  return {{"architectures", {"DistilBertForMaskedLM"}},
          {"model_type", "distilbert"},
          {"activation", "gelu"},
          {"attention_dropout", 0.1},
          {"dim", shape.width},
          {"dropout", 0.1},
          {"hidden_dim", shape.feedForward},
          {"initializer_range", 0.02},
          {"max_position_embeddings", shape.positions},
          {"n_heads", shape.heads},
          {"n_layers", shape.layers},
          {"pad_token_id", 0},
          {"seq_classif_dropout", 0.2},
          {"dtype", "float32"},
          {"vocab_size", shape.vocabulary}};
}

}  // namespace

Expected<Json> presetConfig(std::string_view arch, std::string_view preset) {
  std::string known;
  for (const auto& shape : kShapes) {
    if (shape.arch == arch && shape.name == preset) {
      if (arch == "gpt2") return gpt2(shape);
      for (const auto& of : kDense) {
        if (of.arch == arch) return dense(shape, of);
      }
      for (const auto& of : kEncoders) {
        if (of.arch == arch) return encoder(shape, of);
      }
      return distilBert(shape);
    }
    known += fmt::format("{}{} {}", known.empty() ? "" : ", ", shape.arch, shape.name);
  }
  return Error{fmt::format("No preset is called '{} {}'. Choose one of {}.", arch, preset, known)};
}

}  // namespace rosa::service

namespace rosa {

const std::vector<InitPreset>& initPresets() {
  static const std::vector<InitPreset> kPresets = [] {
    std::vector<InitPreset> presets;
    for (const auto& shape : service::kShapes) presets.push_back({shape.arch, shape.name, shape.description});
    return presets;
  }();
  return kPresets;
}

}  // namespace rosa
