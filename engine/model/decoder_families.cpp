// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/decoder_families.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>

#include "model/config_parts.h"
#include "model/dense_config.h"

namespace rosa::model {

namespace {

constexpr DecoderNames kGpt2Names = {
    .tokens = "transformer.wte",
    .positions = "transformer.wpe",
    .layer = "transformer.h.",
    .finalNorm = "transformer.ln_f",
    .attentionNorm = "ln_1",
    .projections = "attn.c_attn",
    .attentionOut = "attn.c_proj",
    .mlpNorm = "ln_2",
    .up = "mlp.c_fc",
    .down = "mlp.c_proj",
    .inOut = true,
};

/// Norms before and after both branches.
constexpr DecoderNames sandwich() {
  auto names = kLlamaNames;
  names.attentionOutNorm = "post_attention_layernorm";
  names.mlpNorm = "pre_feedforward_layernorm";
  names.mlpOutNorm = "post_feedforward_layernorm";
  return names;
}

/// Norms after both branches alone.
constexpr DecoderNames normsAfter() {
  auto names = withHeadNorms(sandwich());
  names.attentionNorm = names.mlpNorm = "";
  return names;
}

constexpr DecoderNames gemma4() {
  auto names = withHeadNorms(sandwich());
  names.layerTokens = "model.embed_tokens_per_layer";
  names.layerProjection = "model.per_layer_model_projection";
  names.layerProjectionNorm = "model.per_layer_projection_norm";
  names.layerInputGate = "per_layer_input_gate";
  names.layerInputOut = "per_layer_projection";
  names.layerInputNorm = "post_per_layer_input_norm";
  names.layerScale = "layer_scalar";
  return names;
}

constexpr DecoderNames oneNorm() {
  auto names = kLlamaNames;
  names.mlpNorm = "";
  return names;
}

constexpr DecoderNames fused() {
  auto names = kLlamaNames;
  names.query = names.key = names.value = names.gate = names.up = "";
  names.projections = "self_attn.qkv_proj";
  names.gateUp = "mlp.gate_up_proj";
  return names;
}

constexpr DecoderNames hunyuan() {
  auto names = kLlamaNames;
  names.queryNorm = "self_attn.query_layernorm";
  names.keyNorm = "self_attn.key_layernorm";
  return names;
}

constexpr DecoderNames kQwen3Names = withHeadNorms(kLlamaNames);
constexpr DecoderNames kGemma2Names = sandwich();
constexpr DecoderNames kGemma3Names = withHeadNorms(sandwich());
constexpr DecoderNames kGemma4Names = gemma4();
constexpr DecoderNames kOlmoNames = normsAfter();
constexpr DecoderNames kPhi3Names = fused();
constexpr DecoderNames kCohereNames = oneNorm();
constexpr DecoderNames kHunyuanNames = hunyuan();

/// `sliding_window`: `absent` where the file has no such key, 0 (none) where it says null.
std::int64_t readWindow(ConfigReader& reader, std::int64_t absent) {
  constexpr std::int64_t kWidest = std::int64_t{1} << 40;
  if (!reader.says("sliding_window")) return absent;
  return reader.integer("sliding_window", 1, kWidest, 0);
}

/// Which layers slide: `layer_types`, or `otherwise` where the file has none.
std::vector<bool> readSliding(ConfigReader& reader, const ModelConfig& config,
                              const std::function<bool(std::int64_t)>& otherwise) {
  return readLayerTypes(reader, config, "sliding_attention", otherwise);
}

/// Gives the layers that slide their window.
void slide(ConfigReader& reader, ModelConfig& config, const std::vector<bool>& slides, std::int64_t window) {
  for (std::size_t i = 0; i < slides.size(); ++i) {
    if (!slides[i]) continue;
    if (window == 0) return reader.fail("sliding_window", "is missing, but layer_types has layers that slide");
    config.layerSpecs[i].window = window;
  }
}

/// Every n-th layer sees the whole text, the others slide.
std::function<bool(std::int64_t)> allButEvery(std::int64_t n) {
  return [n](std::int64_t layer) { return (layer + 1) % n != 0; };
}

/// A cap of scores or logits, which null switches off.
double readCap(ConfigReader& reader, const char* key, double absent) {
  constexpr double kSmallest = 1e-6;
  return reader.says(key) ? reader.number(key, kSmallest, kLargestMultiplier, 0) : absent;
}

/// Layers with a window turn as `local` says, the others as ropes[0].
void ropesByWindow(ModelConfig& config, RopeConfig local) {
  config.ropes.push_back(std::move(local));
  for (auto& layer : config.layerSpecs) layer.rope = layer.window > 0 ? 1 : 0;
}

/// Gemma 2 and 3: norms by 1 + weight, scaled embeddings, an own scale of the scores.
void readGemma(ConfigReader& reader, ModelConfig& config, const DecoderNames& names, const DenseDefaults& defaults) {
  readDense(reader, config, names, defaults);
  config.activation = readActivation(reader, "hidden_activation", defaults.activation);
  auto& spec = config.decoder;
  spec.norm = NormKind::RmsPlusOne;
  spec.embeddingScale = std::sqrt(static_cast<double>(config.width));
  constexpr double kUsualScalar = 256;
  spec.attentionScale = 1 / std::sqrt(reader.number("query_pre_attn_scalar", 1e-6, 1e9, kUsualScalar));
  reader.requireTruth("use_bidirectional_attention", false);
}

/// Heads of the layers that see the whole text, where Gemma 4's differ from the others': `per_layer_config` by the
/// layer's number, in older files one size for all of them.
void readGlobalHeads(ConfigReader& reader, ModelConfig& config, bool valueIsKey) {
  constexpr const char* kByLayer = "per_layer_config";
  const auto* byLayer = reader.find(kByLayer);
  if (byLayer != nullptr && !byLayer->is_object()) return reader.fail(kByLayer, "is not an object");
  const auto headDim = reader.integer("global_head_dim", 1, kLargestSize, 512);
  const auto keys = reader.integer("num_global_key_value_heads", 1, kLargestSize, config.keyValueHeads);
  std::size_t known = 0;
  for (std::size_t i = 0; i < config.layerSpecs.size(); ++i) {
    auto& layer = config.layerSpecs[i];
    if (byLayer == nullptr && layer.window == 0) {
      layer.headDim = headDim;
      if (valueIsKey) layer.keyValueHeads = keys;
    }
    const auto said = byLayer == nullptr ? nlohmann::ordered_json::const_iterator() : byLayer->find(std::to_string(i));
    if (byLayer != nullptr && said != byLayer->end()) {
      ++known;
      const auto name = fmt::format("{}.{}", kByLayer, i);
      if (!said->is_object()) return reader.fail(name, "is not an object");
      ConfigReader inner(*said, fmt::format("{}, {}", reader.file(), name));
      layer.headDim = inner.integer("head_dim", 1, kLargestSize, layer.headDim);
      layer.keyValueHeads = inner.integer("num_key_value_heads", 1, kLargestSize, layer.keyValueHeads);
      for (const auto& [key, value] : said->items()) {
        if (key != "head_dim" && key != "num_key_value_heads") inner.fail(key, "is not supported for a single layer");
      }
      reader.adopt(inner);
    }
    checkHeads(reader, layer);
  }
  if (byLayer != nullptr && known != byLayer->size()) {
    reader.fail(kByLayer, fmt::format("names layers beside the numbers 0 to {}", config.layers - 1));
  }
  for (const auto& layer : config.layerSpecs) {
    const auto first = std::ranges::find(config.layerSpecs, layer.window, &LayerSpec::window);
    if (layer.headDim == first->headDim && layer.keyValueHeads == first->keyValueHeads) continue;
    reader.fail(kByLayer, "gives layers of one kind heads of several sizes, which is not supported");
  }
}

/// The last layers of Gemma 4, which use keys and values of the last one before them that sees as they do.
void shareKeys(ConfigReader& reader, ModelConfig& config) {
  constexpr const char* kShared = "num_kv_shared_layers";
  const auto shared = reader.integer(kShared, 0, config.layers - 1, 0);
  const bool doubled = reader.truth("use_double_wide_mlp", false);
  const auto own = static_cast<std::size_t>(config.layers - shared);
  for (auto i = own; i < config.layerSpecs.size(); ++i) {
    auto& layer = config.layerSpecs[i];
    for (auto from = own; from-- > 0 && layer.keysOf < 0;) {
      if (config.layerSpecs[from].window == layer.window) layer.keysOf = static_cast<int>(from);
    }
    if (layer.keysOf < 0) {
      return reader.fail(kShared,
                         fmt::format("is {}, which leaves layer {} no layer of its kind before it", shared, i));
    }
    if (doubled) layer.feedForward *= 2;
  }
}

}  // namespace

void readGpt2(ConfigReader& reader, ModelConfig& config) {
  auto& spec = config.decoder;
  spec.names = &kGpt2Names;
  spec.norm = NormKind::Layer;
  spec.gatedMlp = false;
  spec.fixedPaddingRow = false;
  spec.shrinksResidualStart = true;
  config.width = integerUnderEither(reader, "n_embd", "hidden_size", kLargestSize, 768);
  config.layers = integerUnderEither(reader, "n_layer", "num_hidden_layers", kMostLayers, 12);
  config.heads = integerUnderEither(reader, "n_head", "num_attention_heads", kLargestSize, 12);
  config.feedForward = reader.integer("n_inner", 1, kLargestSize, 4 * config.width);
  config.positions = integerUnderEither(reader, "n_positions", "max_position_embeddings", kLargestSize, 1024);
  config.normEpsilon = reader.number("layer_norm_epsilon", 0, 1, 1e-5);
  config.activation = readActivation(reader, "activation_function", "gelu_new");
  config.embeddingDropout = reader.number("embd_pdrop", 0, kMostDropout, 0.1);
  config.attentionDropout = reader.number("attn_pdrop", 0, kMostDropout, 0.1);
  config.hiddenDropout = reader.number("resid_pdrop", 0, kMostDropout, 0.1);
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
  settleHeads(reader, config, "n_head");
  config.layerSpecs = equalLayers(config);
}

void readLlama(ConfigReader& reader, ModelConfig& config) {
  readDense(reader, config, kLlamaNames, {});
  oneRope(reader, config);
  reader.requireTruth("use_sliding_window", false);
}

void readQwen2(ConfigReader& reader, ModelConfig& config) {
  readDense(reader, config, kLlamaNames, {.positions = 32768});
  config.attentionBias = true;  // Qwen2 has no such key
  config.attentionOutputBias = config.mlpBias = false;
  oneRope(reader, config);
  const auto window = reader.truth("use_sliding_window", false) ? readWindow(reader, 4096) : 0;
  const auto first = reader.integer("max_window_layers", 0, kMostLayers, 28);
  slide(reader, config, readSliding(reader, config, [&](std::int64_t layer) { return window > 0 && layer >= first; }),
        window);
}

void readQwen3(ConfigReader& reader, ModelConfig& config) {
  readDense(reader, config, kQwen3Names, {.headDim = 128, .positions = 32768});
  config.mlpBias = false;
  config.decoder.queryKeyNorm = QueryKeyNorm::HeadBeforeRope;
  oneRope(reader, config);
  const auto window = reader.truth("use_sliding_window", false) ? readWindow(reader, 4096) : 0;
  const auto first = reader.integer("max_window_layers", 0, kMostLayers, 28);
  slide(reader, config, readSliding(reader, config, [&](std::int64_t layer) { return window > 0 && layer >= first; }),
        window);
}

void readMistral(ConfigReader& reader, ModelConfig& config) {
  readDense(reader, config, kLlamaNames, {.positions = 131072});
  config.attentionBias = config.attentionOutputBias = config.mlpBias = false;
  oneRope(reader, config);
  const auto window = readWindow(reader, 4096);
  slide(reader, config, std::vector<bool>(static_cast<std::size_t>(config.layers), window > 0), window);
}

void readMinistral3(ConfigReader& reader, ModelConfig& config) {
  readDense(reader, config, kLlamaNames, {.normEpsilon = 1e-5, .headDim = 128, .positions = 262144});
  config.attentionBias = config.attentionOutputBias = config.mlpBias = false;
  oneRope(reader, config);
  const auto window = readWindow(reader, 0);
  slide(reader, config, std::vector<bool>(static_cast<std::size_t>(config.layers), window > 0), window);
  const auto* rope = findRope(reader);
  if (rope == nullptr) {  // what the configuration class has then
    auto& stretched = config.ropes.front();
    stretched.type = RopeConfig::Type::Yarn;
    stretched.theta = 1e6;
    stretched.factor = 16;
    stretched.originalPositions = config.decoder.queryGrowthLength = 16384;
    config.decoder.queryGrowth = 0.1;
  } else if (rope->is_object()) {
    ConfigReader inner(*rope, fmt::format("{}, rope", reader.file()));
    config.decoder.queryGrowth = inner.number("llama_4_scaling_beta", 0, kLargestMultiplier, 0);
    config.decoder.queryGrowthLength = config.ropes.front().originalPositions;
    reader.adopt(inner);
  }
}

void readGemma2(ConfigReader& reader, ModelConfig& config) {
  readGemma(reader, config, kGemma2Names,
            {.tied = true, .headDim = 256, .positions = 8192, .activation = "gelu_pytorch_tanh"});
  config.decoder.attentionCap = readCap(reader, "attn_logit_softcapping", 50);
  config.decoder.logitCap = readCap(reader, "final_logit_softcapping", 30);
  oneRope(reader, config);
  slide(reader, config, readSliding(reader, config, allButEvery(2)), readWindow(reader, 4096));
}

void readGemma3(ConfigReader& reader, ModelConfig& config) {
  readGemma(reader, config, kGemma3Names,
            {.tied = true,
             .headDim = 256,
             .heads = 8,
             .keyValueHeads = 4,
             .positions = 131072,
             .activation = "gelu_pytorch_tanh"});
  auto& spec = config.decoder;
  const auto unused = [&](const char* key) {
    if (const double cap = readCap(reader, key, 0); cap > 0) {
      config.remarks.push_back(fmt::format(
          "config.json: {} is {}, which Transformers does not apply in this class, nor is it here.", key, cap));
    }
  };
  unused("attn_logit_softcapping");
  if (config.row->whole()) {
    unused("final_logit_softcapping");
  } else {
    spec.logitCap = readCap(reader, "final_logit_softcapping", 0);
  }
  spec.queryKeyNorm = QueryKeyNorm::HeadBeforeRope;
  const auto whole = ropeDefaults(config, reader.number("rope_theta", 1, kLargestTheta, 1e6));
  config.ropes = {readRopeOf(reader, whole, "full_attention", true)};
  config.layerSpecs = equalLayers(config);
  const auto pattern = reader.integer("sliding_window_pattern", 1, kMostLayers, 6);
  slide(reader, config, readSliding(reader, config, allButEvery(pattern)), readWindow(reader, 4096));
  const auto local = ropeDefaults(config, reader.number("rope_local_base_freq", 1, kLargestTheta, 10000));
  ropesByWindow(config, readRopeOf(reader, local, "sliding_attention"));
}

void readGemma4(ConfigReader& reader, ModelConfig& config) {
  constexpr const char* kActivation = "gelu_pytorch_tanh";
  readDense(
      reader, config, kGemma4Names,
      {.tied = true, .headDim = 256, .heads = 8, .keyValueHeads = 4, .positions = 131072, .activation = kActivation});
  config.activation = readActivation(reader, "hidden_activation", kActivation);
  config.mlpBias = false;
  auto& spec = config.decoder;
  spec.queryKeyNorm = QueryKeyNorm::HeadBeforeRope;
  spec.valueNorm = true;
  spec.embeddingScale = std::sqrt(static_cast<double>(config.width));
  spec.attentionScale = 1;
  spec.logitCap = readCap(reader, "final_logit_softcapping", 0);
  spec.layerInput = reader.integer("hidden_size_per_layer_input", 0, kLargestSize, 256);
  spec.layerInputVocabulary = reader.integer("vocab_size_per_layer_input", 1, kLargestSize, 262144);
  if (spec.layerInput > 0 && spec.layerInputVocabulary < config.vocabularySize) {
    reader.fail("vocab_size_per_layer_input",
                fmt::format("is {}, below the vocabulary's {}", spec.layerInputVocabulary, config.vocabularySize));
  }
  reader.requireTruth("enable_moe_block", false);
  if (reader.text("use_bidirectional_attention", "vision") != "vision") {  // which is of pictures alone
    reader.fail("use_bidirectional_attention", "asks that tokens see those behind them, which is not supported");
  }

  RopeConfig whole, local;
  whole.type = RopeConfig::Type::Proportional;
  whole.theta = 1e6;
  whole.share = 0.25;
  if (reader.find("rope_parameters") != nullptr) {
    const auto defaults = ropeDefaults(config, reader.number("rope_theta", 1, kLargestTheta, local.theta));
    whole = readRopeOf(reader, defaults, "full_attention");
    local = readRopeOf(reader, defaults, "sliding_attention");
  }
  config.ropes = {whole};
  config.layerSpecs = equalLayers(config);
  auto slides = readSliding(reader, config, allButEvery(6));
  slides.back() = false;  // as Transformers has it, whatever the file says
  slide(reader, config, slides, readWindow(reader, 512));
  ropesByWindow(config, local);
  const bool valueIsKey = reader.truth("attention_k_eq_v", false);
  for (auto& layer : config.layerSpecs) layer.valueIsKey = valueIsKey && layer.window == 0;
  readGlobalHeads(reader, config, valueIsKey);
  shareKeys(reader, config);
}

void readPhi3(ConfigReader& reader, ModelConfig& config) {
  readDense(reader, config, kPhi3Names, {.normEpsilon = 1e-5, .positions = 4096});
  config.attentionBias = config.attentionOutputBias = config.mlpBias = false;
  config.hiddenDropout = reader.number("resid_pdrop", 0, kMostDropout, 0);
  auto defaults = ropeDefaults(config);
  defaults.anyShare = true;
  defaults.originalPositions = 4096;
  config.ropes = {readRope(reader, defaults)};
  const auto type = config.ropes.front().type;
  if (type != RopeConfig::Type::Default && type != RopeConfig::Type::LongRope) {
    reader.fail("rope_type", "is neither default nor longrope, which Phi-3 alone has");
  }
  config.layerSpecs = equalLayers(config);
  const auto window = readWindow(reader, 0);
  slide(reader, config, std::vector<bool>(static_cast<std::size_t>(config.layers), window > 0), window);
}

void readSmolLm3(ConfigReader& reader, ModelConfig& config) {
  readDense(reader, config, kLlamaNames, {.tied = true, .positions = 32768});
  oneRope(reader, config, 2e6);
  const auto interval = reader.integer("no_rope_layer_interval", 1, kMostLayers, 4);
  std::vector<bool> turns;
  for (std::int64_t i = 0; i < config.layers; ++i) turns.push_back((i + 1) % interval != 0);
  if (const auto* listed = reader.find("no_rope_layers")) {
    if (!listed->is_array() || std::ssize(*listed) != config.layers) {
      return reader.fail("no_rope_layers", fmt::format("is no list of {} numbers, one for each layer", config.layers));
    }
    for (std::size_t i = 0; i < turns.size(); ++i) turns[i] = (*listed)[i] != 0;  // 1 means a rope, whatever the name
  }
  for (std::size_t i = 0; i < turns.size(); ++i) config.layerSpecs[i].rope = turns[i] ? 0 : -1;
  const auto window = reader.truth("use_sliding_window", false) ? readWindow(reader, 0) : 0;
  slide(reader, config,
        readSliding(reader, config,
                    [&](std::int64_t layer) { return window > 0 && !turns[static_cast<std::size_t>(layer)]; }),
        window);
}

void readOlmo2(ConfigReader& reader, ModelConfig& config) {
  readDense(reader, config, kOlmoNames, {.normEpsilon = 1e-5});
  config.decoder.queryKeyNorm = QueryKeyNorm::WholeBeforeRope;
  oneRope(reader, config);
}

void readOlmo3(ConfigReader& reader, ModelConfig& config) {
  readDense(reader, config, kOlmoNames, {.normEpsilon = 1e-5});
  config.decoder.queryKeyNorm = QueryKeyNorm::WholeBeforeRope;
  constexpr double kTheta = 500000;
  const auto whole = ropeDefaults(config, reader.number("rope_theta", 1, kLargestTheta, kTheta));
  config.ropes = {readRopeOf(reader, whole, "full_attention", true)};
  config.layerSpecs = equalLayers(config);
  slide(reader, config, readSliding(reader, config, allButEvery(4)), readWindow(reader, 4096));
  ropesByWindow(config, readRopeOf(reader, ropeDefaults(config, kTheta), "sliding_attention"));
}

void readGranite(ConfigReader& reader, ModelConfig& config) {
  readDense(reader, config, kLlamaNames, {});
  auto& spec = config.decoder;
  spec.embeddingScale = reader.number("embedding_multiplier", 1e-6, kLargestMultiplier, 1);
  spec.residualScale = reader.number("residual_multiplier", 1e-6, kLargestMultiplier, 1);
  spec.attentionScale = reader.number("attention_multiplier", 1e-6, kLargestMultiplier, 1);
  spec.logitScale = 1 / reader.number("logits_scaling", 1e-6, kLargestMultiplier, 1);
  oneRope(reader, config);
}

void readCohere2(ConfigReader& reader, ModelConfig& config) {
  readDense(reader, config, kCohereNames, {.tied = true, .positions = 8192});
  config.mlpBias = false;
  config.normEpsilon = reader.number("layer_norm_eps", 0, 1, 1e-5);
  auto& spec = config.decoder;
  spec.form = BlockForm::Parallel;
  spec.norm = NormKind::LayerNoBias;
  spec.logitScale = reader.number("logit_scale", 1e-6, kLargestMultiplier, 0.0625);
  oneRope(reader, config);
  config.ropes.front().neighbours = true;
  const auto pattern = reader.integer("sliding_window_pattern", 1, kMostLayers, 4);
  slide(reader, config, readSliding(reader, config, allButEvery(pattern)), readWindow(reader, 4096));
  for (auto& layer : config.layerSpecs) layer.rope = layer.window > 0 ? 0 : -1;
}

void readHelium(ConfigReader& reader, ModelConfig& config) {
  readDense(reader, config, kLlamaNames, {.normEpsilon = 1e-8, .headDim = 128, .positions = 4096});
  config.attentionOutputBias = false;
  oneRope(reader, config, 100000);
  config.ropes.front().neighbours = true;
}

void readErnie45(ConfigReader& reader, ModelConfig& config) {
  readDense(reader, config, kLlamaNames,
            {.normEpsilon = 1e-5, .tied = true, .headDim = 128, .keyValueHeads = 2, .positions = 131072});
  config.attentionBias = config.attentionOutputBias = config.mlpBias = reader.truth("use_bias", false);
  oneRope(reader, config, 500000);
  config.ropes.front().neighbours = true;
}

void readExaone4(ConfigReader& reader, ModelConfig& config) {
  readDense(reader, config, kOlmoNames, {.normEpsilon = 1e-5});
  config.attentionBias = config.attentionOutputBias = config.mlpBias = false;
  config.decoder.queryKeyNorm = QueryKeyNorm::HeadBeforeRope;
  oneRope(reader, config);
  const auto window = readWindow(reader, 4096);
  // A number, or a text such as LLLG whose length is that number.
  const auto* listed = reader.find("sliding_window_pattern");
  const auto pattern = listed != nullptr && listed->is_string()
                           ? std::max<std::int64_t>(1, std::ssize(listed->get<std::string>()))
                           : reader.integer("sliding_window_pattern", 0, kMostLayers, 4);
  slide(reader, config,
        readSliding(reader, config,
                    [&](std::int64_t layer) { return window > 0 && pattern > 0 && (layer + 1) % pattern != 0; }),
        window);
  if (window == 0) return;
  for (auto& layer : config.layerSpecs) layer.rope = layer.window > 0 ? 0 : -1;
}

void readHunyuan(ConfigReader& reader, ModelConfig& config) {
  readDense(reader, config, kHunyuanNames, {.normEpsilon = 1e-5});
  config.mlpBias = false;
  config.decoder.queryKeyNorm = QueryKeyNorm::HeadAfterRope;
  reader.requireTruth("use_qk_norm", true);
  oneRope(reader, config);
}

}  // namespace rosa::model
