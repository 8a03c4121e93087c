// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "adapt/bottleneck.h"
#include "adapt/layer_choice.h"
#include "adapt/method.h"
#include "engine/model/tiny_models.h"
#include "model/activation.h"
#include "model/adapted_linear.h"

/// Bottleneck adapters inside linear layers and whole models.
namespace rosa::model {
namespace {

constexpr std::int64_t kIn = 8, kTokens = 6, kWidth = 3;

/// Two matrices side by side, the second with an adapter behind it.
class BottleneckLayer : public testing::Test {
 protected:
  BottleneckLayer() {
    std::vector<NamedTensor> tensors;
    layer_.listTensors(tensors);
    std::uint64_t seed = 1;
    for (auto& stored : tensors) {
      stored.tensor.copy_(test::randomMatrix(stored.tensor.numel(), 1, seed++, 0.5).reshape(stored.tensor.sizes()));
      leaves_.push_back(stored.tensor.to(at::kDouble).requires_grad_(true));
    }
    auto* slot = layer_.slots()[1];
    slot->attach(std::make_unique<adapt::Bottleneck>(
        slot->weight(), "b", adapt::Bottleneck::Settings{kWidth, adapt::Bottleneck::Activation::Gelu, {1, 0, 0}}));
    for (auto* parameter : slot->adaptation()->parameters()) {
      parameter->value.copy_(
          test::randomMatrix(parameter->value.numel(), 1, seed++, 0.5).reshape(parameter->value.sizes()));
      parameter->gradient = at::zeros_like(parameter->value);
      leaves_.push_back(parameter->value.to(at::kDouble).requires_grad_(true));
    }
    bias_ = layer_.trainBias("b.bias");
    bias_->gradient = at::zeros_like(bias_->value);
  }

  /// The same in double precision by autograd. Leaves: weights a, b, biases a, b, the adapter's own four.
  [[nodiscard]] at::Tensor expected(const at::Tensor& x) const {
    const auto a = at::linear(x, leaves_[0], leaves_[2]);
    const auto b = at::linear(x, leaves_[1], leaves_[3]);
    return at::cat({a, b + at::mm(at::gelu(at::mm(b, leaves_[4]) + leaves_[5]), leaves_[6]) + leaves_[7]}, 1);
  }

  void expectGradients(const at::Tensor& dx, const at::Tensor& expectedDx) {
    EXPECT_LT(test::distance(dx, expectedDx), 2e-5);
    EXPECT_LT(test::distance(bias_->gradient, leaves_[3].grad()), 2e-5);
    const auto parameters = layer_.slots()[1]->adaptation()->parameters();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      EXPECT_LT(test::distance(parameters[i]->gradient, leaves_[4 + i].grad()), 5e-5) << parameters[i]->name;
    }
  }

  AdaptedLinear layer_{AdaptedLinear::Layout::OutIn, kIn, {{"a", 5}, {"b", 7}}, true, false, at::kFloat, at::kFloat};
  std::vector<at::Tensor> leaves_;
  adapt::Parameter* bias_ = nullptr;
};

TEST_F(BottleneckLayer, GradientsEqualAutograd) {
  const auto x = test::randomMatrix(kTokens, kIn, 50).requires_grad_(true);
  const auto wide = x.detach().to(at::kDouble).requires_grad_(true);
  const auto dy = test::randomMatrix(kTokens, 12, 51);
  const auto y = layer_.forward(x);
  const auto oracle = expected(wide);
  EXPECT_LT(test::distance(y.detach(), oracle.detach()), 1e-5);
  y.backward(dy);
  oracle.backward(dy.to(at::kDouble));
  expectGradients(x.grad(), wide.grad());
}

TEST_F(BottleneckLayer, GradientsBehindAnActivationEqualAutograd) {
  const auto pre = test::randomMatrix(kTokens, 2 * kIn, 50).requires_grad_(true);
  const auto wide = pre.detach().to(at::kDouble).requires_grad_(true);
  const auto dy = test::randomMatrix(kTokens, 12, 51);
  const auto y = layer_.forwardActivated(pre, Activation::Silu, true);
  const auto oracle = expected(at::silu(wide.narrow(1, 0, kIn)) * wide.narrow(1, kIn, kIn));
  EXPECT_LT(test::distance(y.detach(), oracle.detach()), 1e-5);
  y.backward(dy);
  oracle.backward(dy.to(at::kDouble));
  expectGradients(pre.grad(), wide.grad());
}

class BottleneckModel : public testing::TestWithParam<test::Family> {
 protected:
  /// Attaches the method where it goes; returns how many layers it took.
  std::size_t adapt(Model& model, Method method) {
    std::vector<adapt::LayerName> names;
    for (const auto* slot : model.linears()) names.push_back({slot->name(), slot->attention()});
    adapt::MethodSettings settings;
    settings.method = method;
    settings.rank = Rank{std::int64_t{4}};
    const auto chosen = adapt::chooseLayersOf(method, "all", names);
    EXPECT_TRUE(chosen);
    for (const auto index : *chosen) {
      auto* slot = model.linears()[index];
      auto made = adapt::makeAdaptation(settings, slot->weight(), slot->name(), static_cast<std::int64_t>(index));
      EXPECT_TRUE(made);
      slot->attach(*std::move(made));
    }
    return chosen->size();
  }
};

TEST_P(BottleneckModel, StandsBehindTheOutputProjectionsAndBeginsNearTheModel) {
  for (const auto& [method, perBlock] : {std::pair{Method::Houlsby, 2U}, {Method::Pfeiffer, 1U}}) {
    auto model = test::tinyModel(test::tinyConfig(GetParam()));
    const auto batch = test::tinyBatch(model->config(), {7, 3, 12});
    const auto before = model->logits(batch);
    EXPECT_EQ(adapt(*model, method), perBlock * static_cast<std::size_t>(model->config().layers));
    const auto after = model->logits(batch);
    EXPECT_LT(test::distance(after, before), 0.05 * test::largest(before));
    EXPECT_GT(test::distance(after, before), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Families, BottleneckModel,
                         testing::Values(test::Family::Gpt2, test::Family::Llama, test::Family::Bert,
                                         test::Family::Roberta, test::Family::Lfm2, test::Family::Qwen35));

}  // namespace
}  // namespace rosa::model
