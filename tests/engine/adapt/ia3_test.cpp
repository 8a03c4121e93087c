// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/ia3.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "engine/adapt/matrices.h"

namespace rosa::adapt {
namespace {

constexpr std::int64_t kIa3In = 6, kIa3Out = 9, kIa3Tokens = 5;

at::Tensor vectorOf(std::int64_t size, std::uint64_t seed) {
  return test::randomMatrix(size, 1, seed).flatten();
}

TEST(Ia3, StartsAtOneAndSaysWhichSideItScales) {
  const auto w = test::randomMatrix(kIa3In, kIa3Out, 1);
  Ia3 outputs(w, "layer", Ia3::Side::Outputs);
  EXPECT_TRUE(at::equal(outputs.factors(), at::ones({kIa3Out})));
  EXPECT_TRUE(outputs.outputScale().defined() && !outputs.inputScale().defined());
  EXPECT_TRUE(outputs.scalesBias());
  EXPECT_FALSE(outputs.needsInput());
  Ia3 inputs(w, "layer", Ia3::Side::Inputs);
  EXPECT_TRUE(at::equal(inputs.factors(), at::ones({kIa3In})));
  EXPECT_TRUE(inputs.inputScale().defined() && !inputs.outputScale().defined());
  EXPECT_FALSE(inputs.scalesBias());
  EXPECT_TRUE(inputs.needsInput());
}

TEST(Ia3, TheMergedWeightIsScaledOnThatSide) {
  const auto w = test::randomMatrix(kIa3In, kIa3Out, 1);
  for (const auto side : {Ia3::Side::Inputs, Ia3::Side::Outputs}) {
    Ia3 ia3(w, "layer", side);
    auto* parameter = ia3.parameters().front();
    parameter->value.copy_(vectorOf(parameter->value.size(0), 2));
    auto merged = at::empty_like(w);
    ia3.writeMerged(merged);
    const auto expected =
        side == Ia3::Side::Inputs ? at::mm(at::diag(parameter->value), w) : at::mm(w, at::diag(parameter->value));
    EXPECT_LT(test::distance(merged, expected), 1e-6);
  }
}

TEST(Ia3, TheGradientOfInputsNeedsNoDx) {
  const auto w = test::randomMatrix(kIa3In, kIa3Out, 1);
  Ia3 ia3(w, "layer", Ia3::Side::Inputs);
  auto* parameter = ia3.parameters().front();
  parameter->value.copy_(vectorOf(kIa3In, 2));
  const auto x = test::randomMatrix(kIa3Tokens, kIa3In, 3);
  const auto dy = test::randomMatrix(kIa3Tokens, kIa3Out, 4);
  const auto inner = at::mm(dy, w.t());
  const auto expected = (x * inner).sum(0);
  parameter->gradient = at::zeros({kIa3In});
  at::Tensor none;
  ia3.backward(x, {}, dy, none);
  EXPECT_FALSE(none.defined());
  EXPECT_LT(test::distance(parameter->gradient, expected), 1e-5);
  auto dx = inner.clone();
  ia3.backward(x, {}, dy, dx);
  EXPECT_LT(test::distance(parameter->gradient, 2 * expected), 1e-5);
  EXPECT_LT(test::distance(dx, inner * parameter->value), 1e-5);
}

TEST(Ia3, OutputProjectionsScaleTheirInputsAsInPeft) {
  for (const char* name :
       {"transformer.h.0.mlp.c_proj", "model.layers.1.mlp.down_proj", "model.layers.1.self_attn.o_proj",
        "roberta.encoder.layer.0.output.dense", "roberta.encoder.layer.0.attention.output.dense"}) {
    EXPECT_EQ(sideOf(name), Ia3::Side::Inputs) << name;
  }
  for (const char* name :
       {"transformer.h.0.attn.c_attn", "model.layers.1.self_attn.k_proj", "roberta.encoder.layer.0.intermediate.dense",
        "roberta.encoder.layer.0.attention.self.value"}) {
    EXPECT_EQ(sideOf(name), Ia3::Side::Outputs) << name;
  }
}

}  // namespace
}  // namespace rosa::adapt
