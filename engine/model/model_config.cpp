// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/model_config.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace rosa::model {

namespace {

using Json = nlohmann::ordered_json;

struct Architecture {
  std::string_view name;
  Family family;
  Head head;
};

constexpr Architecture kArchitectures[] = {
    {"GPT2LMHeadModel", Family::Gpt2, Head::LanguageModel},
    {"GPT2Model", Family::Gpt2, Head::LanguageModel},
    {"GPT2ForSequenceClassification", Family::Gpt2, Head::Classification},
    {"LlamaForCausalLM", Family::Llama, Head::LanguageModel},
    {"LlamaModel", Family::Llama, Head::LanguageModel},
    {"Qwen2ForCausalLM", Family::Llama, Head::LanguageModel},
    {"BertModel", Family::Bert, Head::None},
    {"BertForSequenceClassification", Family::Bert, Head::Classification},
    {"RobertaModel", Family::Roberta, Head::None},
    {"RobertaForSequenceClassification", Family::Roberta, Head::Classification},
};

/// Reads keys and remembers the first mistake, so that the reading code stays a list of keys.
class Reader {
 public:
  Reader(const Json& json, std::string file) : json_(json), file_(std::move(file)) {}

  std::int64_t integer(const char* key, std::int64_t smallest, std::int64_t largest,
                       std::optional<std::int64_t> fallback = std::nullopt) {
    const auto found = json_.find(key);
    if (found == json_.end() || found->is_null()) {
      if (!fallback) fail(key, "is missing");
      return fallback.value_or(smallest);
    }
    if (!found->is_number_integer() || (found->is_number_unsigned() && found->get<std::uint64_t>() > INT64_MAX)) {
      fail(key, fmt::format("is {} where a whole number belongs", found->dump()));
      return smallest;
    }
    const auto value = found->get<std::int64_t>();
    if (value < smallest || value > largest) {
      fail(key, fmt::format("is {}, outside {} to {}", value, smallest, largest));
      return smallest;
    }
    return value;
  }

  double number(const char* key, double smallest, double largest, double fallback) {
    const auto found = json_.find(key);
    if (found == json_.end() || found->is_null()) return fallback;
    if (!found->is_number()) {
      fail(key, fmt::format("is {} where a number belongs", found->dump()));
      return fallback;
    }
    const auto value = found->get<double>();
    if (!std::isfinite(value) || value < smallest || value > largest) {
      fail(key, fmt::format("is {}, outside {} to {}", found->dump(), smallest, largest));
      return fallback;
    }
    return value;
  }

  bool truth(const char* key, bool fallback) {
    const auto found = json_.find(key);
    if (found == json_.end() || found->is_null()) return fallback;
    if (!found->is_boolean()) {
      fail(key, fmt::format("is {} where true or false belongs", found->dump()));
      return fallback;
    }
    return found->get<bool>();
  }

  std::string text(const char* key, std::string fallback) {
    const auto found = json_.find(key);
    if (found == json_.end() || found->is_null()) return fallback;
    if (!found->is_string()) {
      fail(key, fmt::format("is {} where a text belongs", found->dump()));
      return fallback;
    }
    return found->get<std::string>();
  }

  std::optional<std::int64_t> id(const char* key) {
    const auto found = json_.find(key);
    if (found == json_.end() || !found->is_number_integer()) return std::nullopt;
    return found->get<std::int64_t>();
  }

  void fail(const std::string& key, const std::string& what) {
    if (error_.empty())
      error_ = fmt::format("{}: '{}' {}. Correct the key or choose another model folder.", file_, key, what);
  }

  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] const Json& json() const { return json_; }

 private:
  const Json& json_;
  std::string file_;
  std::string error_;
};

constexpr std::int64_t kLargestSize = std::int64_t{1} << 24;
constexpr std::int64_t kMostLayers = 1024;

Activation activation(Reader& reader, const char* key, const char* fallback) {
  const auto name = reader.text(key, fallback);
  if (name == "gelu") return Activation::Gelu;
  if (name == "gelu_new" || name == "gelu_pytorch_tanh") return Activation::GeluTanh;
  if (name == "relu") return Activation::Relu;
  if (name == "silu" || name == "swish") return Activation::Silu;
  reader.fail(key, fmt::format("is '{}'; gelu, gelu_new, relu and silu are supported", name));
  return Activation::Gelu;
}

RopeConfig ropeConfig(Reader& reader, const std::string& file) {
  RopeConfig rope;
  rope.theta = reader.number("rope_theta", 1, 1e12, 10000);
  // Newer files hold everything in rope_parameters, older ones theta beside rope_scaling.
  const char* key = reader.json().contains("rope_parameters") ? "rope_parameters" : "rope_scaling";
  const auto found = reader.json().find(key);
  if (found == reader.json().end() || found->is_null()) return rope;
  if (!found->is_object()) {
    reader.fail(key, "is not an object");
    return rope;
  }
  Reader inner(*found, file + " " + key);
  rope.theta = inner.number("rope_theta", 1, 1e12, rope.theta);
  const auto type = inner.text("rope_type", inner.text("type", "default"));
  if (type == "linear") {
    rope.type = RopeConfig::Type::Linear;
  } else if (type == "llama3") {
    rope.type = RopeConfig::Type::Llama3;
  } else if (type != "default") {
    inner.fail("rope_type", fmt::format("is '{}'; default, linear and llama3 are supported", type));
  }
  rope.factor = inner.number("factor", 1, 1e6, 1);
  rope.lowFrequencyFactor = inner.number("low_freq_factor", 1e-6, 1e6, 1);
  rope.highFrequencyFactor = inner.number("high_freq_factor", 1e-6, 1e6, 4);
  rope.originalPositions = inner.number("original_max_position_embeddings", 1, 1e9, 8192);
  if (!inner.error().empty()) reader.fail(key, "is not usable (" + inner.error() + ")");
  return rope;
}

void readGpt2(Reader& reader, ModelConfig& config) {
  config.width = reader.integer("n_embd", 1, kLargestSize, 768);
  config.layers = reader.integer("n_layer", 1, kMostLayers, 12);
  config.heads = reader.integer("n_head", 1, kLargestSize, 12);
  config.feedForward = reader.integer("n_inner", 1, kLargestSize, 4 * config.width);
  config.positions = reader.integer("n_positions", 1, kLargestSize, 1024);
  config.normEpsilon = reader.number("layer_norm_epsilon", 0, 1, 1e-5);
  config.activation = activation(reader, "activation_function", "gelu_new");
  config.embeddingDropout = reader.number("embd_pdrop", 0, 0.999, 0.1);
  config.attentionDropout = reader.number("attn_pdrop", 0, 0.999, 0.1);
  config.hiddenDropout = reader.number("resid_pdrop", 0, 0.999, 0.1);
  config.tied = reader.truth("tie_word_embeddings", true);
  config.attentionBias = config.attentionOutputBias = config.mlpBias = true;
  config.keyValueHeads = config.heads;
}

void readLlama(Reader& reader, ModelConfig& config, const std::string& file) {
  config.width = reader.integer("hidden_size", 1, kLargestSize);
  config.layers = reader.integer("num_hidden_layers", 1, kMostLayers);
  config.heads = reader.integer("num_attention_heads", 1, kLargestSize);
  config.keyValueHeads = reader.integer("num_key_value_heads", 1, kLargestSize, config.heads);
  config.feedForward = reader.integer("intermediate_size", 1, kLargestSize);
  config.positions = reader.integer("max_position_embeddings", 1, kLargestSize, 2048);
  config.headDim = reader.integer("head_dim", 1, kLargestSize, std::max<std::int64_t>(1, config.width / config.heads));
  config.normEpsilon = reader.number("rms_norm_eps", 0, 1, 1e-6);
  config.activation = activation(reader, "hidden_act", "silu");
  config.attentionDropout = reader.number("attention_dropout", 0, 0.999, 0);
  config.tied = reader.truth("tie_word_embeddings", false);
  const bool qwen2 = config.architecture.starts_with("Qwen2");
  config.attentionBias = reader.truth("attention_bias", qwen2);
  config.attentionOutputBias = !qwen2 && config.attentionBias;
  config.mlpBias = reader.truth("mlp_bias", false);
  config.rope = ropeConfig(reader, file);
  if (config.headDim % 2 != 0)
    reader.fail("head_dim", fmt::format("is {}; rotary embeddings need an even number", config.headDim));
  if (reader.truth("use_sliding_window", false)) reader.fail("use_sliding_window", "is true, which is not supported");
}

void readEncoder(Reader& reader, ModelConfig& config) {
  config.width = reader.integer("hidden_size", 1, kLargestSize);
  config.layers = reader.integer("num_hidden_layers", 1, kMostLayers);
  config.heads = reader.integer("num_attention_heads", 1, kLargestSize);
  config.keyValueHeads = config.heads;
  config.feedForward = reader.integer("intermediate_size", 1, kLargestSize);
  config.positions = reader.integer("max_position_embeddings", 1, kLargestSize, 512);
  config.typeVocabulary = reader.integer("type_vocab_size", 1, kLargestSize, 2);
  config.normEpsilon = reader.number("layer_norm_eps", 0, 1, 1e-12);
  config.activation = activation(reader, "hidden_act", "gelu");
  config.hiddenDropout = config.embeddingDropout = reader.number("hidden_dropout_prob", 0, 0.999, 0.1);
  config.attentionDropout = reader.number("attention_probs_dropout_prob", 0, 0.999, 0.1);
  config.classifierDropout = reader.number("classifier_dropout", 0, 0.999, config.hiddenDropout);
  config.attentionBias = config.attentionOutputBias = config.mlpBias = true;
  config.tied = false;
  const auto positions = reader.text("position_embedding_type", "absolute");
  if (positions != "absolute")
    reader.fail("position_embedding_type", fmt::format("is '{}'; only absolute is supported", positions));
}

void readLabels(Reader& reader, ModelConfig& config) {
  const auto found = reader.json().find("id2label");
  if (found != reader.json().end() && found->is_object()) {
    for (const auto& [id, name] : found->items()) {
      char* end = nullptr;
      const auto index = std::strtoll(id.c_str(), &end, 10);
      if (id.empty() || *end != '\0' || index < 0 || !name.is_string()) {
        reader.fail("id2label", fmt::format("has the entry '{}', which is no class number with a name", id));
        return;
      }
      config.labelNames[index] = name.get<std::string>();
    }
  }
  const auto named = static_cast<std::int64_t>(config.labelNames.size());
  config.labels = reader.integer("num_labels", 1, 1 << 20, named > 0 ? named : 2);
  const auto problem = reader.text("problem_type", "");
  if (problem == "regression" || (problem.empty() && config.labels == 1)) config.head = Head::Regression;
}

}  // namespace

std::string_view familyName(Family family) {
  switch (family) {
    case Family::Gpt2:
      return "GPT-2";
    case Family::Llama:
      return "Llama";
    case Family::Bert:
      return "BERT";
    case Family::Roberta:
      return "RoBERTa";
  }
  return "";
}

Expected<ModelConfig> parseModelConfig(const Json& json, const std::string& file) {
  if (!json.is_object()) return Error{file + " is not a JSON object. Choose a Hugging Face model folder."};
  ModelConfig config;
  const auto named = json.find("architectures");
  if (named != json.end() && named->is_array() && !named->empty() && named->front().is_string()) {
    config.architecture = named->front().get<std::string>();
  }
  const Architecture* architecture = nullptr;
  std::string known;
  for (const auto& candidate : kArchitectures) {
    if (candidate.name == config.architecture) architecture = &candidate;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", candidate.name);
  }
  if (architecture == nullptr) {
    return Error{fmt::format("{}: the architecture '{}' is not supported. Choose a model with one of: {}.", file,
                             config.architecture.empty() ? "(none named)" : config.architecture, known)};
  }
  config.family = architecture->family;
  config.head = architecture->head;

  Reader reader(json, file);
  config.vocabularySize = reader.integer("vocab_size", 1, kLargestSize);
  switch (config.family) {
    case Family::Gpt2:
      readGpt2(reader, config);
      break;
    case Family::Llama:
      readLlama(reader, config, file);
      break;
    case Family::Bert:
    case Family::Roberta:
      readEncoder(reader, config);
      break;
  }
  if (config.headDim == 0) {
    if (config.heads > 0 && config.width % config.heads != 0) {
      reader.fail(config.family == Family::Gpt2 ? "n_head" : "num_attention_heads",
                  fmt::format("is {}, which does not divide the width {}", config.heads, config.width));
    }
    config.headDim = config.width / std::max<std::int64_t>(1, config.heads);
  }
  if (config.heads % std::max<std::int64_t>(1, config.keyValueHeads) != 0) {
    reader.fail("num_key_value_heads",
                fmt::format("is {}, which does not divide the {} heads", config.keyValueHeads, config.heads));
  }
  config.initializerRange = reader.number("initializer_range", 0, 10, 0.02);
  config.padId = reader.id("pad_token_id");
  config.bosId = reader.id("bos_token_id");
  const auto eos = json.find("eos_token_id");
  if (eos != json.end() && eos->is_number_integer()) config.eosIds = {eos->get<std::int64_t>()};
  if (eos != json.end() && eos->is_array()) {
    for (const auto& id : *eos) {
      if (id.is_number_integer()) config.eosIds.push_back(id.get<std::int64_t>());
    }
  }
  if (config.family == Family::Roberta) config.firstPosition = config.padId.value_or(1) + 1;
  if (config.longestSequence() < 1)
    reader.fail("max_position_embeddings", fmt::format("is {}, which leaves no position", config.positions));
  readLabels(reader, config);
  if (!reader.error().empty()) return Error{reader.error()};
  return config;
}

}  // namespace rosa::model
