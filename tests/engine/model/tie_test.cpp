// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/tie.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>

#include "engine/model/tiny_models.h"

/// The right behaviour is that of transformers 5.24's `PreTrainedModel.tie_weights`, tried on the same four files.
namespace rosa::model {
namespace {

class Tie : public testing::TestWithParam<test::Family> {
 protected:
  static ModelConfig configSaying(bool tied) {
    auto json = test::tinyConfig(GetParam());
    json["tie_word_embeddings"] = tied;
    return test::parsed(json);
  }
  static std::string table() { return tokenTable(configSaying(true)); }
  /// The weights of an untied model, whose two tables differ.
  static test::MapSource bothTables() {
    auto json = test::tinyConfig(GetParam());
    json["tie_word_embeddings"] = false;
    return test::MapSource(*test::tinyModel(json, 3));
  }
  static std::unique_ptr<Model> opened(const ModelConfig& config, const test::MapSource& source,
                                       const BuildOptions& options = {}) {
    const auto settled = settleTie(config, source);
    if (!settled) throw std::runtime_error(settled.error().message);
    auto model = buildModel(*settled, &source, options);
    if (!model) throw std::runtime_error(model.error().message);
    return *std::move(model);
  }
  static at::Tensor logits(Model& model) { return model.logits(test::tinyBatch(model.config(), {5, 3})); }
};

TEST_P(Tie, TablesThatDifferAreNotTiedWhateverTheConfigSays) {
  const auto source = bothTables();
  const auto model = opened(configSaying(true), source);
  EXPECT_FALSE(model->config().tied);
  EXPECT_TRUE(at::equal(test::stored(*model, "lm_head.weight"), source.tensors.at("lm_head.weight")));
  EXPECT_TRUE(at::equal(logits(*model), logits(*opened(configSaying(false), source))));
  ASSERT_EQ(model->config().remarks.size(), 1U);
  EXPECT_NE(model->config().remarks[0].find("lm_head.weight"), std::string::npos);
  EXPECT_NE(model->config().remarks[0].find("\"tie_word_embeddings\": false"), std::string::npos);
}

TEST_P(Tie, EqualTablesAreOneAndNothingIsSaid) {
  auto source = bothTables();
  source.tensors["lm_head.weight"] = source.tensors.at(table()).clone();
  const auto model = opened(configSaying(true), source);
  EXPECT_TRUE(model->config().tied);
  EXPECT_TRUE(model->config().remarks.empty());
  for (const auto& stored : model->tensors()) EXPECT_NE(stored.name, "lm_head.weight");
}

TEST_P(Tie, ATableUnderTheHeadsNameServesBoth) {
  auto source = bothTables();
  source.tensors.erase(table());
  const auto model = opened(configSaying(true), source);
  EXPECT_TRUE(model->config().tied);
  EXPECT_TRUE(at::equal(test::stored(*model, table()), source.tensors.at("lm_head.weight")));
}

TEST_P(Tie, AMissingHeadOfAnUntiedModelIsRefusedWithTheKeyThatWouldTieIt) {
  auto source = bothTables();
  source.tensors.erase("lm_head.weight");
  const auto model = buildModel(configSaying(false), &source, {});
  ASSERT_FALSE(model);
  EXPECT_NE(model.error().message.find("'lm_head.weight'"), std::string::npos) << model.error().message;
  EXPECT_NE(model.error().message.find("\"tie_word_embeddings\": true"), std::string::npos) << model.error().message;
  EXPECT_TRUE(buildModel(configSaying(true), &source, {}));  // the remedy works
}

TEST_P(Tie, UntyingGivesTheHeadTheTokensNumbersInMemoryOfItsOwn) {
  auto source = bothTables();
  source.tensors.erase("lm_head.weight");
  BuildOptions options;
  options.untie = true;
  const auto model = opened(configSaying(true), source, options);
  EXPECT_FALSE(model->config().tied);
  EXPECT_TRUE(at::equal(logits(*model), logits(*opened(configSaying(true), source))));
  test::stored(*model, "lm_head.weight").zero_();
  EXPECT_TRUE(at::equal(test::stored(*model, table()), source.tensors.at(table())));
}

TEST_P(Tie, UntyingAModelThatHasItsOwnHeadChangesNothing) {
  const auto source = bothTables();
  BuildOptions options;
  options.untie = true;
  const auto model = opened(configSaying(false), source, options);
  EXPECT_TRUE(at::equal(test::stored(*model, "lm_head.weight"), source.tensors.at("lm_head.weight")));
  auto headless = source;
  headless.tensors.erase("lm_head.weight");
  EXPECT_FALSE(buildModel(configSaying(false), &headless, options));
}

INSTANTIATE_TEST_SUITE_P(Families, Tie, testing::Values(test::Family::Gpt2, test::Family::Llama),
                         [](const auto& family) { return family.param == test::Family::Gpt2 ? "Gpt2" : "Llama"; });

}  // namespace
}  // namespace rosa::model
