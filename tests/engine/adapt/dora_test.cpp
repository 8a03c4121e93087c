// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/dora.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "engine/adapt/matrices.h"

namespace rosa::adapt {
namespace {

constexpr std::int64_t kDoraIn = 20, kDoraOut = 30, kDoraTokens = 11;

Dora::Settings settingsOf(LoraStart start = LoraStart::Kaiming) {
  Dora::Settings settings;
  settings.rank = 4;
  settings.scale = 1.5;
  settings.start = start;
  settings.key = {3, 1, 0};
  return settings;
}

/// Moves every parameter, as a step does.
void disturb(Dora& dora) {
  dora.beforeStep();
  std::uint64_t seed = 50;
  for (auto* parameter : dora.parameters()) {
    parameter->value.add_(
        test::randomMatrix(parameter->value.numel(), 1, seed++, 0.2).reshape(parameter->value.sizes()));
    parameter->gradient = at::zeros_like(parameter->value);
  }
  dora.afterStep();
}

at::Tensor merged(const Dora& dora) {
  auto w = at::empty({kDoraIn, kDoraOut});
  dora.writeMerged(w);
  return w;
}

TEST(Dora, KeepsTheFunctionAtTheStart) {
  const auto w = test::randomMatrix(kDoraIn, kDoraOut, 1, 0.3);
  for (const auto start : {LoraStart::Kaiming, LoraStart::Pissa}) {
    const Dora dora(w.clone(), "layer", settingsOf(start));
    EXPECT_LT(test::distance(merged(dora), w), 1e-6);
    EXPECT_LT(test::distance(dora.outputScale(), at::ones({kDoraOut})), 1e-6);
  }
}

TEST(Dora, GradientsEqualAutogradWithTheNormHeldConstant) {
  const auto w = test::transposedLayout(test::randomMatrix(kDoraIn, kDoraOut, 1, 0.3));
  Dora dora(w, "layer", settingsOf());
  disturb(dora);
  const auto x = test::randomMatrix(kDoraTokens, kDoraIn, 2);
  const auto dy = test::randomMatrix(kDoraTokens, kDoraOut, 3);

  const auto leaf = [](const at::Tensor& value) { return value.to(at::kDouble).requires_grad_(true); };
  auto a = leaf(dora.a()), b = leaf(dora.b()), m = leaf(dora.magnitude()), input = leaf(x);
  const auto v = w.to(at::kDouble) + 1.5 * at::mm(a, b);
  const auto expected = at::mm(input, v) * (m / v.detach().norm(2, {0}));
  expected.backward(dy.to(at::kDouble));

  SavedForBackward saved;
  auto y = at::mm(x, w);
  dora.forward(x, y, saved);
  EXPECT_LT(test::distance(y, expected.detach()), 2e-5);
  auto dx = at::mm(dy * dora.outputScale(), w.t());
  dora.backward(x, saved, dy, dx);
  EXPECT_LT(test::distance(dx, input.grad()), 2e-5);
  const auto parameters = dora.parameters();
  ASSERT_EQ(parameters.size(), 3U);
  for (const auto& [parameter, gradient] :
       {std::pair{parameters[0], a.grad()}, std::pair{parameters[1], b.grad()}, std::pair{parameters[2], m.grad()}}) {
    EXPECT_LT(test::distance(parameter->gradient, gradient), 1e-5 * test::largest(gradient)) << parameter->name;
  }
  EXPECT_LT(test::distance(at::mm(x, merged(dora)), y), 2e-5);
}

}  // namespace
}  // namespace rosa::adapt
