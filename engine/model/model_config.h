// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/activation_kind.h"
#include "model/architecture.h"
#include "model/decoder_spec.h"
#include "model/encoder_spec.h"
#include "model/rope_config.h"
#include "rosa/expected.h"

namespace rosa::model {

enum class Head {
  None,
  LanguageModel,
  Classification,
  Regression,
  TokenClassification,  ///< a class for each token
  MaskedLanguageModel,  ///< an encoder's: the token that stood where one is hidden
};
/// Whether the head has a row for each of some named classes.
[[nodiscard]] constexpr bool hasClasses(Head head) {
  return head == Head::Classification || head == Head::TokenClassification;
}

/// What config.json says of a model, in one spelling for all families.
struct ModelConfig {
  const Architecture* row = nullptr;   ///< of the table of what is built; never null after parsing
  const Architecture* text = nullptr;  ///< the row that the decoder or encoder is read by; `row`, or its text half
  std::string architecture;            ///< config.json's own word, e.g. "LlamaForCausalLM"
  Head head = Head::None;              ///< of the architecture; None for a bare encoder
  std::int64_t vocabularySize = 0;
  std::int64_t width = 0;
  std::int64_t layers = 0;
  std::int64_t heads = 0;
  std::int64_t keyValueHeads = 0;
  std::int64_t headDim = 0;
  std::int64_t feedForward = 0;
  std::int64_t positions = 0;  ///< rows of the position table, or the longest context of a rotary model
  std::int64_t typeVocabulary = 0;
  double normEpsilon = 1e-5;
  Activation activation = Activation::Gelu;
  bool tied = false;
  bool attentionBias = false;  ///< q, k, v have biases
  bool attentionOutputBias = false;
  bool mlpBias = false;
  std::vector<LayerSpec> layerSpecs;  ///< one a layer
  std::vector<RopeConfig> ropes;      ///< what LayerSpec::rope points to
  DecoderSpec decoder;                ///< of a decoder
  EncoderSpec encoder;                ///< of an encoder
  double embeddingDropout = 0, attentionDropout = 0, hiddenDropout = 0, classifierDropout = 0;
  double poolerDropout = 0;  ///< before the dense layer of an encoder's head
  double tokenDropout = 0;   ///< before the layer that has a class for each token
  double initializerRange = 0.02;
  std::int64_t firstPosition = 0;  ///< position id of a sequence's first token: 2 for RoBERTa
  std::optional<std::int64_t> padId, bosId;
  std::vector<std::int64_t> eosIds;
  std::int64_t labels = 0;  ///< of a classification head; 1 for regression
  std::map<std::int64_t, std::string> labelNames;
  /// What a user should know of how the folder is read: settings that are not obeyed, files that say one thing twice.
  std::vector<std::string> remarks;
  std::int64_t virtualTokens = 0;  ///< that stand before every sequence (Model::prepend)

  [[nodiscard]] bool isDecoder() const { return decoder.names != nullptr; }
  /// Whether some layer carries a state along in place of keys and values.
  [[nodiscard]] bool keepsStates() const;
  /// "GPT-2", "Llama", ...
  [[nodiscard]] std::string_view family() const { return row->family; }
  [[nodiscard]] std::int64_t labelCount() const { return labels; }
  /// Size of the tokens' vectors as the table holds them.
  [[nodiscard]] std::int64_t embeddingSize() const { return isDecoder() ? width : encoder.embeddingSize; }
  /// Longest sequence the position table allows beside the virtual tokens.
  [[nodiscard]] std::int64_t longestSequence() const { return positions - firstPosition - virtualTokens; }
};

/// Reads config.json; `file` is named in errors, which also name the key and the remedy.
[[nodiscard]] Expected<ModelConfig> parseModelConfig(const nlohmann::ordered_json& json, const std::string& file);

}  // namespace rosa::model
