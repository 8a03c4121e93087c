// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/gradient_exchange.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapt/dense.h"
#include "engine/model/tiny_models.h"
#include "engine/parallel/group_of_threads.h"

namespace rosa::train {
namespace {

TEST(GradientExchange, TheBlockIsTheFirstNumberOfAName) {
  EXPECT_EQ(blockOf("model.layers.3.mlp.up_proj.weight:A"), 3);
  EXPECT_EQ(blockOf("transformer.h.11.attn.c_attn.bias"), 11);
  EXPECT_EQ(blockOf("bert.encoder.layer.0.output.dense.weight"), 0);
  EXPECT_EQ(blockOf("model.embed_tokens.weight"), std::nullopt);
  EXPECT_EQ(blockOf("layers.3b.weight"), std::nullopt);
}

/// Parameters of four blocks and one of none, each with a gradient of ones times the rank and its own number.
struct Blocks {
  std::vector<std::unique_ptr<adapt::Parameter>> owned;
  std::unique_ptr<optim::Arena> arena;

  explicit Blocks(std::int64_t rank) {
    adapt::ParameterList list;
    for (const char* name : {"h.0.w", "h.1.w", "h.2.w", "h.3.w", "h.3.short", "table"}) {
      auto& parameter = *owned.emplace_back(std::make_unique<adapt::Parameter>());
      parameter.name = name;
      parameter.value = at::zeros({std::string(name) == "h.3.short" ? 10 : 5000});
      parameter.segment = adapt::Segment::Adapter;
      list.push_back(&parameter);
    }
    arena = std::make_unique<optim::Arena>(list, 1);
    for (std::size_t i = 0; i < list.size(); ++i) {
      list[i]->gradient.fill_(static_cast<double>(rank + 1) * static_cast<double>(i + 1));
    }
  }
};

TEST(GradientExchange, LaterBlocksTravelFirstAndEveryGradientIsSummedOnce) {
  parallel::asGroup(3, [](std::unique_ptr<parallel::ProcessGroup> group) {
    const Blocks blocks(group->rank());
    GradientExchange exchange(*blocks.arena, *group);
    EXPECT_EQ(exchange.pieces(), 5U);
    for (int step = 1; step <= 2; ++step) {
      EXPECT_FALSE(exchange.begun());
      // One hears of every block, one of some, and one, without work, of none.
      if (group->rank() == 0) {
        for (std::int64_t block = 3; block >= 0; --block) {
          exchange.blockDone(block);
          EXPECT_TRUE(exchange.begun());
        }
      }
      if (group->rank() == 1) exchange.blockDone(2);
      exchange.finish();
      for (std::size_t i = 0; i < blocks.owned.size(); ++i) {
        const double once = 6 * static_cast<double>(i + 1);  // 1 + 2 + 3 ranks
        const double expected = step == 1 ? once : 3 * once;
        EXPECT_TRUE(at::equal(blocks.owned[i]->gradient, at::full_like(blocks.owned[i]->gradient, expected)))
            << blocks.owned[i]->name << " in step " << step;
      }
    }
    group->finish();
  });
}

class BlockDone : public testing::TestWithParam<test::Family> {};

/// Whatever trains, every family's gradients of a block and all after it stand as they stay when the block is told of.
TEST_P(BlockDone, TellsOfBlocksLastFirstAndWithCompleteGradients) {
  const auto model = test::tinyModel(test::tinyConfig(GetParam(), 0.1));
  adapt::ParameterList parameters;
  std::set<std::string> adapted;
  // Linear layers train by an adaptation, in a backward function of their own; all else as leaves of autograd.
  for (auto* slot : model->linears()) {
    adapted.insert(slot->name() + ".weight");
    slot->attach(std::make_unique<adapt::Dense>(slot->weight(), slot->name()));
    const auto own = slot->adaptation()->parameters();
    parameters.insert(parameters.end(), own.begin(), own.end());
  }
  for (const auto& stored : model->tensors()) {
    if (adapted.contains(stored.name)) continue;
    if (auto* parameter = model->train(stored.name)) parameters.push_back(parameter);
  }
  optim::Arena arena(parameters, 0);
  const auto ofBlocksFrom = [&](std::int64_t first) {
    std::vector<at::Tensor> all;
    for (const auto* parameter : parameters) {
      if (blockOf(parameter->name).value_or(-1) >= first) all.push_back(parameter->gradient.clone());
    }
    return all;
  };
  for (const bool recomputes : {false, true}) {
    std::vector<std::int64_t> told;
    std::vector<std::vector<at::Tensor>> gradients;
    arena.zeroGradients();
    const std::function<void(std::int64_t)> note = [&](std::int64_t block) {
      told.push_back(block);
      gradients.push_back(ofBlocksFrom(block));
    };
    model::Pass pass;
    pass.training = true;
    pass.recomputes = recomputes;
    pass.blockDone = &note;
    model->loss(test::tinyBatch(model->config(), {5, 3, 7}, 1), pass, 1).backward();
    ASSERT_FALSE(told.empty());
    EXPECT_GT(told.front(), 0);
    for (std::size_t i = 0; i < told.size(); ++i) {
      EXPECT_TRUE(i == 0 || told[i] == told[i - 1] - 1) << told[i];
      const auto now = ofBlocksFrom(told[i]);
      for (std::size_t p = 0; p < now.size(); ++p) EXPECT_TRUE(at::equal(gradients[i][p], now[p])) << told[i];
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Families, BlockDone, testing::ValuesIn(test::kEveryFamily),
                         [](const auto& test) { return std::string(test::familyName(test.param)); });

}  // namespace
}  // namespace rosa::train
