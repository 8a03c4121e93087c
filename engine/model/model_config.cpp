// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/model_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "model/config_reader.h"

namespace rosa::model {

namespace {

using Json = nlohmann::ordered_json;

/// What is read of each architecture; the masked-word head of a pretrained encoder is left out.
struct Architecture {
  std::string_view name;
  std::string_view modelType;
  Family family;
  Head head;
};

constexpr Architecture kArchitectures[] = {
    {"GPT2LMHeadModel", "gpt2", Family::Gpt2, Head::LanguageModel},
    {"GPT2Model", "gpt2", Family::Gpt2, Head::LanguageModel},
    {"GPT2ForSequenceClassification", "gpt2", Family::Gpt2, Head::Classification},
    {"LlamaForCausalLM", "llama", Family::Llama, Head::LanguageModel},
    {"LlamaModel", "llama", Family::Llama, Head::LanguageModel},
    {"Qwen2ForCausalLM", "qwen2", Family::Llama, Head::LanguageModel},
    {"BertModel", "bert", Family::Bert, Head::None},
    {"BertForMaskedLM", "bert", Family::Bert, Head::None},
    {"BertForPreTraining", "bert", Family::Bert, Head::None},
    {"BertForSequenceClassification", "bert", Family::Bert, Head::Classification},
    {"RobertaModel", "roberta", Family::Roberta, Head::None},
    {"RobertaForMaskedLM", "roberta", Family::Roberta, Head::None},
    {"RobertaForSequenceClassification", "roberta", Family::Roberta, Head::Classification},
};

constexpr std::int64_t kLargestSize = std::int64_t{1} << 24;
constexpr std::int64_t kMostLayers = 1024;
constexpr std::int64_t kMostLabels = 1 << 20;

Activation activation(ConfigReader& reader, const char* key, const char* fallback) {
  const auto name = reader.text(key, fallback);
  if (name == "gelu") return Activation::Gelu;
  if (name == "gelu_new" || name == "gelu_pytorch_tanh") return Activation::GeluTanh;
  if (name == "relu") return Activation::Relu;
  if (name == "silu" || name == "swish") return Activation::Silu;
  reader.fail(key, fmt::format("is '{}'; gelu, gelu_new, relu and silu are supported", name));
  return Activation::Gelu;
}

RopeConfig ropeConfig(ConfigReader& reader) {
  RopeConfig rope;
  rope.theta = reader.number("rope_theta", 1, 1e12, 10000);
  // Newer files hold everything in rope_parameters, older ones theta beside rope_scaling.
  const char* key = reader.find("rope_parameters") != nullptr ? "rope_parameters" : "rope_scaling";
  const auto* found = reader.find(key);
  if (found == nullptr) return rope;
  if (!found->is_object()) {
    reader.fail(key, "is not an object");
    return rope;
  }
  ConfigReader inner(*found, fmt::format("{}, {}", reader.file(), key));
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
  if (rope.type == RopeConfig::Type::Llama3 && rope.highFrequencyFactor <= rope.lowFrequencyFactor)
    inner.fail("high_freq_factor",
               fmt::format("is {}, not above low_freq_factor {}", rope.highFrequencyFactor, rope.lowFrequencyFactor));
  if (inner.number("partial_rotary_factor", 0, 1, 1) != 1) inner.fail("partial_rotary_factor", "is not 1");
  reader.adopt(inner);
  return rope;
}

/// A key that transformers also takes under another name.
std::int64_t integerUnderEither(ConfigReader& reader, const char* key, const char* other, std::int64_t largest,
                                std::int64_t fallback) {
  const bool elsewhere = reader.find(key) == nullptr && reader.find(other) != nullptr;
  return reader.integer(elsewhere ? other : key, 1, largest, fallback);
}

void readGpt2(ConfigReader& reader, ModelConfig& config) {
  config.width = integerUnderEither(reader, "n_embd", "hidden_size", kLargestSize, 768);
  config.layers = integerUnderEither(reader, "n_layer", "num_hidden_layers", kMostLayers, 12);
  config.heads = integerUnderEither(reader, "n_head", "num_attention_heads", kLargestSize, 12);
  config.feedForward = reader.integer("n_inner", 1, kLargestSize, 4 * config.width);
  config.positions = integerUnderEither(reader, "n_positions", "max_position_embeddings", kLargestSize, 1024);
  config.normEpsilon = reader.number("layer_norm_epsilon", 0, 1, 1e-5);
  config.activation = activation(reader, "activation_function", "gelu_new");
  config.embeddingDropout = reader.number("embd_pdrop", 0, 0.999, 0.1);
  config.attentionDropout = reader.number("attn_pdrop", 0, 0.999, 0.1);
  config.hiddenDropout = reader.number("resid_pdrop", 0, 0.999, 0.1);
  config.tied = reader.truth("tie_word_embeddings", true);
  config.attentionBias = config.attentionOutputBias = config.mlpBias = true;
  config.keyValueHeads = config.heads;
  reader.requireTruth("scale_attn_weights", true);
  reader.requireTruth("scale_attn_by_inverse_layer_idx", false);
  reader.requireTruth("add_cross_attention", false);
  if (reader.truth("reorder_and_upcast_attn", false)) {
    config.remarks.emplace_back(
        "config.json: reorder_and_upcast_attn is true, which is not done here; in fp32 it changes nothing but the last "
        "digits.");
  }
}

/// Layers that see a part of the text alone are not built.
void requireFullAttention(ConfigReader& reader) {
  const auto* types = reader.find("layer_types");
  if (types == nullptr || !types->is_array()) return;
  for (const auto& type : *types) {
    if (type != "full_attention") {
      return reader.fail("layer_types", fmt::format("holds {}, which is not supported", type.dump()));
    }
  }
}

void readLlama(ConfigReader& reader, ModelConfig& config) {
  config.width = reader.integer("hidden_size", 1, kLargestSize);
  config.layers = reader.integer("num_hidden_layers", 1, kMostLayers);
  config.heads = reader.integer("num_attention_heads", 1, kLargestSize);
  config.keyValueHeads = reader.integer("num_key_value_heads", 1, kLargestSize, config.heads);
  config.feedForward = reader.integer("intermediate_size", 1, kLargestSize);
  config.positions = reader.integer("max_position_embeddings", 1, kLargestSize, 2048);
  config.headDim = reader.integer("head_dim", 1, kLargestSize, 0);  // absent: from the width
  config.normEpsilon = reader.number("rms_norm_eps", 0, 1, 1e-6);
  config.activation = activation(reader, "hidden_act", "silu");
  config.attentionDropout = reader.number("attention_dropout", 0, 0.999, 0);
  config.tied = reader.truth("tie_word_embeddings", false);
  const bool qwen2 = config.architecture.starts_with("Qwen2");
  config.attentionBias = qwen2 || reader.truth("attention_bias", false);  // Qwen2 has no such key
  config.attentionOutputBias = !qwen2 && config.attentionBias;
  config.mlpBias = reader.truth("mlp_bias", false);
  config.rope = ropeConfig(reader);
  reader.requireTruth("use_sliding_window", false);
  if (qwen2) requireFullAttention(reader);
  if (reader.number("partial_rotary_factor", 0, 1, 1) != 1) reader.fail("partial_rotary_factor", "is not 1");
}

void readEncoder(ConfigReader& reader, ModelConfig& config) {
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
  reader.requireTruth("is_decoder", false);
  reader.requireTruth("add_cross_attention", false);
  const auto positions = reader.text("position_embedding_type", "absolute");
  if (positions != "absolute")
    reader.fail("position_embedding_type", fmt::format("is '{}'; only absolute is supported", positions));
}

/// Special tokens that the family's configuration class has where the file does not say; null says that there is none.
void readSpecialTokens(ConfigReader& reader, const nlohmann::ordered_json& json, std::string_view modelType,
                       ModelConfig& config) {
  config.padId = reader.tokenId("pad_token_id", config.vocabularySize);
  config.bosId = reader.tokenId("bos_token_id", config.vocabularySize);
  config.eosIds = reader.tokenIds("eos_token_id", config.vocabularySize);
  constexpr std::int64_t kGpt2End = 50256;
  const auto usual = [&](const char* key, std::int64_t id) -> std::optional<std::int64_t> {
    return json.contains(key) || id >= config.vocabularySize ? std::nullopt : std::optional(id);
  };
  const auto beginsAndEnds = [&](std::int64_t begin, std::int64_t end) {
    if (const auto id = usual("bos_token_id", begin)) config.bosId = id;
    if (const auto id = usual("eos_token_id", end)) config.eosIds = {*id};
  };
  if (modelType == "gpt2") beginsAndEnds(kGpt2End, kGpt2End);
  if (modelType == "llama") beginsAndEnds(1, 2);
  if (modelType == "roberta") beginsAndEnds(0, 2);
}

/// What changes a model of any family and is not built, and what is left aside.
void readCommon(ConfigReader& reader, std::string_view modelType, ModelConfig& config) {
  const auto type = reader.text("model_type", std::string(modelType));
  if (type != modelType) {
    reader.fail("model_type", fmt::format("is '{}', which does not go with the architecture '{}' of a '{}'", type,
                                          config.architecture, modelType));
  }
  if (const auto* quantized = reader.find("quantization_config")) {
    const auto named = quantized->find("quant_method");  // end() for what is no object
    const auto method = named != quantized->end() && named->is_string() ? named->get<std::string>() : std::string();
    reader.fail("quantization_config", fmt::format("says that the weights are quantized{}, which is not supported",
                                                   method.empty() ? std::string() : fmt::format(" ({})", method)));
  }
  reader.requireTruth("is_encoder_decoder", false);
  const auto* pruned = reader.find("pruned_heads");
  if (pruned != nullptr && !pruned->empty()) reader.fail("pruned_heads", "is not empty, which is not supported");
  if (reader.find("auto_map") != nullptr) {
    config.remarks.emplace_back("config.json: auto_map names code of the model's own, which is never run.");
  }
}

std::optional<std::int64_t> classNumber(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

/// Labels and loss of a checkpoint that has a classification head; other files may carry these keys without meaning.
void readLabels(ConfigReader& reader, ModelConfig& config) {
  const auto* names = reader.find("id2label");
  if (names != nullptr && !names->is_object()) reader.fail("id2label", "is not an object");
  if (names != nullptr && names->is_object()) {
    for (const auto& [id, name] : names->items()) {
      const auto number = classNumber(id);
      if (!number || !name.is_string()) {
        reader.fail("id2label", fmt::format("has the entry '{}', which is no class number with a name", id));
        return;
      }
      config.labelNames[*number] = name.get<std::string>();
    }
  }
  const auto named = static_cast<std::int64_t>(config.labelNames.size());
  config.labels = reader.integer("num_labels", 1, kMostLabels, named > 0 ? named : 2);
  if (named > 0 && config.labels != named)
    reader.fail("num_labels", fmt::format("is {} where id2label names {}", config.labels, named));
  if (named > 0 && config.labelNames.rbegin()->first != named - 1)
    reader.fail("id2label", fmt::format("does not number its {} classes from 0 without a gap", named));
  const auto problem = reader.text("problem_type", "");
  if (problem == "multi_label_classification")
    reader.fail("problem_type", "is '" + problem + "', which is not supported");
  if (problem == "regression" || (problem.empty() && config.labels == 1)) {
    config.head = Head::Regression;
    if (config.labels != 1) reader.fail("num_labels", fmt::format("is {}; a regression has 1", config.labels));
  }
}

void checkShape(ConfigReader& reader, ModelConfig& config) {
  if (config.headDim == 0) {
    if (config.width % config.heads != 0) {
      reader.fail(config.family == Family::Gpt2 ? "n_head" : "num_attention_heads",
                  fmt::format("is {}, which does not divide the width {}", config.heads, config.width));
    }
    config.headDim = std::max<std::int64_t>(1, config.width / config.heads);
  }
  if (config.family == Family::Llama && config.headDim % 2 != 0) {
    reader.fail("head_dim", fmt::format("is {}; rotary embeddings need an even number", config.headDim));
  }
  if (config.heads % config.keyValueHeads != 0) {
    reader.fail("num_key_value_heads",
                fmt::format("is {}, which does not divide the {} heads", config.keyValueHeads, config.heads));
  }
  if (config.headDim > kLargestSize / config.heads) {
    reader.fail("head_dim", fmt::format("is {}, too large for {} heads", config.headDim, config.heads));
  }
  if (config.longestSequence() < 1) {
    reader.fail("max_position_embeddings", fmt::format("is {}, which leaves no position", config.positions));
  }
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

  ConfigReader reader(json, file);
  config.vocabularySize = reader.integer("vocab_size", 1, kLargestSize);
  switch (config.family) {
    case Family::Gpt2:
      readGpt2(reader, config);
      break;
    case Family::Llama:
      readLlama(reader, config);
      break;
    case Family::Bert:
    case Family::Roberta:
      readEncoder(reader, config);
      break;
  }
  config.initializerRange = reader.number("initializer_range", 0, 10, 0.02);
  readSpecialTokens(reader, json, architecture->modelType, config);
  readCommon(reader, architecture->modelType, config);
  if (config.family == Family::Roberta) config.firstPosition = config.padId.value_or(1) + 1;
  checkShape(reader, config);
  if (config.head == Head::Classification) readLabels(reader, config);
  if (!reader.error().empty()) return Error{reader.error()};
  return config;
}

}  // namespace rosa::model
