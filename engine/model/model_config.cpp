// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/model_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "model/config_parts.h"

namespace rosa::model {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kMostLabels = 1 << 20;

/// Special tokens that the architecture's configuration class has where the file does not say; null says that there is
/// none.
void readSpecialTokens(ConfigReader& reader, ModelConfig& config) {
  config.padId = reader.tokenId("pad_token_id", config.vocabularySize);
  config.bosId = reader.tokenId("bos_token_id", config.vocabularySize);
  config.eosIds = reader.tokenIds("eos_token_id", config.vocabularySize);
  const auto usual = [&](const char* key, std::int64_t id) -> std::optional<std::int64_t> {
    return id < 0 || id >= config.vocabularySize || reader.says(key) ? std::nullopt : std::optional(id);
  };
  if (const auto id = usual("bos_token_id", config.text->begin)) config.bosId = id;
  if (const auto id = usual("eos_token_id", config.text->end)) config.eosIds = {*id};
  if (const auto id = usual("pad_token_id", config.text->pad)) config.padId = id;
}

/// What changes a model of any family and is not built, and what is left aside.
void readCommon(ConfigReader& reader, ModelConfig& config) {
  const auto modelType = config.row->modelType;
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
  if (config.head == Head::TokenClassification) return;
  const auto problem = reader.text("problem_type", "");
  if (problem == "multi_label_classification")
    reader.fail("problem_type", "is '" + problem + "', which is not supported");
  if (problem == "regression" || (problem.empty() && config.labels == 1)) {
    config.head = Head::Regression;
    if (config.labels != 1) reader.fail("num_labels", fmt::format("is {}; a regression has 1", config.labels));
  }
}

/// What describes the decoder or encoder itself.
void readText(ConfigReader& reader, ModelConfig& config) {
  config.vocabularySize =
      reader.integer("vocab_size", 1, kLargestSize,
                     config.text->vocabulary > 0 ? std::optional(config.text->vocabulary) : std::nullopt);
  config.text->read(reader, config);
  config.initializerRange = reader.number("initializer_range", 0, 10, 0.02);
  readSpecialTokens(reader, config);
}

void checkShape(ConfigReader& reader, const ModelConfig& config) {
  for (const auto& layer : config.layerSpecs) {
    if (layer.rope < 0) continue;
    const auto turned = config.ropes[static_cast<std::size_t>(layer.rope)].turnedDims(layer.headDim);
    if (layer.headDim % 2 != 0 || turned < 2) {
      reader.fail("head_dim", fmt::format("is {}; rotary embeddings need an even number", layer.headDim));
    }
  }
  if (config.longestSequence() < 1) {
    reader.fail("max_position_embeddings", fmt::format("is {}, which leaves no position", config.positions));
  }
}

std::string modelTypeOf(const Json& json) {
  const auto found = json.find("model_type");
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// A class whose text half alone is built: all that is said of it stands in text_config, but whether its output layer
/// is tied and what its texts end with.
void readTextHalf(ConfigReader& outer, ModelConfig& config) {
  constexpr const char* kText = "text_config";
  const auto* nested = outer.find(kText);
  if (nested == nullptr || !nested->is_object()) return outer.fail(kText, "is not an object");
  const auto named = modelTypeOf(*nested);
  const std::string type = named.empty() ? std::string(config.row->textType) : named;
  config.text = findDecoder(type);
  if (config.text == nullptr) {
    return outer.fail(kText, fmt::format("has the model_type '{}', which is not supported", type));
  }
  ConfigReader inner(*nested, fmt::format("{}, {}", outer.file(), kText));
  readText(inner, config);
  outer.adopt(inner);
  config.tied = outer.truth("tie_word_embeddings", config.row->tied);
  config.decoder.textHalf = "model.language_model.";
  for (const auto id : outer.tokenIds("eos_token_id", config.vocabularySize)) {
    if (std::ranges::find(config.eosIds, id) == config.eosIds.end()) config.eosIds.push_back(id);
  }
}

}  // namespace

bool ModelConfig::keepsStates() const {
  return std::ranges::any_of(layerSpecs, [](const LayerSpec& layer) { return layer.mixer != Mixer::Attention; });
}

Expected<ModelConfig> parseModelConfig(const Json& json, const std::string& file) {
  if (!json.is_object()) return Error{file + " is not a JSON object. Choose a Hugging Face model folder."};
  ModelConfig config;
  const auto named = json.find("architectures");
  if (named != json.end() && named->is_array() && !named->empty() && named->front().is_string()) {
    config.architecture = named->front().get<std::string>();
  }
  const auto known = findClass(config.architecture, modelTypeOf(json));
  if (!known) {
    return Error{fmt::format("{}: the architecture '{}' is not supported. Choose a model of one of these families: {}.",
                             file, config.architecture.empty() ? "(none named)" : config.architecture,
                             knownFamilies())};
  }
  config.row = config.text = known->architecture;
  config.head = known->head;

  ConfigReader reader(json, file);
  if (config.row->whole()) {
    readTextHalf(reader, config);
  } else {
    readText(reader, config);
  }
  readCommon(reader, config);
  if (config.encoder.positionsBehindPadding) {
    config.firstPosition = config.padId.value_or(config.encoder.paddingId) + 1;
  }
  checkShape(reader, config);
  if (hasClasses(config.head)) readLabels(reader, config);
  if (!reader.error().empty()) return Error{reader.error()};
  return config;
}

}  // namespace rosa::model
