// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/stored_types.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "checkpoint/model_writer.h"
#include "checkpoint/tensors.h"
#include "support/process.h"

namespace rosa::train {
namespace {

class StoredTypes : public testing::Test {
 protected:
  checkpoint::ModelFolder base(const std::vector<checkpoint::TensorToWrite>& tensors) {
    auto& files = base::FileSystem::real();
    std::ofstream(folder_.path() / "config.json") << "{}";
    if (!checkpoint::writeModelTensors(files, folder_.path(), tensors)) throw std::runtime_error("not written");
    auto opened = checkpoint::ModelFolder::open(files, folder_.path());
    if (!opened) throw std::runtime_error(opened.error().message);
    return *std::move(opened);
  }
  static checkpoint::TensorToWrite file(const std::string& name, std::int64_t count, at::ScalarType type) {
    return checkpoint::tensorToWrite(name, at::zeros(count, type));
  }
  static model::NamedTensor held(const std::string& name, const at::Tensor& tensor) {
    model::NamedTensor stored;
    stored.name = name;
    stored.tensor = tensor;
    return stored;
  }
  test::TemporaryFolder folder_;
};

TEST_F(StoredTypes, AreTheBasesUnderEitherSpellingAndMostOfItsNumbersForWhatIsNew) {
  const auto folder = base({file("model.a.weight", 4, at::kFloat), file("b.weight", 40, at::kBFloat16),
                            file("c.LayerNorm.gamma", 4, at::kHalf), file("counter", 400, at::kLong)});
  const std::vector<model::NamedTensor> tensors{
      held("model.a.weight", at::zeros(4)), held("model.b.weight", at::zeros(40)),
      held("c.LayerNorm.weight", at::zeros(4)), held("score.weight", at::zeros(2))};
  const std::vector<at::ScalarType> own{at::kFloat, at::kBFloat16, at::kHalf, at::kBFloat16};
  EXPECT_EQ(storedTypes(tensors, folder, std::nullopt), own);
  EXPECT_EQ(mainType(tensors, own), at::kBFloat16);
  EXPECT_EQ(storedTypes(tensors, folder, at::kHalf), std::vector<at::ScalarType>(4, at::kHalf));
}

TEST_F(StoredTypes, AFileOfWholeNumbersAloneGivesFp32) {
  const auto folder = base({file("counter", 4, at::kLong)});
  EXPECT_EQ(storedTypes({held("a", at::zeros(2))}, folder, std::nullopt), std::vector<at::ScalarType>{at::kFloat});
}

TEST_F(StoredTypes, RoundToNearestEvenOnce) {
  // Between 1 and the next bf16, 1.0078125: half-way to even below, half-way to even above, and just off both.
  const auto tensor = at::tensor({1.00390625F, 1.01171875F, 1.0039065F, 1.0117186F, -1.00390625F});
  const auto there = rounded({held("a", tensor)}, {at::kBFloat16});
  ASSERT_TRUE(there) << there.error().message;
  EXPECT_TRUE(at::equal((*there)[0].tensor, at::tensor({1.F, 1.015625F, 1.0078125F, 1.0078125F, -1.F})));
  EXPECT_EQ((*there)[0].tensor.scalar_type(), at::kFloat);
}

TEST_F(StoredTypes, WhatLosesNothingIsTheTensorItself) {
  const auto tensor = at::tensor({0.5F, 3.F});
  for (const auto type : {at::kFloat, at::kHalf, at::kBFloat16, at::kDouble}) {
    const auto there = rounded({held("a", tensor)}, {type});
    ASSERT_TRUE(there);
    EXPECT_TRUE((*there)[0].tensor.is_same(tensor));
  }
}

TEST_F(StoredTypes, WhatATypeHasNoNumberForIsNamedWithTheWayOut) {
  EXPECT_TRUE(rounded({held("a.weight", at::tensor({65519.F}))}, {at::kHalf})) << "rounds down to the largest";
  const auto half = rounded({held("a.weight", at::tensor({1.F, -65520.F}))}, {at::kHalf});
  ASSERT_FALSE(half);
  for (const char* part : {"\"a.weight\"", "65520", "fp16", "--dtype bf16 or --dtype fp32"}) {
    EXPECT_NE(half.error().message.find(part), std::string::npos) << part << " is not in " << half.error().message;
  }
  const auto brain = rounded({held("a.weight", at::tensor({std::numeric_limits<float>::max()}))}, {at::kBFloat16});
  ASSERT_FALSE(brain);
  EXPECT_NE(brain.error().message.find("Write --dtype fp32"), std::string::npos) << brain.error().message;
}

}  // namespace
}  // namespace rosa::train
