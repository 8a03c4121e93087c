// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/peft_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.h"

namespace rosa::checkpoint {

namespace {

using base::Json;

enum class Fate {
  Obeyed,    ///< parsePeftConfig reads it
  Harmless,  ///< says how the adapter was made or trained, and nothing of what it computes
  Refused,   ///< asks for another computation
};

constexpr std::uint8_t kLora = 1, kIa3 = 2, kPrompt = 4, kPrefix = 8;
constexpr std::uint8_t kLayers = kLora | kIa3, kVirtual = kPrompt | kPrefix, kAll = kLayers | kVirtual;

constexpr std::string_view kMerge = kMergeWithPeft;
constexpr std::string_view kMergeBiases =
    "where the layers that it adapts have biases, merge it with PEFT (PeftModel.from_pretrained, then merge_and_unload "
    "and save_pretrained) and choose the model that this writes; where they have none, PEFT cannot merge it, so train "
    "it again without lora_bias";
constexpr std::string_view kOther = "choose an adapter without it";

struct Key {
  std::string_view name;
  std::uint8_t kinds;
  Fate fate;
  std::string_view standard;  ///< PEFT's default as JSON, where it is not off
  std::string_view remedy;    ///< of a refused one
};

constexpr std::array kKeys{
    Key{"alora_invocation_tokens", kLora, Fate::Refused, "", kOther},
    Key{"alpha_pattern", kLora, Fate::Obeyed, "", ""},
    Key{"arrow_config", kLora, Fate::Refused, "", kOther},
    Key{"auto_mapping", kAll, Fate::Harmless, "", ""},
    Key{"base_model_name_or_path", kAll, Fate::Obeyed, "", ""},
    Key{"bias", kLora, Fate::Obeyed, "", ""},
    Key{"corda_config", kLora, Fate::Harmless, "", ""},
    Key{"encoder_hidden_size", kPrefix, Fate::Harmless, "", ""},
    Key{"ensure_weight_tying", kLora, Fate::Obeyed, "", ""},
    Key{"eva_config", kLora, Fate::Harmless, "", ""},
    Key{"exclude_modules", kLayers, Fate::Obeyed, "", ""},
    Key{"fan_in_fan_out", kLayers, Fate::Obeyed, "", ""},  // PEFT, too, goes by the layer's own kind
    Key{"feedforward_modules", kIa3, Fate::Obeyed, "", ""},
    Key{"inference_mode", kAll, Fate::Harmless, "", ""},
    Key{"init_ia3_weights", kIa3, Fate::Harmless, "", ""},
    Key{"init_lora_weights", kLora, Fate::Obeyed, "", ""},
    Key{"init_weights", kPrefix, Fate::Harmless, "", ""},
    Key{"kasa_config", kLora, Fate::Refused, "", kMerge},
    Key{"layer_replication", kLora, Fate::Refused, "", kOther},
    Key{"layers_pattern", kLora, Fate::Obeyed, "", ""},
    Key{"layers_to_transform", kLora, Fate::Obeyed, "", ""},
    Key{"loftq_config", kLora, Fate::Harmless, "", ""},  // without init_lora_weights "loftq", which is refused
    Key{"lora_alpha", kLora, Fate::Obeyed, "", ""},
    Key{"lora_bias", kLora, Fate::Refused, "", kMergeBiases},
    Key{"lora_dropout", kLora, Fate::Harmless, "", ""},
    Key{"lora_ga_config", kLora, Fate::Harmless, "", ""},
    Key{"megatron_config", kLora, Fate::Refused, "", kOther},
    Key{"megatron_core", kLora, Fate::Harmless, "", ""},
    Key{"modules_to_save", kAll, Fate::Obeyed, "", ""},
    Key{"monteclora_config", kLora, Fate::Refused, "", kMerge},
    Key{"num_attention_heads", kVirtual, Fate::Obeyed, "", ""},
    Key{"num_layers", kVirtual, Fate::Obeyed, "", ""},
    Key{"num_transformer_submodules", kVirtual, Fate::Refused, "1", kOther},
    Key{"num_virtual_tokens", kVirtual, Fate::Obeyed, "", ""},
    Key{"peft_type", kAll, Fate::Obeyed, "", ""},
    Key{"peft_version", kAll, Fate::Harmless, "", ""},
    Key{"prefix_projection", kPrefix, Fate::Refused, "", "write false there: the file holds the projected values"},
    Key{"prompt_tuning_init", kPrompt, Fate::Harmless, "", ""},
    Key{"prompt_tuning_init_text", kPrompt, Fate::Harmless, "", ""},
    Key{"qalora_group_size", kLora, Fate::Harmless, "", ""},
    Key{"r", kLora, Fate::Obeyed, "", ""},
    Key{"rank_pattern", kLora, Fate::Obeyed, "", ""},
    Key{"revision", kAll, Fate::Harmless, "", ""},
    Key{"runtime_config", kAll, Fate::Harmless, "", ""},  // PEFT drops it, too
    Key{"target_modules", kLayers, Fate::Obeyed, "", ""},
    Key{"target_parameters", kLora, Fate::Refused, "", kMerge},
    Key{"task_type", kAll, Fate::Obeyed, "", ""},
    Key{"token_dim", kVirtual, Fate::Obeyed, "", ""},
    Key{"tokenizer_kwargs", kPrompt, Fate::Harmless, "", ""},
    Key{"tokenizer_name_or_path", kPrompt, Fate::Harmless, "", ""},
    Key{"trainable_token_indices", kLora, Fate::Obeyed, "", ""},
    Key{"use_bdlora", kLora, Fate::Refused, "", kOther},
    Key{"use_dora", kLora, Fate::Obeyed, "", ""},
    Key{"use_qalora", kLora, Fate::Refused, "", kOther},
    Key{"use_rslora", kLora, Fate::Obeyed, "", ""},
    Key{"velora_config", kLora, Fate::Refused, "", kMerge},
};

constexpr std::uint8_t bitOf(PeftKind kind) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(kind));
}

std::string shown(const Json& value) {
  constexpr std::size_t kShown = 60;
  auto text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > kShown) text = text.substr(0, kShown) + "...";
  return base::printable(text);
}

}  // namespace

bool isOff(const Json& value) {
  return value.is_null() || (value.is_boolean() && !value.get<bool>()) ||
         ((value.is_object() || value.is_array()) && value.empty()) ||
         (value.is_string() && value.get_ref<const std::string&>().empty());
}

std::optional<std::string> refusedKey(const Json& config, PeftKind kind) {
  for (const auto& [name, value] : config.items()) {
    if (isOff(value)) continue;
    const auto* const key = std::ranges::find_if(kKeys, [&, &wanted = name](const Key& known) {
      return known.name == wanted && (known.kinds & bitOf(kind)) != 0;
    });
    if (key == kKeys.end()) {
      return fmt::format(
          "{} is {}, a key that PEFT 0.21.2 does not have for such an adapter, so that nobody here knows what it asks "
          "for: take the key out if the adapter is right without it, as PEFT 0.21.2 would read it",
          base::inQuotes(name), shown(value));
    }
    if (key->fate != Fate::Refused || value == Json::parse(key->standard.empty() ? "null" : key->standard)) continue;
    return fmt::format("{} is {}, which is not built: {}", name, shown(value), key->remedy);
  }
  return std::nullopt;
}

}  // namespace rosa::checkpoint
