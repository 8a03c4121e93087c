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
};

constexpr Shape kShapes[] = {
    {"gpt2", "tiny", "2 layers of width 64, for tests", 512, 128, 64, 2, 4, 4, 256},
    {"gpt2", "small", "GPT-2 small, 124 M parameters", 50257, 1024, 768, 12, 12, 12, 3072},
    {"gpt2", "medium", "GPT-2 medium, 355 M parameters", 50257, 1024, 1024, 24, 16, 16, 4096},
    {"gpt2", "large", "GPT-2 large, 774 M parameters", 50257, 1024, 1280, 36, 20, 20, 5120},
    {"llama", "tiny", "2 layers of width 64, for tests", 512, 512, 64, 2, 8, 4, 172},
    {"llama", "1b", "Llama 3.2 1B, 1.24 B parameters", 128256, 131072, 2048, 16, 32, 8, 8192},
    {"roberta", "tiny", "2 layers of width 64, for tests", 512, 130, 64, 2, 4, 4, 128},
    {"roberta", "base", "RoBERTa-base, 125 M parameters", 50265, 514, 768, 12, 12, 12, 3072},
    {"roberta", "large", "RoBERTa-large, 355 M parameters", 50265, 514, 1024, 24, 16, 16, 4096},
    {"bert", "tiny", "2 layers of width 64, for tests", 512, 128, 64, 2, 4, 4, 128},
    {"bert", "base", "BERT-base uncased, 110 M parameters", 30522, 512, 768, 12, 12, 12, 3072},
};

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

Json llama(const Shape& shape) {
  const bool large = shape.vocabulary > 100000;
  Json rope{{"rope_theta", large ? 500000.0 : 10000.0}, {"rope_type", large ? "llama3" : "default"}};
  if (large) {
    rope["factor"] = 32.0;
    rope["high_freq_factor"] = 4.0;
    rope["low_freq_factor"] = 1.0;
    rope["original_max_position_embeddings"] = 8192;
  }
  return {{"architectures", {"LlamaForCausalLM"}},
          {"model_type", "llama"},
          {"attention_bias", false},
          {"attention_dropout", 0.0},
          {"bos_token_id", large ? 128000 : 1},
          {"eos_token_id", large ? 128001 : 2},
          {"head_dim", shape.width / shape.heads},
          {"hidden_act", "silu"},
          {"hidden_size", shape.width},
          {"initializer_range", 0.02},
          {"intermediate_size", shape.feedForward},
          {"max_position_embeddings", shape.positions},
          {"mlp_bias", false},
          {"num_attention_heads", shape.heads},
          {"num_hidden_layers", shape.layers},
          {"num_key_value_heads", shape.keyValueHeads},
          {"rms_norm_eps", 1e-5},
          {"rope_parameters", rope},
          {"tie_word_embeddings", true},
          {"dtype", "float32"},
          {"vocab_size", shape.vocabulary}};
}

Json encoder(const Shape& shape, bool roberta) {
  return {{"architectures", {roberta ? "RobertaModel" : "BertModel"}},
          {"model_type", roberta ? "roberta" : "bert"},
          {"attention_probs_dropout_prob", 0.1},
          {"bos_token_id", roberta ? Json(0) : Json()},
          {"eos_token_id", roberta ? Json(2) : Json()},
          {"hidden_act", "gelu"},
          {"hidden_dropout_prob", 0.1},
          {"hidden_size", shape.width},
          {"initializer_range", 0.02},
          {"intermediate_size", shape.feedForward},
          {"layer_norm_eps", roberta ? 1e-5 : 1e-12},
          {"max_position_embeddings", shape.positions},
          {"num_attention_heads", shape.heads},
          {"num_hidden_layers", shape.layers},
          {"pad_token_id", roberta ? 1 : 0},
          {"type_vocab_size", roberta ? 1 : 2},
          {"dtype", "float32"},
          {"vocab_size", shape.vocabulary}};
}

}  // namespace

Expected<Json> presetConfig(std::string_view arch, std::string_view preset) {
  std::string known;
  for (const auto& shape : kShapes) {
    if (shape.arch == arch && shape.name == preset) {
      if (arch == "gpt2") return gpt2(shape);
      if (arch == "llama") return llama(shape);
      return encoder(shape, arch == "roberta");
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
