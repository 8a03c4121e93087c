// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "checkpoint/peft_adapter.h"
#include "engine/adapt/golden_tensors.h"
#include "engine/train/test_run.h"
#include "support/golden.h"
#include "train/opened_model.h"
#include "train/start_adapter.h"

/// Adapters that PEFT 0.21.2 saved (tests/golden/README.md, adapters), with the logits that it then gives for tokens
/// 12 to 31: starts that change the base matrix, patterns, excluded modules, saved modules.
namespace rosa::train {
namespace {

namespace fs = std::filesystem;

constexpr double kLimit = 2e-5;

fs::path folder() {
  return test::sourceDirectory() / "tests" / "golden" / "adapters";
}

struct ReferenceCase {
  std::string name, base;
};

std::vector<ReferenceCase> cases() {
  std::vector<ReferenceCase> all;
  const auto index = base::readJsonFile(base::FileSystem::real(), folder() / "index.json");
  if (!index) return all;
  for (const auto& [name, base] : index->items()) all.push_back({name, base.get<std::string>()});
  return all;
}

class SavedByPeft : public testing::TestWithParam<ReferenceCase> {
 protected:
  [[nodiscard]] fs::path adapter() const { return folder() / GetParam().name; }
  [[nodiscard]] std::unique_ptr<model::Model> base() const {
    const auto opened = checkpoint::PeftAdapter::open(base::FileSystem::real(), adapter());
    EXPECT_TRUE(opened) << opened.error().message;
    model::BuildOptions options;
    options.device = test::deviceUnderTest();
    untieFor(*opened, options);
    auto model = openModel(folder() / GetParam().base, options);
    EXPECT_TRUE(model) << model.error().message;
    return *std::move(model);
  }
  [[nodiscard]] static at::Tensor logitsOf(model::Model& model) {
    model::Batch batch;
    batch.tokenIds = at::arange(12, 32, at::kLong).to(test::deviceUnderTest());
    batch.positionIds = at::arange(0, 20, at::kLong).to(test::deviceUnderTest());
    batch.offsets = {0, 20};
    return model.logits(batch).cpu();
  }
  void expectPeftsLogits(const at::Tensor& logits) const {
    const test::GoldenTensors golden(adapter() / "logits.safetensors");
    EXPECT_LE((logits - golden["logits"]).abs().max().item<double>(), kLimit);
  }
};

TEST_P(SavedByPeft, IsMergedToPeftsLogits) {
  const auto model = base();
  const auto status = mergeAdapter(adapter(), *model);
  ASSERT_TRUE(status) << status.error().message;
  expectPeftsLogits(logitsOf(*model));
}

TEST_P(SavedByPeft, IsWhereARunGoesOnFrom) {
  auto model = base();
  const auto start = StartAdapter::open(adapter(), *model);
  ASSERT_TRUE(start) << start.error().message;
  RunConfig config;
  config.task = Task::LanguageModelling;
  config.adapter = adapter();
  config.method = start->method();
  config.device = test::deviceChoice();
  data::Example any;
  any.tokenIds = {2, 3};
  any.targets = {3, data::kNoTarget};
  any.targetCount = 1;
  for (const auto form : {Form::Merged, Form::Branch}) {
    config.form = form;
    const auto session = test::sessionOf(config, base(), {any});
    expectPeftsLogits(logitsOf(*session->model));
  }
}

INSTANTIATE_TEST_SUITE_P(Adapters, SavedByPeft, testing::ValuesIn(cases()), [](const auto& test) {
  auto name = test.param.name;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace rosa::train
