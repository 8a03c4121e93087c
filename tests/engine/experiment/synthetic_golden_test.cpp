// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/adapt/golden_tensors.h"
#include "experiment/synthetic_task.h"
#include "support/golden.h"

/// The synthetic experiment of the original code on its own matrices (golden/README.md, rosa/synthetic): inputs and the
/// order of batches are drawn by another generator, so curves are compared and not digits.
namespace rosa::experiment {
namespace {

class SyntheticGolden : public testing::Test {
 protected:
  void SetUp() override {
    const auto folder = test::goldenDirectory() / "rosa";
    std::ifstream in(folder / "synthetic.json");
    if (!in) GTEST_SKIP() << folder << " holds no synthetic.json";
    golden_ = nlohmann::json::parse(in);
    const auto& given = golden_.at("settings");
    settings_.in = given.at("in_f");
    settings_.out = given.at("out_f");
    settings_.trueRank = given.at("true_rank");
    settings_.trainRows = given.at("n_train_samples");
    settings_.validRows = given.at("n_valid_samples");
    // By then LoRA has long been at its best; ROSA and full training go on falling for another hundred.
    settings_.epochs = 101;
    settings_.batch = given.at("batch_size");
    settings_.learningRate = given.at("lr");
    settings_.resampleEvery = golden_.at("factorize_every_epochs");
    settings_.resampleAfter = given.at("factorize_warmup");
    const test::GoldenTensors tensors(folder / "synthetic-weights.safetensors");
    start_ = tensors["W_init"];
    truth_ = tensors["W_true"];
  }

  [[nodiscard]] SyntheticCurve curve(Method method, std::int64_t rank) const {
    auto learnt = learn(taskOf({start_}, {truth_}, settings_), settings_, {method, rank});
    EXPECT_TRUE(learnt) << learnt.error().message;
    return *std::move(learnt);
  }
  [[nodiscard]] std::vector<double> theirs(const std::string& name) const { return golden_.at("curves").at(name); }

  nlohmann::json golden_;
  SyntheticSettings settings_;
  at::Tensor start_, truth_;
};

TEST_F(SyntheticGolden, TheBestOfARankIsTheirs) {
  for (const auto& [rank, value] : golden_.at("best_rank_r_mse").items()) {
    EXPECT_NEAR(bestOfRank(start_, truth_, std::stoll(rank)), value.get<double>(), 1e-3 * value.get<double>());
  }
}

TEST_F(SyntheticGolden, FullTrainingFollowsTheirCurve) {
  const auto ours = curve(Method::Full, 0).validation;
  const auto reference = theirs("FT");
  for (const std::size_t epoch : {0, 20, 50, 100}) {
    EXPECT_NEAR(ours[epoch], reference[epoch], 0.15 * reference[epoch]) << "epoch " << epoch;
  }
}

TEST_F(SyntheticGolden, LoraEndsAtTheBestOfItsRankAndRosaFarBelow) {
  const std::int64_t rank = golden_.at("settings").at("ranks").at(1);
  const auto name = std::to_string(rank);
  const auto lora = curve(Method::Lora, rank);
  const auto reference = theirs("LoRA (r=" + name + ")");
  EXPECT_NEAR(lora.validation.back(), reference[100], 0.1 * reference[100]);

  const auto rosa = curve(Method::Rosa, rank);
  std::vector<std::int64_t> resampled = golden_.at("refactorized_at").at("ROSA (r=" + name + ")");
  std::erase_if(resampled, [this](std::int64_t epoch) { return epoch >= settings_.epochs; });
  EXPECT_EQ(rosa.resampledAt, resampled);
  EXPECT_LT(rosa.validation.back(), lora.validation.back() / 20);
  // Which windows are drawn makes the difference, so the order of magnitude is all that can be compared.
  const auto rosas = theirs("ROSA (r=" + name + ")");
  for (const std::size_t epoch : {0, 20, 50}) {
    EXPECT_GT(rosa.validation[epoch], rosas[epoch] / 2) << "epoch " << epoch;
    EXPECT_LT(rosa.validation[epoch], rosas[epoch] * 2) << "epoch " << epoch;
  }
}

}  // namespace
}  // namespace rosa::experiment
