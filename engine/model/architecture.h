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
  /// Fills what config.json says of the shape.
  void (*read)(ConfigReader& reader, ModelConfig& config);
  // Special tokens that the configuration class has where the file does not say; -1 = none.
  std::int64_t begin = -1, end = -1, pad = -1;

  /// The class of a model with this head, as config.json's "architectures" names it.
  [[nodiscard]] std::string className(Head head) const;
};

/// A row, and the head that the class has.
struct KnownClass {
  const Architecture* architecture = nullptr;
  Head head;
};

[[nodiscard]] std::optional<KnownClass> findClass(std::string_view name);

/// Families by the names that people use, e.g. "GPT-2, Llama, Qwen3".
[[nodiscard]] std::string knownFamilies();

}  // namespace rosa::model
