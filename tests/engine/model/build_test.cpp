// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/build.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "engine/model/tiny_models.h"

namespace rosa::model {
namespace {

/// Every stored tensor of a bare BERT: the source that a new head is added to.
test::MapSource bareEncoder() {
  auto config = test::tinyConfig(test::Family::Bert);
  config["architectures"] = {"BertModel"};
  const auto model = test::tinyModel(config, 3);
  test::MapSource source;
  for (const auto& stored : model->tensors()) source.tensors.emplace(stored.name.substr(5), stored.tensor);
  return source;
}

ModelConfig bareConfig() {
  auto config = test::tinyConfig(test::Family::Bert);
  config["architectures"] = {"BertModel"};
  config["hidden_size"] = 16;
  return test::parsed(config);
}

BuildOptions classification(std::int64_t labels, std::uint64_t seed) {
  BuildOptions options;
  options.head = Head::Classification;
  options.labels = labels;
  options.labelNames = {{0, "cold"}, {1, "warm"}};
  options.seed = seed;
  return options;
}

std::unique_ptr<Model> built(const ModelConfig& config, const device::TensorSource* source,
                             const BuildOptions& options) {
  auto model = buildModel(config, source, options);
  if (!model) throw std::runtime_error(model.error().message);
  return *std::move(model);
}

std::string refusal(const ModelConfig& config, const device::TensorSource* source, const BuildOptions& options) {
  const auto model = buildModel(config, source, options);
  return model ? "" : model.error().message;
}

TEST(Build, ASeedDecidesTheWeights) {
  for (const auto family : {test::Family::Gpt2, test::Family::Llama, test::Family::Bert, test::Family::Roberta}) {
    const auto one = test::tinyModel(test::tinyConfig(family), 1);
    const auto again = test::tinyModel(test::tinyConfig(family), 1);
    const auto other = test::tinyModel(test::tinyConfig(family), 2);
    for (std::size_t i = 0; i < one->tensors().size(); ++i) {
      const auto& stored = one->tensors()[i];
      EXPECT_TRUE(at::equal(stored.tensor, again->tensors()[i].tensor)) << stored.name;
      if (!stored.name.ends_with(".weight") || stored.role == Role::Norm) continue;
      EXPECT_FALSE(at::equal(stored.tensor, other->tensors()[i].tensor)) << stored.name;
      // initializer_range 0.2; GPT-2's residual projections shrink with depth: 0.2 / sqrt(2·2 layers).
      const auto deviation = family == test::Family::Gpt2 && stored.name.ends_with("c_proj.weight") ? 0.1 : 0.2;
      const auto count = static_cast<double>(stored.tensor.numel());
      EXPECT_NEAR(stored.tensor.std().item<double>(), deviation, 5 * deviation / std::sqrt(2 * count)) << stored.name;
    }
  }
}

TEST(Build, AddsASeededHeadToABareEncoder) {
  const auto source = bareEncoder();
  const auto config = bareConfig();
  EXPECT_EQ(config.head, Head::None);
  const auto model = built(config, &source, classification(200, 7));
  const auto head = test::stored(*model, "classifier.weight");
  EXPECT_EQ(head.sizes().vec(), (std::vector<std::int64_t>{200, 16}));
  EXPECT_NEAR(head.std().item<double>(), 0.02, 0.001);
  EXPECT_NEAR(head.mean().item<double>(), 0, 0.002);
  EXPECT_EQ(test::largest(test::stored(*model, "classifier.bias")), 0);
  EXPECT_EQ(model->config().labels, 200);
  EXPECT_EQ(model->config().labelNames.at(1), "warm");
  EXPECT_TRUE(at::equal(head, test::stored(*built(config, &source, classification(200, 7)), "classifier.weight")));
  EXPECT_FALSE(at::equal(head, test::stored(*built(config, &source, classification(200, 8)), "classifier.weight")));

  for (const auto& [name, tensor] : source.tensors)
    EXPECT_TRUE(at::equal(test::stored(*model, "bert." + name), tensor)) << name;
}

TEST(Build, DrawsAPoolerThatAMaskedWordModelLacks) {
  auto source = bareEncoder();
  source.tensors.erase("pooler.dense.weight");
  source.tensors.erase("pooler.dense.bias");
  auto json = test::tinyConfig(test::Family::Bert);
  json["architectures"] = {"BertForMaskedLM"};
  const auto model = built(test::parsed(json), &source, classification(2, 7));
  EXPECT_NEAR(test::stored(*model, "bert.pooler.dense.weight").std().item<double>(), 0.02, 0.004);
}

TEST(Build, APoolerOfTheWrongShapeIsNoMissingOne) {
  auto source = bareEncoder();
  source.tensors["pooler.dense.weight"] = at::zeros({16, 8});
  EXPECT_NE(refusal(bareConfig(), &source, {}).find("'pooler.dense.weight' has the shape [16, 8]"), std::string::npos);
}

TEST(Build, KeepsAHeadThatFitsAndReplacesOneThatDoesNot) {
  const auto trained = test::tinyModel(test::tinyConfig(test::Family::Roberta), 3);
  const test::MapSource source(*trained);
  const auto same = built(trained->config(), &source, classification(3, 7));
  EXPECT_TRUE(at::equal(test::stored(*same, "classifier.out_proj.weight"),
                        test::stored(*trained, "classifier.out_proj.weight")));
  const auto other = built(trained->config(), &source, classification(5, 7));
  EXPECT_EQ(test::stored(*other, "classifier.out_proj.weight").size(0), 5);
  EXPECT_TRUE(
      at::equal(test::stored(*other, "classifier.dense.weight"), test::stored(*trained, "classifier.dense.weight")));
}

TEST(Build, ReadsTheNormsOldNames) {
  const auto model = test::tinyModel(test::tinyConfig(test::Family::Bert), 3);
  test::MapSource source;
  for (const auto& stored : model->tensors()) {
    auto name = stored.name;
    if (const auto at = name.find("LayerNorm.weight"); at != std::string::npos) name.replace(at, 16, "LayerNorm.gamma");
    if (const auto at = name.find("LayerNorm.bias"); at != std::string::npos) name.replace(at, 14, "LayerNorm.beta");
    if (stored.role == Role::Norm) stored.tensor.copy_(test::randomMatrix(1, 16, source.tensors.size())[0]);
    source.tensors.emplace(name, stored.tensor);
  }
  const auto again = built(model->config(), &source, {});
  for (const auto& stored : model->tensors())
    EXPECT_TRUE(at::equal(test::stored(*again, stored.name), stored.tensor)) << stored.name;
}

TEST(Build, NamesTheTensorThatIsMissing) {
  const auto model = test::tinyModel(test::tinyConfig(test::Family::Llama));
  for (const auto& stored : model->tensors()) {
    test::MapSource source(*model);
    source.tensors.erase(stored.name);
    EXPECT_NE(refusal(model->config(), &source, {}).find("no tensor '" + stored.name + "'"), std::string::npos);
  }
}

TEST(Build, AMissingHeadOfTheCheckpointsOwnIsNoNewHead) {
  const auto model = test::tinyModel(test::tinyConfig(test::Family::Bert));
  test::MapSource source(*model);
  source.tensors.erase("classifier.weight");
  EXPECT_NE(refusal(model->config(), &source, {}).find("'classifier.weight'"), std::string::npos);
}

TEST(Build, NamesTheTensorThatIsMisshapen) {
  for (const auto family : {test::Family::Gpt2, test::Family::Bert}) {
    const auto model = test::tinyModel(test::tinyConfig(family));
    for (const auto& stored : model->tensors()) {
      test::MapSource source(*model);
      source.tensors[stored.name] = at::zeros({3, 1, 2});
      const auto message = refusal(model->config(), &source, {});
      EXPECT_NE(message.find("'" + stored.name + "' has the shape [3, 1, 2]"), std::string::npos) << message;
    }
  }
}

TEST(Build, RefusesHeadsThatAnArchitectureCannotCarry) {
  BuildOptions language;
  language.head = Head::LanguageModel;
  EXPECT_NE(refusal(bareConfig(), nullptr, language).find("BERT is an encoder"), std::string::npos);
  EXPECT_NE(refusal(bareConfig(), nullptr, classification(0, 0)).find("number of classes"), std::string::npos);
}

TEST(Build, AModelLargerThanAnyMemoryIsRefused) {
  auto json = test::tinyConfig(test::Family::Llama);
  json["vocab_size"] = 1 << 24;
  json["hidden_size"] = 1 << 24;
  const auto config = test::parsed(json);
#if !defined(__SANITIZE_ADDRESS__)  // its allocator ends the program instead of refusing
  EXPECT_NE(refusal(config, nullptr, {}).find("does not fit into memory"), std::string::npos);
#endif
  // With weights at hand it is they that do not fit, which is found before anything is allocated.
  const auto model = test::tinyModel(test::tinyConfig(test::Family::Llama));
  const test::MapSource source(*model);
  EXPECT_NE(refusal(config, &source, {}).find("'model.embed_tokens.weight' has the shape [50, 16]"), std::string::npos);
}

TEST(Build, OverridesEveryDropout) {
  BuildOptions options;
  options.dropout = 0.25;
  const auto model = built(test::parsed(test::tinyConfig(test::Family::Bert, 0.1)), nullptr, options);
  const auto& config = model->config();
  for (const auto p :
       {config.embeddingDropout, config.attentionDropout, config.hiddenDropout, config.classifierDropout})
    EXPECT_EQ(p, 0.25);
}

TEST(Build, CountsWithoutMemoryOnTheMetaDevice) {
  auto json = test::tinyConfig(test::Family::Gpt2);
  json["n_embd"] = 1 << 14;
  BuildOptions options;
  options.device = c10::DeviceType::Meta;
  const auto model = built(test::parsed(json), nullptr, options);
  EXPECT_EQ(test::stored(*model, "transformer.h.1.attn.c_attn.weight").sizes().vec(),
            (std::vector<std::int64_t>{1 << 14, 3 << 14}));
}

}  // namespace
}  // namespace rosa::model
