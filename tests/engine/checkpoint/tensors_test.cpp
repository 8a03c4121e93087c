// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/tensors.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/safetensors.h"
#include "engine/checkpoint/stored_tensors.h"
#include "support/process.h"

namespace rosa::checkpoint {
namespace {

class TensorsTest : public testing::Test {
 protected:
  TensorsTest() { at::manual_seed(5); }

  /// Writes the one tensor "w" and opens the file again.
  SafetensorsFile stored(const at::Tensor& tensor, std::optional<at::ScalarType> as = std::nullopt) {
    const std::vector<TensorToWrite> list = {tensorToWrite("w", tensor, as)};
    const auto path = folder_.path() / ("file" + std::to_string(files_++) + ".safetensors");
    const auto written = writeSafetensors(realFiles(), path, list, {});
    EXPECT_TRUE(written) << written.error().message;
    return SafetensorsFile::open(realFiles(), path).value();
  }

  static at::Tensor loaded(const TensorReader& reader, std::optional<at::ScalarType> as = std::nullopt) {
    const auto tensor = loadTensor(reader, "w", as);
    EXPECT_TRUE(tensor) << tensor.error().message;
    return *tensor;
  }

  static std::string problem(const TensorReader& reader, const at::Tensor& destination, const char* name = "w") {
    const auto status = readTensor(reader, name, destination);
    return status ? "read" : status.error().message;
  }

  test::TemporaryFolder folder_;
  int files_ = 0;
};

TEST_F(TensorsTest, EveryDtypeComesBackAsItIs) {
  for (const auto type :
       {at::kFloat, at::kHalf, at::kBFloat16, at::kDouble, at::kLong, at::kInt, at::kByte, at::kBool}) {
    const auto tensor = at::randint(0, 2, {3, 5}).to(type);
    const auto again = loaded(stored(tensor));
    EXPECT_EQ(again.scalar_type(), type);
    EXPECT_TRUE(again.equal(tensor)) << c10::toString(type);
  }
}

TEST_F(TensorsTest, ACopyIsMadeByteForByteInPieces) {
  const StoredTensor large("large", Dtype::F8E4M3, {3001, 4099}, 7);
  const StoredTensor empty("empty", Dtype::BF16, {0, 4});
  const std::vector<StoredTensor> tensors = {large, empty};
  ASSERT_TRUE(writeSafetensors(realFiles(), folder_.path() / "from.safetensors", toWrite(tensors), {}));
  const auto from = SafetensorsFile::open(realFiles(), folder_.path() / "from.safetensors").value();
  std::vector<TensorToWrite> copies;
  std::size_t largest = 0;
  for (const auto* entry : from.entries()) {
    auto copy = copyOfTensor(from, *entry);
    copy.produce = [&largest, produce = copy.produce](const ByteSink& sink) {
      return produce([&](std::span<const std::byte> bytes) {
        largest = std::max(largest, bytes.size());
        return sink(bytes);
      });
    };
    copies.push_back(std::move(copy));
  }
  ASSERT_TRUE(writeSafetensors(realFiles(), folder_.path() / "to.safetensors", copies, {}));
  expectHolds(SafetensorsFile::open(realFiles(), folder_.path() / "to.safetensors").value(), tensors);
  EXPECT_GT(largest, 0U);
  EXPECT_LT(largest, large.data.size()) << "never the whole tensor in memory";
}

TEST_F(TensorsTest, TwoTensorsAreComparedByTheirNumbers) {
  const auto tensor = at::randn({1500, 1000});  // more than one piece
  auto other = tensor.clone();
  other[1499][999] += 1;
  const std::vector<TensorToWrite> list = {tensorToWrite("a", tensor),
                                           tensorToWrite("b", tensor.clone()),
                                           tensorToWrite("last differs", other),
                                           tensorToWrite("half", tensor, at::kHalf),
                                           tensorToWrite("half widened", tensor.to(at::kHalf).to(at::kFloat)),
                                           tensorToWrite("of another shape", tensor.view({1000, 1500}))};
  ASSERT_TRUE(writeSafetensors(realFiles(), folder_.path() / "list.safetensors", list, {}));
  const auto file = SafetensorsFile::open(realFiles(), folder_.path() / "list.safetensors").value();
  const FileTensorSource source(file);
  const auto equal = [&](const char* one, const char* two) { return source.equal(one, two).value(); };
  EXPECT_TRUE(equal("a", "b"));
  EXPECT_FALSE(equal("a", "last differs"));
  EXPECT_FALSE(equal("a", "half"));
  EXPECT_TRUE(equal("half", "half widened"));
  EXPECT_FALSE(equal("a", "of another shape"));
  EXPECT_FALSE(source.equal("a", "missing"));
}

TEST_F(TensorsTest, HalfPrecisionIsConvertedAsLibTorchDoes) {
  const auto tensor = at::randn({7, 9});
  for (const auto type : {at::kHalf, at::kBFloat16}) {
    EXPECT_TRUE(loaded(stored(tensor, type)).equal(tensor.to(type))) << "written as " << c10::toString(type);
    EXPECT_TRUE(loaded(stored(tensor.to(type)), at::kFloat).equal(tensor.to(type).to(at::kFloat)))
        << "read from " << c10::toString(type);
  }
}

TEST_F(TensorsTest, TheLayoutInMemoryDoesNotMatter) {
  const auto tensor = at::randn({6, 4});
  EXPECT_TRUE(loaded(stored(tensor.t())).equal(tensor.t())) << "written from a transposed view";
  auto columns = at::zeros({4, 6});
  ASSERT_TRUE(readTensor(stored(tensor), "w", columns.t()));
  EXPECT_TRUE(columns.t().equal(tensor)) << "read into a transposed view";
  auto wide = at::zeros({6, 10});
  ASSERT_TRUE(readTensor(stored(tensor), "w", wide.narrow(1, 3, 4)));
  EXPECT_TRUE(wide.narrow(1, 3, 4).equal(tensor)) << "read into a part of a buffer";
  EXPECT_EQ(wide.count_nonzero().item<std::int64_t>(), 24);
}

TEST_F(TensorsTest, WhatDoesNotFitIntoOnePieceIsWholeAllTheSame) {
  // More than 4 MiB, in rows of more and of less than a piece.
  for (const auto& shape : {std::vector<std::int64_t>{3, 1100000}, std::vector<std::int64_t>{1100000, 3}}) {
    const auto tensor = at::randn(shape);
    EXPECT_TRUE(loaded(stored(tensor, at::kHalf), at::kFloat).equal(tensor.to(at::kHalf).to(at::kFloat)));
    EXPECT_TRUE(loaded(stored(tensor.t()), at::kDouble).equal(tensor.t().to(at::kDouble)));
  }
}

TEST_F(TensorsTest, ScalarsAndEmptyTensorsComeBack) {
  EXPECT_TRUE(loaded(stored(at::scalar_tensor(2.5))).equal(at::scalar_tensor(2.5)));
  EXPECT_EQ(loaded(stored(at::zeros({3, 0})), at::kDouble).sizes(), at::IntArrayRef({3, 0}));
}

TEST_F(TensorsTest, WhatDoesNotFitIsToldWithFileAndTensor) {
  const auto file = stored(at::randn({2, 3}));
  for (const auto& message : {problem(file, at::zeros({3, 2})), problem(file, at::zeros({2, 3}, at::kLong)),
                              problem(file, at::zeros({2, 3}), "bias")}) {
    expectPlainSentence(message, file.path().string());
  }
  EXPECT_NE(problem(file, at::zeros({3, 2})).find("[2, 3] instead of [3, 2]"), std::string::npos);
  EXPECT_NE(problem(stored(at::ones({2, 3}, at::kLong)), at::zeros({2, 3})).find("int64"), std::string::npos);
}

TEST_F(TensorsTest, ADtypeThatLibTorchCannotComputeWithIsToldWithTheRemedy) {
  const std::vector<StoredTensor> tensors = {{"w", Dtype::F8E4M3, {4}}};
  const auto path = folder_.path() / "fp8.safetensors";
  ASSERT_TRUE(writeSafetensors(realFiles(), path, toWrite(tensors), {}));
  const auto file = SafetensorsFile::open(realFiles(), path);
  ASSERT_TRUE(file);
  const auto tensor = loadTensor(*file, "w");
  ASSERT_FALSE(tensor);
  expectPlainSentence(tensor.error().message, "F8_E4M3");
}

TEST_F(TensorsTest, ATruncatedFileIsAnErrorInEveryPiece) {
  const auto file = stored(at::randn({3, 1100000}), at::kHalf);
  fs::resize_file(file.path(), fs::file_size(file.path()) - 1);
  expectPlainSentence(problem(file, at::zeros({3, 1100000})), file.path().string());
}

}  // namespace
}  // namespace rosa::checkpoint
