// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "checkpoint/peft_keys.h"
#include "rosa/expected.h"

namespace rosa::checkpoint {

/// What PEFT does to the base matrix W each time it puts a LoRA adapter on it (init_lora_weights).
enum class LoraInit {
  Plain,  ///< nothing
  Pissa,  ///< takes out the part of W that its `rank` largest singular values make
  Olora,  ///< takes out scale times the first `rank` columns of Q times the first rows of R, of W = Q R
};

/// Whether it holds virtual tokens before the text; the others change linear layers.
[[nodiscard]] constexpr bool isVirtual(PeftKind kind) {
  return kind == PeftKind::Prompt || kind == PeftKind::Prefix;
}
/// How peft_type spells it.
[[nodiscard]] std::string_view peftType(PeftKind kind);

/// adapter_config.json of a PEFT adapter: the keys that decide what the adapter computes.
struct PeftConfig {
  PeftKind kind = PeftKind::Lora;
  std::string baseModel;  ///< base_model_name_or_path
  std::string taskType;   ///< CAUSAL_LM, SEQ_CLS, ...; empty = null
  bool fanInFanOut = false;
  std::vector<std::string> targetModules;
  std::string targetPattern;  ///< in place of a list: a regular expression, or "all-linear"
  std::vector<std::string> excludeModules;
  std::string excludePattern;                   ///< in place of a list: a regular expression
  std::vector<std::int64_t> layersToTransform;  ///< of the modules that a list of targets names; empty = all
  std::vector<std::string> layersPattern;       ///< what stands before a layer's number; empty = anything
  std::vector<std::string> modulesToSave;
  bool tieModulesToSave = false;                ///< ensure_weight_tying: a saved token table and output layer stay one
  std::vector<std::string> feedforwardModules;  ///< IA3: the targets whose inputs are scaled

  std::int64_t rank = 8;
  double alpha = 8;
  bool rslora = false;
  bool dora = false;
  LoraInit init = LoraInit::Plain;
  std::string bias = "none";  ///< none, all or lora_only
  std::vector<std::pair<std::string, std::int64_t>> rankPattern;
  std::vector<std::pair<std::string, double>> alphaPattern;

  /// trainable_token_indices: tables by the ends of their names, and the rows of each that the adapter replaces; an
  /// empty name is the table of the model's inputs
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> tokenRows;

  std::int64_t virtualTokens = 0;  ///< num_virtual_tokens
  /// num_layers, num_attention_heads and token_dim of the model that virtual tokens are for; 0 = null
  std::int64_t layers = 0, heads = 0, width = 0;

  base::Json file = base::Json::object();  ///< what was read, other keys included; empty for a new adapter

  /// Names a module in modules_to_save, unless that names it or one that holds it.
  void saveModule(const std::string& module);
  /// Whether modules_to_save names the module, by its end as PEFT goes by.
  [[nodiscard]] bool savesModule(std::string_view module) const;
  /// Whether PEFT adapts a module of this name: target_modules, exclude_modules, layers_to_transform, layers_pattern.
  /// Without target_modules, every module. An error is a sentence without its full stop.
  [[nodiscard]] Expected<bool> targets(std::string_view module) const;
  /// The rows that the adapter replaces in a table of this name; null where it is left alone.
  [[nodiscard]] const std::vector<std::int64_t>* rowsOf(std::string_view module) const;
  /// Of a module, by the first pattern in the file that fits its name.
  [[nodiscard]] Expected<std::int64_t> rankOf(std::string_view module) const;
  /// Whether a module can have this rank. PEFT sorts the patterns when it saves them, so that of several that fit, any
  /// may have come first when the adapter was made.
  [[nodiscard]] Expected<bool> canHaveRank(std::string_view module, std::int64_t rank) const;
  /// s in s·B·A for a module of this rank: alpha / rank, or alpha / sqrt(rank) under use_rslora.
  [[nodiscard]] Expected<double> scaleOf(std::string_view module, std::int64_t rank) const;

 private:
  [[nodiscard]] Expected<bool> excludes(std::string_view module) const;
  [[nodiscard]] Expected<bool> transformsLayerOf(std::string_view module) const;
};

/// Refuses what would be computed otherwise than PEFT does: other kinds of adapters, and keys that are not built or not
/// known (peft_keys.h). `source` names the file in messages.
[[nodiscard]] Expected<PeftConfig> parsePeftConfig(const base::Json& json, std::string_view source);

/// The file as PEFT 0.21 writes it: all its keys, sorted, two blanks deep. Keys of `file` that are not ours stay.
[[nodiscard]] std::string formatPeftConfig(const PeftConfig& config);

}  // namespace rosa::checkpoint
