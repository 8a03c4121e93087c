// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/token_rows.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "adapt/frozen_weight.h"
#include "engine/model/full_training.h"
#include "engine/model/tiny_models.h"
#include "model/tie.h"
#include "model/token_loss.h"

namespace rosa::model {
namespace {

const std::vector<std::int64_t> kIds = {0, 7, 8, 31, 49};

struct RowsCase {
  test::Family family;
  bool tied;
};

void PrintTo(const RowsCase& given, std::ostream* out) {
  *out << familyName(given.family) << (given.tied ? " tied" : " untied");
}

/// Rows of single tokens beside a frozen model, against the whole table trained in an equal one.
class TokenRowsOfModel : public testing::TestWithParam<RowsCase> {
 protected:
  static std::unique_ptr<Model> opened() {
    auto config = test::tinyConfig(GetParam().family);
    config["tie_word_embeddings"] = GetParam().tied;
    return test::tinyModel(config);
  }

  /// Values that are not the table's, in the rows and in the other model's table.
  static void move(adapt::Parameter& rows, const Model& other, std::uint64_t seed) {
    const at::NoGradGuard noGrad;
    rows.value.add_(test::randomMatrix(rows.value.size(0), rows.value.size(1), seed), 0.3);
    rows.gradient = at::zeros_like(rows.value);
    const auto table = test::stored(other, rows.name.substr(0, rows.name.rfind(':')));
    table.index_copy_(0, at::tensor(kIds, at::kLong), rows.value);
  }

  static double close(const at::Tensor& reference) { return 5e-6 * test::largest(reference); }
};

TEST_P(TokenRowsOfModel, HaveTheLossAndTheGradientsOfTheWholeTable) {
  const auto rows = opened();
  const auto whole = opened();
  const auto parameters = rows->trainRows(kIds);
  ASSERT_EQ(parameters.size(), GetParam().tied ? 1U : 2U);
  test::FullTraining full(*whole);
  for (std::size_t i = 0; i < parameters.size(); ++i) move(*parameters[i], *whole, 20 + i);
  auto batch = test::tinyBatch(rows->config(), {9, 1, 14});
  batch.tokenIds[3] = 7;
  batch.tokenIds[12] = 7;
  batch.targets[2] = 7;
  batch.targets[4] = 49;
  for (const double smoothing : {0.0, 0.1}) {
    SCOPED_TRACE(smoothing);
    Pass pass;
    pass.labelSmoothing = smoothing;
    full.clear();
    for (auto* parameter : parameters) parameter->gradient.zero_();
    const auto loss = rows->loss(batch, pass, 5);
    const auto expected = whole->loss(batch, pass, 5);
    loss.backward();
    expected.backward();
    EXPECT_NEAR(loss.item<double>(), expected.item<double>(), 2e-6 * expected.item<double>());
    for (const auto* parameter : parameters) {
      const auto gradient = full.gradients().at(parameter->name.substr(0, parameter->name.rfind(':')));
      const auto of = gradient.index_select(0, at::tensor(kIds, at::kLong));
      EXPECT_GT(test::largest(of), 0);
      EXPECT_LE(test::distance(parameter->gradient, of), close(of)) << parameter->name;
    }
  }
  EXPECT_LE(test::distance(rows->logits(batch), whole->logits(batch)), 1e-5);
}

TEST_P(TokenRowsOfModel, LeaveTheTableAndAreMergedIntoACopy) {
  const auto model = opened();
  const auto name = tokenTable(model->config());
  const auto table = test::stored(*model, name);
  const auto before = table.clone();
  const auto parameters = model->trainRows(kIds);
  EXPECT_TRUE(at::equal(model->trainedRows(name)->merged(table), before));
  {
    const at::NoGradGuard noGrad;
    parameters[0]->value.fill_(3);
  }
  EXPECT_TRUE(at::equal(table, before));
  const auto merged = model->trainedRows(name)->merged(table);
  EXPECT_TRUE(at::equal(merged.index_select(0, at::tensor(kIds, at::kLong)), parameters[0]->value));
  const auto others = at::tensor(std::vector<std::int64_t>{1, 6, 9, 48}, at::kLong);
  EXPECT_TRUE(at::equal(merged.index_select(0, others), before.index_select(0, others)));
  EXPECT_EQ(model->trainedRows("model.norm.weight"), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Models, TokenRowsOfModel,
                         testing::Values(RowsCase{test::Family::Gpt2, true}, RowsCase{test::Family::Llama, true},
                                         RowsCase{test::Family::Llama, false}, RowsCase{test::Family::Gemma4, true},
                                         RowsCase{test::Family::Qwen35, false}));

TEST(TokenRows, CapsOnLogitsAreLearntThrough) {
  const auto states = test::randomMatrix(30, 16, 1);
  const auto table = test::randomMatrix(50, 16, 2);
  const auto targets = at::arange(30, at::kLong);
  const auto anchor = at::zeros({}).requires_grad_(true);
  TokenRows rows("table.weight", kIds, table);
  rows.parameter().gradient = at::zeros_like(rows.values());
  adapt::Parameter whole;
  whole.value = table;
  whole.gradient = at::zeros_like(table);
  tokenLoss(states, table, targets, 7, nullptr, anchor, 0.1, 3, {}, &rows).backward();
  tokenLoss(states, table, targets, 7, &whole, anchor, 0.1, 3).backward();
  const auto of = whole.gradient.index_select(0, at::tensor(kIds, at::kLong));
  EXPECT_LE(test::distance(rows.parameter().gradient, of), 2e-6 * test::largest(of));
}

TEST(TokenRows, AreWideBesideATableInBf16) {
  const auto table = test::randomMatrix(50, 16, 2).to(at::kBFloat16);
  TokenRows rows("table.weight", kIds, table);
  ASSERT_EQ(rows.values().scalar_type(), at::kFloat);
  {
    const at::NoGradGuard noGrad;
    rows.parameter().value.add_(1e-5);  // less than bf16 can tell
  }
  const auto tokens = at::tensor(std::vector<std::int64_t>{7, 3, 49, 7}, at::kLong);
  const auto looked = rows.lookUp(table, tokens);
  EXPECT_TRUE(at::equal(looked[0], rows.values()[1]));
  EXPECT_TRUE(at::equal(looked[1], adapt::widened(table[3])));
  EXPECT_TRUE(at::equal(looked[2], rows.values()[4]));
  EXPECT_TRUE(at::equal(rows.merged(table)[7], rows.values()[1]));
}

TEST(TokenRows, AnEncoderHasNone) {
  EXPECT_TRUE(test::tinyModel(test::tinyConfig(test::Family::Bert))->trainRows(kIds).empty());
}

}  // namespace
}  // namespace rosa::model
