// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "engine/model/full_training.h"
#include "engine/model/tiny_models.h"
#include "model/tie.h"

/// The head that predicts hidden tokens, of every encoder (its numbers: model_golden's roberta-mlm and
/// resources/scripts/check-transformers).
namespace rosa::model {
namespace {

using test::Family;

class MaskHead : public testing::TestWithParam<Family> {
 protected:
  static test::Json maskedConfig() {
    auto json = test::tinyConfig(GetParam());
    std::string name = json["architectures"][0];
    name.replace(name.find("ForSequence"), std::string::npos, "ForMaskedLM");
    json["architectures"] = {name};
    return json;
  }
  static Batch maskedBatch(const ModelConfig& config) {
    auto classes = config;
    classes.head = Head::LanguageModel;
    auto batch = test::tinyBatch(classes, {7, 4, 5});
    for (const auto seen : {0, 2, 3, 6, 8, 12}) batch.targets[seen] = -100;
    return batch;
  }
  /// As a checkpoint that names this class is opened.
  static Expected<std::unique_ptr<Model>> opened(const test::MapSource& source, const BuildOptions& options = {}) {
    const auto settled = settleTie(test::parsed(maskedConfig()), source);
    if (!settled) return settled.error();
    return buildModel(*settled, &source, options);
  }
  static std::string outputBias() { return std::string(test::parsed(maskedConfig()).encoder.names.maskOut) + ".bias"; }
};

TEST_P(MaskHead, ItsLossIsThatOfTheHiddenTokensAlone) {
  const auto model = test::tinyModel(maskedConfig(), 3);
  EXPECT_EQ(model->config().head, Head::MaskedLanguageModel);
  EXPECT_TRUE(model->headTensors().empty()) << "it is pretrained";
  const auto batch = maskedBatch(model->config());
  const auto logits = model->logits(batch);
  EXPECT_EQ(logits.sizes().vec(), (std::vector<std::int64_t>{16, model->config().vocabularySize}));
  const auto expected = at::cross_entropy_loss(logits, batch.targets, {}, at::Reduction::Sum, -100) / 4.0;
  const at::NoGradGuard noGrad;
  EXPECT_NEAR(model->loss(batch, {}, 4).item<double>(), expected.item<double>(), 1e-5);
  const auto rows = at::tensor({0, 5, 3}, at::kLong);
  EXPECT_LE(test::distance(model->logits(batch, rows), logits.index_select(0, rows)), 1e-6);
}

/// Each tensor of the head, and the table that is its output layer, moved along its gradient.
TEST_P(MaskHead, GradientsAreTheLosssSlopes) {
  const auto model = test::tinyModel(maskedConfig(), 3);
  test::FullTraining training(*model);
  const auto batch = maskedBatch(model->config());
  model->loss(batch, Pass{.training = false}, 4).backward();
  const at::NoGradGuard noGrad;
  const auto lossNow = [&] { return model->loss(batch, {}, 4).item<double>(); };
  int compared = 0;
  for (const auto& stored : model->tensors()) {
    if (!stored.ofHead() && stored.name != tokenTable(model->config())) continue;
    const auto gradient = training.gradients().at(stored.name).clone();
    const auto norm = gradient.norm().item<double>();
    constexpr double kStep = 0.02;
    const auto step = gradient * (kStep / norm);
    stored.tensor.add_(step);
    const double above = lossNow();
    stored.tensor.sub_(2 * step);
    const double below = lossNow();
    stored.tensor.add_(step);
    EXPECT_NEAR((above - below) / (2 * kStep), norm, 0.02 * norm + 1e-4) << stored.name;
    ++compared;
  }
  EXPECT_GE(compared, 4);
}

TEST_P(MaskHead, ATableUnderTheOutputLayersNameServesBoth) {
  const auto model = test::tinyModel(maskedConfig(), 3);
  test::MapSource source(*model);
  const auto table = tokenTable(model->config()), output = outputLayer(model->config());
  source.tensors[output] = source.tensors.at(table).clone();
  const auto batch = maskedBatch(model->config());
  const auto twice = opened(source);
  ASSERT_TRUE(twice) << twice.error().message;
  EXPECT_TRUE(at::equal((*twice)->logits(batch), model->logits(batch)));
  source.tensors.erase(table);
  const auto once = opened(source);
  ASSERT_TRUE(once) << once.error().message;
  EXPECT_TRUE(at::equal((*once)->logits(batch), model->logits(batch)));
}

TEST_P(MaskHead, TheOutputLayersOwnBiasIsTheOneThatCounts) {
  const auto model = test::tinyModel(maskedConfig(), 3);
  test::MapSource source(*model);
  const std::string name(model->config().encoder.names.maskBias);
  const auto other = source.tensors.at(name) + 1;
  source.tensors[outputBias()] = other;
  const auto made = opened(source);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(at::equal(test::stored(**made, name), other)) << "as transformers computes with it";
}

TEST_P(MaskHead, AnOutputLayerOfOtherNumbersIsRefusedForThisTaskAlone) {
  const auto model = test::tinyModel(maskedConfig(), 3);
  test::MapSource source(*model);
  const auto output = outputLayer(model->config());
  source.tensors[output] = source.tensors.at(tokenTable(model->config())) + 1;
  const auto made = opened(source);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find(output), std::string::npos) << made.error().message;
  BuildOptions classes;
  classes.head = Head::Classification;
  classes.labels = 3;
  EXPECT_TRUE(opened(source, classes));

  auto untied = maskedConfig();
  untied["tie_word_embeddings"] = false;
  const auto refused = buildModel(test::parsed(untied), nullptr, {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("tie_word_embeddings"), std::string::npos) << refused.error().message;
  EXPECT_TRUE(buildModel(test::parsed(untied), nullptr, classes));
}

TEST_P(MaskHead, ACheckpointWithoutItIsRefused) {
  BuildOptions options;
  options.head = Head::MaskedLanguageModel;
  const auto classifier = test::parsed(test::tinyConfig(GetParam()));
  const auto ofClasses = buildModel(classifier, nullptr, options);
  ASSERT_FALSE(ofClasses);
  EXPECT_NE(ofClasses.error().message.find("ForMaskedLM"), std::string::npos) << ofClasses.error().message;

  test::MapSource source(*test::tinyModel(maskedConfig(), 3));
  std::erase_if(source.tensors, [&](const auto& tensor) { return tensor.first == classifier.encoder.names.maskBias; });
  const auto lacking = opened(source);
  ASSERT_FALSE(lacking);
  EXPECT_NE(lacking.error().message.find("ForMaskedLM"), std::string::npos) << lacking.error().message;
}

INSTANTIATE_TEST_SUITE_P(Encoders, MaskHead,
                         testing::Values(Family::Bert, Family::Roberta, Family::DistilBert, Family::Electra,
                                         Family::Albert, Family::ModernBert, Family::Deberta, Family::DebertaConv),
                         [](const auto& family) { return test::familyName(family.param); });

TEST(MaskHeadConfig, DebertasNewerHeadGoesByOtherNamesAndIsTheTableWhateverIsSaid) {
  auto json = test::tinyConfig(Family::Deberta);
  json["architectures"] = {"DebertaV2ForMaskedLM"};
  json["legacy"] = false;
  json["tie_word_embeddings"] = false;
  const auto model = test::tinyModel(json);
  EXPECT_EQ(test::stored(*model, "lm_predictions.lm_head.bias").size(0), model->config().vocabularySize);
}

TEST(MaskHeadConfig, ModernBertsOutputMayHaveNoBias) {
  auto json = test::tinyConfig(Family::ModernBert);
  json["architectures"] = {"ModernBertForMaskedLM"};
  json["decoder_bias"] = false;
  const auto model = test::tinyModel(json);
  EXPECT_TRUE(std::ranges::none_of(model->tensors(), [](const auto& stored) { return stored.name == "decoder.bias"; }));
}

TEST(MaskHeadConfig, ADecoderHasNone) {
  BuildOptions options;
  options.head = Head::MaskedLanguageModel;
  const auto model = buildModel(test::parsed(test::tinyConfig(Family::Llama)), nullptr, options);
  ASSERT_FALSE(model);
  EXPECT_NE(model.error().message.find("Choose task lm"), std::string::npos) << model.error().message;
}

}  // namespace
}  // namespace rosa::model
