// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/adapt/matrices.h"
#include "model/build.h"

/// Random models of a few thousand numbers, batches for them, and tensors in memory to fill them from.
namespace rosa::test {

using Json = nlohmann::ordered_json;

/// Whose config.json a tiny model has.
enum class Family {
  Gpt2,
  Llama,
  Bert,
  Roberta,
  DistilBert,
  Electra,
  Albert,
  ModernBert,
  Deberta,
  DebertaConv,
  Lfm2,
  Qwen35,
  Gemma4
};

/// All of them, for tests of what every family does.
inline constexpr Family kEveryFamily[] = {Family::Gpt2,       Family::Llama,       Family::Bert,   Family::Roberta,
                                          Family::DistilBert, Family::Electra,     Family::Albert, Family::ModernBert,
                                          Family::Deberta,    Family::DebertaConv, Family::Lfm2,   Family::Qwen35,
                                          Family::Gemma4};
/// Those with layers that keep a state.
inline constexpr Family kStateFamilies[] = {Family::Lfm2, Family::Qwen35};

inline const char* familyName(Family family) {
  constexpr const char* kNames[] = {"Gpt2",    "Llama",  "Bert",       "Roberta", "DistilBert",
                                    "Electra", "Albert", "ModernBert", "Deberta", "DebertaConv",
                                    "Lfm2",    "Qwen35", "Gemma4"};
  return kNames[static_cast<std::size_t>(family)];
}

/// So that a failing parameterised test names its family.
inline void PrintTo(Family family, std::ostream* out) {
  *out << familyName(family);
}

inline const char* encoderClass(Family family) {
  switch (family) {
    case Family::Roberta:
      return "RobertaForSequenceClassification";
    case Family::DistilBert:
      return "DistilBertForSequenceClassification";
    case Family::Electra:
      return "ElectraForSequenceClassification";
    case Family::Albert:
      return "AlbertForSequenceClassification";
    case Family::ModernBert:
      return "ModernBertForSequenceClassification";
    case Family::Deberta:
    case Family::DebertaConv:
      return "DebertaV2ForSequenceClassification";
    default:
      return "BertForSequenceClassification";
  }
}

/// What an encoder's config.json has beside BERT's keys.
inline Json ownKeys(Family family, double dropout) {
  switch (family) {
    case Family::Roberta:
      return {{"pad_token_id", 1}};
    case Family::DistilBert:
      return {{"dim", 16},
              {"n_layers", 2},
              {"n_heads", 4},
              {"hidden_dim", 24},
              {"dropout", dropout},
              {"attention_dropout", dropout},
              {"seq_classif_dropout", dropout}};
    case Family::Electra:
      return {{"embedding_size", 8}};
    case Family::Albert:
      return {{"embedding_size", 8}, {"classifier_dropout_prob", dropout}};
    case Family::ModernBert:
      return {{"embedding_dropout", dropout},
              {"attention_dropout", dropout},
              {"classifier_dropout", dropout},
              {"classifier_pooling", "mean"},
              {"global_attn_every_n_layers", 2},
              {"local_attention", 4},
              {"pad_token_id", 0}};
    case Family::Deberta:
      return {{"relative_attention", true},   {"position_buckets", 6},     {"share_att_key", true},
              {"norm_rel_ebd", "layer_norm"}, {"pos_att_type", "p2c|c2p"}, {"position_biased_input", false},
              {"type_vocab_size", 0},         {"pooler_dropout", dropout}};
    case Family::DebertaConv:
      return {{"relative_attention", true}, {"pos_att_type", {"c2p", "p2c"}},
              {"type_vocab_size", 2},       {"conv_kernel_size", 3},
              {"conv_act", "gelu"},         {"pooler_dropout", dropout}};
    default:
      return Json::object();
  }
}

inline Json tinyConfig(Family family, double dropout = 0) {
  if (family == Family::Gpt2) {
    return {{"architectures", {"GPT2LMHeadModel"}},
            {"vocab_size", 50},
            {"n_embd", 16},
            {"n_layer", 2},
            {"n_head", 4},
            {"n_positions", 32},
            {"embd_pdrop", dropout},
            {"attn_pdrop", dropout},
            {"resid_pdrop", dropout},
            {"initializer_range", 0.2}};
  }
  Json config = {{"vocab_size", 50},         {"hidden_size", 16},       {"num_hidden_layers", 2},
                 {"num_attention_heads", 4}, {"intermediate_size", 24}, {"max_position_embeddings", 32},
                 {"initializer_range", 0.2}};
  if (family == Family::Llama) {
    config["architectures"] = {"LlamaForCausalLM"};
    config["num_key_value_heads"] = 2;
    config["attention_dropout"] = dropout;
    return config;
  }
  if (family == Family::Gemma4) {
    config.update({{"architectures", {"Gemma4ForCausalLM"}},
                   {"attention_dropout", dropout},
                   {"global_head_dim", 8},
                   {"head_dim", 4},
                   {"hidden_size_per_layer_input", 4},
                   {"layer_types", {"sliding_attention", "full_attention", "sliding_attention", "full_attention"}},
                   {"num_hidden_layers", 4},
                   {"num_key_value_heads", 2},
                   {"num_kv_shared_layers", 2},
                   {"sliding_window", 5},
                   {"use_double_wide_mlp", true},
                   {"vocab_size_per_layer_input", 50}});
    return config;
  }
  if (family == Family::Lfm2) {
    config.update({{"architectures", {"Lfm2ForCausalLM"}},
                   {"num_key_value_heads", 2},
                   {"block_multiple_of", 24},
                   {"layer_types", {"conv", "full_attention"}}});
    return config;
  }
  if (family == Family::Qwen35) {
    config.update({{"architectures", {"Qwen3_5ForCausalLM"}},
                   {"num_key_value_heads", 2},
                   {"head_dim", 8},
                   {"attention_dropout", dropout},
                   {"linear_num_key_heads", 2},
                   {"linear_num_value_heads", 4},
                   {"linear_key_head_dim", 4},
                   {"linear_value_head_dim", 6},
                   {"layer_types", {"linear_attention", "full_attention"}}});
    return config;
  }
  config["architectures"] = {encoderClass(family)};
  config["hidden_dropout_prob"] = dropout;
  config["attention_probs_dropout_prob"] = dropout;
  config["id2label"] = {{"0", "no"}, {"1", "yes"}, {"2", "maybe"}};
  config.update(ownKeys(family, dropout));
  return config;
}

inline model::ModelConfig parsed(const Json& source) {
  auto config = model::parseModelConfig(source, "config.json");
  if (!config) throw std::runtime_error(config.error().message);
  return *std::move(config);
}

/// Why a config.json is refused; empty where it is read.
inline std::string refusal(const Json& source, const std::string& file = "config.json") {
  const auto config = model::parseModelConfig(source, file);
  return config ? "" : config.error().message;
}

inline std::unique_ptr<model::Model> tinyModel(const Json& config, std::uint64_t seed = 1,
                                               c10::Device device = at::kCPU) {
  model::BuildOptions options;
  options.device = device;
  options.seed = seed;
  auto model = model::buildModel(parsed(config), nullptr, options);
  if (!model) throw std::runtime_error(model.error().message);
  return *std::move(model);
}

/// Sequences of these lengths with seeded ids, and targets for the model's head.
inline model::Batch tinyBatch(const model::ModelConfig& config, const std::vector<std::int64_t>& lengths,
                              std::uint64_t seed = 5) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  model::Batch batch;
  batch.offsets = {0};
  std::vector<at::Tensor> positions;
  for (const auto length : lengths) {
    batch.offsets.push_back(batch.offsets.back() + length);
    positions.push_back(at::arange(config.firstPosition, config.firstPosition + length, at::kLong));
  }
  batch.positionIds = at::cat(positions);
  const auto tokens = batch.offsets.back();
  batch.tokenIds = at::randint(3, config.vocabularySize, {tokens}, generator, at::kLong);
  if (config.head == model::Head::LanguageModel) {
    batch.targets = at::randint(0, config.vocabularySize, {tokens}, generator, at::kLong);
    for (std::size_t i = 1; i < batch.offsets.size(); ++i) batch.targets[batch.offsets[i] - 1] = -100;
  } else {
    batch.targets = at::randint(0, config.labels, {static_cast<std::int64_t>(lengths.size())}, generator, at::kLong);
  }
  return batch;
}

/// Tensors by name.
class MapSource final : public device::TensorSource {
 public:
  std::map<std::string, at::Tensor> tensors;

  MapSource() = default;
  explicit MapSource(const model::Model& model) {
    for (const auto& stored : model.tensors()) tensors.emplace(stored.name, stored.tensor);
  }

  bool contains(std::string_view name) const override { return tensors.contains(std::string(name)); }
  std::vector<std::string> names() const override {
    std::vector<std::string> all;
    for (const auto& [name, tensor] : tensors) all.push_back(name);
    return all;
  }
  Expected<std::vector<std::int64_t>> shape(std::string_view name) const override {
    return tensors.at(std::string(name)).sizes().vec();
  }
  Status read(std::string_view name, at::Tensor destination) const override {
    destination.copy_(tensors.at(std::string(name)));
    return {};
  }
  Expected<bool> equal(std::string_view one, std::string_view other) const override {
    return at::equal(tensors.at(std::string(one)), tensors.at(std::string(other)));
  }
};

inline at::Tensor stored(const model::Model& model, const std::string& name) {
  for (const auto& tensor : model.tensors()) {
    if (tensor.name == name) return tensor.tensor;
  }
  throw std::runtime_error("no tensor " + name);
}

}  // namespace rosa::test
