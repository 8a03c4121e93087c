// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/gguf_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/text.h"
#include "convert/gguf_family.h"
#include "convert/gguf_keys.h"
#include "model/architecture.h"
#include "model/model_config.h"

namespace rosa::convert {
namespace {

using base::Json;

/// A whole number of whatever width the file has it in.
std::optional<std::int64_t> wholeNumber(const gguf::Value& value) {
  return std::visit(
      [](const auto& number) -> std::optional<std::int64_t> {
        using T = std::decay_t<decltype(number)>;
        if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
          if (!std::in_range<std::int64_t>(number)) return std::nullopt;
          return static_cast<std::int64_t>(number);
        }
        return std::nullopt;
      },
      value);
}

class ConfigMaker {
 public:
  ConfigMaker(const gguf::GgufFile& file, const GgufFamily& family) : file_(file), family_(family) {}

  Expected<Json> make() {
    if (integer("expert_count").value_or(0) > 0) {
      return cannot("it is a mixture of experts, which is not built here");
    }
    json_["architectures"] = {model::findDecoder(family_.modelType)->className(model::Head::LanguageModel)};
    json_["model_type"] = family_.modelType;
    if (family_.architecture == "gpt2") {
      readGpt2();
    } else {
      readShape();
      readRope();
    }
    readOwn();
    json_["vocab_size"] = rowsOf("token_embd.weight");
    json_["tie_word_embeddings"] = file_.find("output.weight") == nullptr;
    readTokens();
    if (problem_) return *std::move(problem_);
    return std::move(json_);
  }

 private:
  [[nodiscard]] Error cannot(std::string_view reason) const {
    return Error{fmt::format("{} cannot be read as a model: {}.", base::printable(file_.path().native()), reason)};
  }
  [[nodiscard]] std::string key(std::string_view name) const {
    return fmt::format("{}.{}", family_.architecture, name);
  }
  /// The first problem counts.
  void refuse(std::string_view reason) {
    if (!problem_) problem_ = cannot(reason);
  }

  /// Nothing where the key is not there.
  std::optional<std::int64_t> integer(std::string_view name) {
    const auto* value = file_.metadata().find(key(name));
    if (value == nullptr) return std::nullopt;
    const auto number = wholeNumber(*value);
    if (!number) refuse(fmt::format("its key {} is no whole number", key(name)));
    return number;
  }
  std::int64_t required(std::string_view name) {
    const auto number = integer(name);
    if (!number) refuse(fmt::format("its key {} is missing", key(name)));
    return number.value_or(1);
  }
  std::optional<double> number(std::string_view name) {
    const auto* value = file_.metadata().find(key(name));
    if (value == nullptr) return std::nullopt;
    if (const auto* single = std::get_if<float>(value)) {
      // As short as the configuration that it was made of: 1e-05, not 9.999999747378752e-06.
      return std::stod(fmt::format("{}", *single));
    }
    if (const auto* precise = std::get_if<double>(value)) return *precise;
    if (const auto whole = wholeNumber(*value)) return static_cast<double>(*whole);
    refuse(fmt::format("its key {} is no number", key(name)));
    return std::nullopt;
  }
  [[nodiscard]] std::string text(std::string_view name) const {
    const auto* value = file_.metadata().get<std::string>(key(name));
    return value == nullptr ? "" : *value;
  }

  [[nodiscard]] bool has(std::string_view tensor) const { return file_.find(tensor) != nullptr; }
  std::int64_t rowsOf(std::string_view tensor) {
    const auto* found = file_.find(tensor);
    if (found == nullptr || found->dimensions.size() != 2) {
      refuse(fmt::format("it has no table {}", base::inQuotes(tensor)));
      return 1;
    }
    return static_cast<std::int64_t>(found->dimensions[1]);
  }
  std::vector<float> numbersOf(std::string_view tensor) {
    const auto* found = file_.find(tensor);
    constexpr std::uint64_t kMost = 4096;
    if (found == nullptr || found->count() > kMost) return {};
    std::vector<float> values(found->count());
    if (auto status = file_.readValues(*found, 0, values); !status && !problem_) problem_ = std::move(status).error();
    return values;
  }

  void readGpt2() {
    json_["n_embd"] = required("embedding_length");
    json_["n_layer"] = required("block_count");
    json_["n_head"] = required("attention.head_count");
    json_["n_positions"] = required("context_length");
    json_["n_inner"] = required("feed_forward_length");
    json_["layer_norm_epsilon"] = number("attention.layer_norm_epsilon").value_or(1e-5);
    json_["activation_function"] = "gelu_new";
  }

  void readShape() {
    width_ = required("embedding_length");
    layers_ = required("block_count");
    heads_ = std::max<std::int64_t>(1, required("attention.head_count"));
    headDim_ = integer("attention.key_length").value_or(width_ / heads_);
    if (integer("attention.value_length").value_or(headDim_) != headDim_) {
      refuse("its values have another size than its keys");
    }
    // Gemma 4's layers that see everything have heads of their own (readGemma4).
    if (family_.architecture == "gemma4") headDim_ = required("attention.key_length_swa");
    json_["hidden_size"] = width_;
    json_["num_hidden_layers"] = layers_;
    json_["num_attention_heads"] = heads_;
    if (family_.architecture == "lfm2") {
      readMixers();
    } else {
      json_["num_key_value_heads"] = ofLayer("attention.head_count_kv", 0, heads_);
    }
    // Classes without the key take the width over the heads, which is demanded of them below.
    if (headDim_ * heads_ != width_ || (family_.architecture != "phi3" && family_.architecture != "lfm2")) {
      json_["head_dim"] = headDim_;
    }
    json_["intermediate_size"] = ofLayer("feed_forward_length", 0, 0);
    if (json_["intermediate_size"] == 0) required("feed_forward_length");
    json_["max_position_embeddings"] = required("context_length");
    if (family_.architecture == "cohere2") {
      json_["layer_norm_eps"] = number("attention.layer_norm_epsilon").value_or(1e-5);
    } else {
      json_[family_.architecture == "lfm2" ? "norm_eps" : "rms_norm_eps"] =
          number("attention.layer_norm_rms_epsilon").value_or(1e-6);
    }
    json_["hidden_act"] = "silu";
    if (has("blk.0.attn_output.bias")) json_["attention_bias"] = true;
    if (has("blk.0.ffn_down.bias")) json_["mlp_bias"] = true;
  }

  /// A number that all layers have, or that of one among them.
  std::int64_t ofLayer(std::string_view name, std::int64_t layer, std::int64_t absent) {
    if (const auto* counts = file_.metadata().list<std::int32_t>(key(name))) {
      if (static_cast<std::int64_t>(counts->size()) == layers_) return (*counts)[static_cast<std::size_t>(layer)];
      refuse(fmt::format("its key {} has not one number for each layer", key(name)));
      return absent;
    }
    return integer(name).value_or(absent);
  }

  /// LFM2: layers without keys convolve.
  void readMixers() {
    const auto* heads = file_.metadata().list<std::int32_t>(key("attention.head_count_kv"));
    if (heads == nullptr || static_cast<std::int64_t>(heads->size()) != layers_) {
      refuse(fmt::format("its key {} does not name the heads of each layer", key("attention.head_count_kv")));
      return;
    }
    auto& types = json_["layer_types"] = Json::array();
    for (const auto count : *heads) {
      types.push_back(count > 0 ? "full_attention" : "conv");
      if (count > 0) json_["num_key_value_heads"] = count;
    }
    json_["conv_L_cache"] = required("shortconv.l_cache");
    json_["block_auto_adjust_ff_dim"] = false;
  }

  void readRope() {
    if (family_.architecture == "gemma4") return;
    const auto turned = integer("rope.dimension_count").value_or(headDim_);
    Json rope = {{"rope_type", "default"}, {"rope_theta", number("rope.freq_base").value_or(10000)}};
    if (turned != headDim_) {
      if (family_.architecture != "phi3" && family_.architecture != "qwen35") {
        refuse(fmt::format("{} of {} dimensions of a head turn, which this family does not do", turned, headDim_));
      }
      rope["partial_rotary_factor"] = static_cast<double>(turned) / static_cast<double>(headDim_);
    }
    readScaling(rope);
    if (const auto factors = numbersOf("rope_freqs.weight"); !factors.empty()) readLlama3(rope, factors);
    if (family_.architecture == "phi3") readLongRope(rope);
    if (const auto growth = number("attention.temperature_scale")) {
      rope["llama_4_scaling_beta"] = *growth;
      rope["original_max_position_embeddings"] = required("rope.scaling.original_context_length");
    }
    if (family_.architecture == "gemma3" || family_.modelType == "olmo3") {
      const double swaTheta = family_.architecture == "gemma3" ? 10000 : rope["rope_theta"].get<double>();
      const Json local = {{"rope_type", "default"}, {"rope_theta", number("rope.freq_base_swa").value_or(swaTheta)}};
      json_["rope_parameters"] = {{"full_attention", rope}, {"sliding_attention", local}};
    } else {
      json_["rope_parameters"] = rope;
    }
  }

  void readScaling(Json& rope) {
    const auto type = text("rope.scaling.type");
    const double factor = number("rope.scaling.factor").value_or(number("rope.scale_linear").value_or(1));
    if (type == "yarn") {
      rope["rope_type"] = "yarn";
      rope["factor"] = factor;
      rope["original_max_position_embeddings"] = required("rope.scaling.original_context_length");
      if (const auto amplitude = number("rope.scaling.attn_factor")) {
        rope["attention_factor"] = *amplitude * usualAmplitude(factor);
      }
      for (const auto& [ours, theirs] : {std::pair("beta_fast", "rope.scaling.yarn_beta_fast"),
                                         std::pair("beta_slow", "rope.scaling.yarn_beta_slow")}) {
        const auto bound = number(theirs);
        if (bound && family_.yarnBounds) rope[ours] = *bound;
        if (bound && !family_.yarnBounds) refuse(fmt::format("{} is not known here", key(theirs)));
      }
    } else if (type == "linear" || (type.empty() && factor != 1)) {
      rope["rope_type"] = "linear";
      rope["factor"] = factor;
    } else if (!type.empty() && type != "none" && type != "longrope") {
      refuse(fmt::format("its rope is scaled by {}; linear and yarn are known", base::inQuotes(type)));
    }
  }

  /// The file holds the divisors of the frequencies, not the four numbers that they were made of. All models of this
  /// kind have the same bounds; what they give must be what the file holds.
  void readLlama3(Json& rope, const std::vector<float>& factors) {
    if (static_cast<std::int64_t>(2 * factors.size()) != headDim_) {
      return refuse("rope_freqs.weight has not one number for each two dimensions of a head");
    }
    constexpr std::array kOriginals = {8192, 4096, 16384, 32768, 128, 64, 32};
    constexpr std::array kBounds = {std::pair(1.0, 4.0), std::pair(1.0, 2.0), std::pair(0.5, 4.0)};
    model::ModelConfig candidate;
    candidate.headDim = headDim_;
    model::RopeConfig trial;
    trial.type = model::RopeConfig::Type::Llama3;
    trial.theta = rope["rope_theta"].get<double>();
    trial.factor = *std::ranges::max_element(factors);
    for (const auto original : kOriginals) {
      for (const auto& [low, high] : kBounds) {
        trial.originalPositions = original;
        trial.lowFrequencyFactor = low;
        trial.highFrequencyFactor = high;
        candidate.ropes = {trial};
        const auto made = ropeFactors(candidate);
        const bool equal =
            std::ranges::equal(made, factors, [](float a, float b) { return std::abs(a / b - 1) < 1e-4F; });
        if (!equal) continue;
        rope["rope_type"] = "llama3";
        rope["factor"] = trial.factor;
        rope["low_freq_factor"] = low;
        rope["high_freq_factor"] = high;
        rope["original_max_position_embeddings"] = original;
        return;
      }
    }
    const bool plain = std::ranges::all_of(factors, [](float factor) { return factor == 1; });
    if (!plain) refuse("the factors of its rope (rope_freqs.weight) are not Llama 3's");
  }

  void readLongRope(Json& rope) {
    const auto original = required("rope.scaling.original_context_length");
    json_["original_max_position_embeddings"] = original;
    const auto longFactors = numbersOf("rope_factors_long.weight");
    const auto shortFactors = numbersOf("rope_factors_short.weight");
    if (longFactors.empty()) return;
    rope["rope_type"] = "longrope";
    rope["long_factor"] = longFactors;
    rope["short_factor"] = shortFactors;
    const auto positions = json_["max_position_embeddings"].get<double>();
    const double ratio = positions / static_cast<double>(std::max<std::int64_t>(original, 2));
    const double usual = ratio > 1 ? std::sqrt(1 + std::log(ratio) / std::log(static_cast<double>(original))) : 1;
    const double amplitude = number("rope.scaling.attn_factor").value_or(1);
    if (std::abs(amplitude / usual - 1) > 1e-6) rope["attention_factor"] = amplitude;
  }

  /// Which layers slide: as the file says, else all but every n-th.
  void readWindows() {
    json_["sliding_window"] = required("attention.sliding_window");
    const auto* stated = file_.metadata().list<bool>(key("attention.sliding_window_pattern"));
    if (stated != nullptr && static_cast<std::int64_t>(stated->size()) < layers_) {
      refuse(fmt::format("its key {} is shorter than its layers", key("attention.sliding_window_pattern")));
      return;
    }
    auto& types = json_["layer_types"] = Json::array();
    for (std::int64_t i = 0; i < layers_ && i < kMostLayersRead; ++i) {
      const bool slides =
          stated != nullptr ? (*stated)[static_cast<std::size_t>(i)] : (i + 1) % family_.slidingPattern != 0;
      types.push_back(slides ? "sliding_attention" : "full_attention");
    }
  }

  void readGemma() {
    readWindows();
    json_.erase("hidden_act");
    json_["hidden_activation"] = "gelu_pytorch_tanh";
    json_["query_pre_attn_scalar"] = scoreSize(family_, layers_, headDim_, width_ / heads_);
  }

  /// Layers that see everything have heads of their own size, of which a part turns; the last ones use keys and values
  /// of others.
  void readGemma4() {
    readWindows();
    json_.erase("hidden_act");
    json_["hidden_activation"] = "gelu_pytorch_tanh";
    json_["final_logit_softcapping"] =
        number("final_logit_softcapping") ? Json(*number("final_logit_softcapping")) : Json();
    json_["num_kv_shared_layers"] = integer("attention.shared_kv_layers").value_or(0);
    json_["hidden_size_per_layer_input"] = integer("embedding_length_per_layer_input").value_or(0);
    json_["vocab_size_per_layer_input"] =
        has("per_layer_token_embd.weight") ? rowsOf("per_layer_token_embd.weight") : rowsOf("token_embd.weight");
    json_["use_double_wide_mlp"] =
        ofLayer("feed_forward_length", layers_ - 1, 0) == 2 * json_["intermediate_size"].get<std::int64_t>();
    const auto& types = json_["layer_types"];
    const auto headDim = integer("attention.key_length").value_or(headDim_);
    bool valueIsKey = false;
    auto& own = json_["per_layer_config"] = Json::object();
    for (std::size_t i = 0; i < types.size(); ++i) {
      const auto heads = ofLayer("attention.head_count_kv", static_cast<std::int64_t>(i), heads_);
      if (types[i] == "sliding_attention") {
        json_["num_key_value_heads"] = heads;
        continue;
      }
      own[std::to_string(i)] = {{"head_dim", headDim}, {"num_key_value_heads", heads}};
      valueIsKey =
          valueIsKey || (has(fmt::format("blk.{}.attn_k.weight", i)) && !has(fmt::format("blk.{}.attn_v.weight", i)));
    }
    json_["attention_k_eq_v"] = valueIsKey;
    const auto factors = numbersOf("rope_freqs.weight");
    const auto turning = std::ranges::count(factors, 1.0F);
    const double share = factors.empty() ? 1 : static_cast<double>(turning) / static_cast<double>(factors.size());
    json_["rope_parameters"] = {
        {"full_attention",
         {{"rope_type", "proportional"},
          {"rope_theta", number("rope.freq_base").value_or(1e6)},
          {"partial_rotary_factor", share}}},
        {"sliding_attention",
         {{"rope_type", "default"}, {"rope_theta", number("rope.freq_base_swa").value_or(10000)}}}};
  }

  /// Which layers have a gated delta rule in place of attention, and its heads.
  void readDelta() {
    json_["linear_conv_kernel_dim"] = required("ssm.conv_kernel");
    json_["linear_num_key_heads"] = required("ssm.group_count");
    json_["linear_num_value_heads"] = required("ssm.time_step_rank");
    json_["linear_key_head_dim"] = json_["linear_value_head_dim"] = required("ssm.state_size");
    const auto* stated = file_.metadata().list<bool>(key("attention.recurrent_layers"));
    if (stated != nullptr && static_cast<std::int64_t>(stated->size()) < layers_) {
      return refuse(fmt::format("its key {} is shorter than its layers", key("attention.recurrent_layers")));
    }
    const auto interval = std::max<std::int64_t>(1, integer("full_attention_interval").value_or(4));
    auto& types = json_["layer_types"] = Json::array();
    for (std::int64_t i = 0; i < layers_ && i < kMostLayersRead; ++i) {
      const bool linear = stated != nullptr ? (*stated)[static_cast<std::size_t>(i)] : (i + 1) % interval != 0;
      types.push_back(linear ? "linear_attention" : "full_attention");
    }
  }

  /// What one family alone has.
  void readOwn() {
    const auto& name = family_.architecture;
    if (name == "gemma2") {
      readGemma();
      json_["attn_logit_softcapping"] = number("attn_logit_softcapping").value_or(50);
      json_["final_logit_softcapping"] = number("final_logit_softcapping").value_or(30);
    } else if (name == "gemma3") {
      readGemma();
    } else if (name == "gemma4") {
      readGemma4();
    } else if (name == "qwen35") {
      readDelta();
    } else if (name == "phi3") {
      const auto window = integer("attention.sliding_window").value_or(0);
      json_["sliding_window"] = window > 0 ? Json(window) : Json();
    } else if (name == "granite") {
      json_["attention_multiplier"] = number("attention.scale").value_or(1 / std::sqrt(static_cast<double>(headDim_)));
      json_["embedding_multiplier"] = number("embedding_scale").value_or(1);
      json_["residual_multiplier"] = number("residual_scale").value_or(1);
      json_["logits_scaling"] = number("logit_scale").value_or(1);
    } else if (name == "smollm3") {
      json_["no_rope_layer_interval"] = 4;
    } else if (name == "cohere2") {
      readWindows();
      json_["logit_scale"] = number("logit_scale").value_or(0.0625);
    } else if (family_.modelType == "olmo3") {
      readWindows();
    } else if (name == "exaone4") {
      if (integer("attention.sliding_window").value_or(0) > 0) refuse("its layers slide, which is not read here");
      json_["sliding_window"] = Json();
    } else if (name == "hunyuan-dense") {
      json_["use_qk_norm"] = true;
    }
  }

  void readTokens() {
    for (const auto& [ours, theirs] :
         {std::pair("bos_token_id", "bos"), std::pair("eos_token_id", "eos"), std::pair("pad_token_id", "padding")}) {
      const auto* value = file_.metadata().find(fmt::format("tokenizer.ggml.{}_token_id", theirs));
      const auto id = value == nullptr ? std::nullopt : wholeNumber(*value);
      json_[ours] = id ? Json(*id) : Json();
    }
  }

  static constexpr std::int64_t kMostLayersRead = 10'000;

  const gguf::GgufFile& file_;
  const GgufFamily& family_;
  Json json_ = Json::object();
  std::optional<Error> problem_;
  std::int64_t width_ = 1, layers_ = 1, heads_ = 1, headDim_ = 1;
};

}  // namespace

Expected<Json> configOfGguf(const gguf::GgufFile& file) {
  // Files do not tell a Mistral from a Llama: they compute the same, but for a window that llama.cpp does not have.
  const auto window = fmt::format("{}.attention.sliding_window", file.architecture());
  const auto* family = ggufFamilyOfFile(file.architecture(), file.metadata().find(window) != nullptr);
  if (family == nullptr) {
    return Error{fmt::format(
        "{} cannot be read as a model: its architecture is {}, and those that are read are {}. Ask for the model as a "
        "Hugging Face folder.",
        base::printable(file.path().native()), base::inQuotes(file.architecture()), ggufArchitectures())};
  }
  return ConfigMaker(file, *family).make();
}

}  // namespace rosa::convert
