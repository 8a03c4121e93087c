// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/config_reader.h"

namespace rosa::model {

struct ModelConfig;
enum class Head;

/// One row of the table of what is built: the only place that knows architectures by name.
struct Architecture {
  std::string_view prefix;     ///< of its classes in Transformers, e.g. "Llama" of LlamaForCausalLM
  std::string_view modelType;  ///< config.json's model_type
  std::string_view family;     ///< what people call it
  std::string_view language;   ///< what follows the prefix in a language model's class; empty for an encoder
  /// Fills what config.json says of the shape. Null for a whole model, whose text half is of another row.
  void (*read)(ConfigReader& reader, ModelConfig& config);
  // Special tokens that the configuration class has where the file does not say; -1 = none.
  std::int64_t begin = -1, end = -1, pad = -1;
  std::int64_t vocabulary = 0;  ///< where the file does not say; 0 = it must
  /// Of a whole model: the text half's model_type where config.json's text_config does not say.
  std::string_view textType = {};
  /// Of a whole model: whether its output layer is tied to the token table where config.json does not say, whatever
  /// text_config says.
  bool tied = true;

  /// Whether folders of this class hold a picture half beside the text half, which alone is built.
  [[nodiscard]] bool whole() const { return read == nullptr; }

  /// The class of a model with this head, as config.json's "architectures" names it.
  [[nodiscard]] std::string className(Head head) const;
};

/// A row, and the head that the class has.
struct KnownClass {
  const Architecture* architecture = nullptr;
  Head head;
};

/// The row of a class; where several have it, the one of this model_type.
[[nodiscard]] std::optional<KnownClass> findClass(std::string_view name, std::string_view modelType);

/// The decoder whose config.json has this model_type; null where none is built.
[[nodiscard]] const Architecture* findDecoder(std::string_view modelType);

/// Families by the names that people use, e.g. "GPT-2, Llama, Qwen3".
[[nodiscard]] std::string knownFamilies();

}  // namespace rosa::model
