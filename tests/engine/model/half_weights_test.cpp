// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <utility>

#include "adapt/frozen_weight.h"
#include "engine/model/tiny_models.h"

/// A model whose matrices and tables are kept in fewer digits computes what the same numbers in fp32 compute.
namespace rosa::model {
namespace {

using test::Family;

class HalfWeights : public testing::TestWithParam<Family> {
 protected:
  static std::unique_ptr<Model> filled(at::ScalarType weights, const device::TensorSource& source) {
    BuildOptions options;
    options.weights = weights;
    auto model = buildModel(test::parsed(test::tinyConfig(GetParam())), &source, options);
    if (!model) throw std::runtime_error(model.error().message);
    return *std::move(model);
  }

  /// Numbers that bf16 holds exactly.
  static test::MapSource rounded() {
    test::MapSource source(*test::tinyModel(test::tinyConfig(GetParam())));
    for (auto& [name, tensor] : source.tensors) tensor = tensor.to(at::kBFloat16).to(at::kFloat);
    return source;
  }
};

TEST_P(HalfWeights, AreMatricesAndTablesAlone) {
  const auto source = rounded();
  const auto half = filled(at::kBFloat16, source);
  for (const auto& stored : half->tensors()) {
    const bool kept = stored.role == Role::LinearWeight || stored.role == Role::Embedding;
    EXPECT_EQ(adapt::isNarrow(stored.tensor), kept) << stored.name;
  }
}

TEST_P(HalfWeights, ComputeWhatTheyAreInFp32) {
  const auto source = rounded();
  const auto wide = filled(at::kFloat, source), half = filled(at::kBFloat16, source);
  const auto batch = test::tinyBatch(wide->config(), {7, 3, 9});
  EXPECT_LE(test::distance(half->logits(batch), wide->logits(batch)), 1e-5);
  Pass pass;
  pass.labelSmoothing = 0.1;
  EXPECT_NEAR(half->loss(batch, pass, 16).item<double>(), wide->loss(batch, pass, 16).item<double>(), 1e-5);
}

TEST_P(HalfWeights, OfInt8ComputeWhatTheyAreInFp32) {
  const auto narrow = filled(at::kChar, rounded());
  test::MapSource source(*narrow);
  for (const auto& stored : narrow->tensors()) {
    EXPECT_EQ(adapt::isInt8(stored.tensor), stored.role == Role::LinearWeight) << stored.name;
    source.tensors.at(stored.name) = adapt::widened(stored.tensor);
  }
  const auto wide = filled(at::kFloat, source);
  EXPECT_LT(storedBytes(*narrow), storedBytes(*wide));
  const auto batch = test::tinyBatch(wide->config(), {7, 3, 9});
  // Of few rows a column is scaled after its sum: the fp32 copy's numbers were rounded once more.
  EXPECT_LE(test::distance(narrow->logits(batch), wide->logits(batch)), 5e-5);
  EXPECT_NEAR(narrow->loss(batch, Pass{}, 16).item<double>(), wide->loss(batch, Pass{}, 16).item<double>(), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Families, HalfWeights, testing::ValuesIn(test::kEveryFamily),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace rosa::model
