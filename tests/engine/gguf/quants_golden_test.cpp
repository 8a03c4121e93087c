// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "checkpoint/safetensors.h"
#include "engine/gguf/gguf_samples.h"
#include "support/golden.h"

/// Blocks by gguf.quants (golden/README-text.md, gguf/quants.safetensors).
namespace rosa::gguf {
namespace {

class QuantsGolden : public testing::TestWithParam<BlockType> {
 protected:
  void SetUp() override {
    const auto path = test::goldenDirectory() / "gguf" / "quants.safetensors";
    if (!fs::exists(path)) GTEST_SKIP() << "no vectors";
    file_.emplace(checkpoint::SafetensorsFile::open(realFiles(), path).value());
  }
  [[nodiscard]] bool has(const std::string& name) const { return file_->find(name) != nullptr; }
  [[nodiscard]] std::vector<std::byte> bytes(const std::string& name) const {
    std::vector<std::byte> data(file_->find(name)->bytes());
    EXPECT_TRUE(file_->read(name, data));
    return data;
  }
  [[nodiscard]] std::vector<float> numbers(const std::string& name) const {
    const auto data = bytes(name);
    std::vector<float> values(data.size() / sizeof(float));
    std::memcpy(values.data(), data.data(), data.size());
    return values;
  }
  std::optional<checkpoint::SafetensorsFile> file_;
  std::string type_{formatOf(GetParam()).name};
};

TEST_P(QuantsGolden, DequantisesToTheSameBits) {
  const auto expected = numbers("dq." + type_);
  std::vector<float> values(expected.size());
  dequantise(GetParam(), bytes("q." + type_), values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(std::memcmp(&values[i], &expected[i], sizeof(float)), 0)
        << i << ": " << values[i] << " for " << expected[i];
  }
}

TEST_P(QuantsGolden, QuantisesToTheSameBits) {
  if (GetParam() == BlockType::Q4_K || GetParam() == BlockType::Q6_K) {
    GTEST_SKIP() << "gguf.quants does not write K blocks; their error is compared below";
  }
  const auto expected = bytes("q." + type_);
  std::vector<std::byte> written(expected.size());
  quantise(GetParam(), numbers("x"), written);
  for (std::size_t i = 0; i < written.size(); ++i) ASSERT_EQ(written[i], expected[i]) << "byte " << i;
}

/// Root mean square error of llama.cpp's own quantisers (quantize_q4_K, quantize_q6_K without an importance matrix, as
/// llama-cpp-python 0.3.36 has them) on the same numbers.
struct Reference {
  BlockType type;
  const char* numbers;
  double error;
};

class KBlocksGolden : public testing::TestWithParam<Reference> {};

TEST_P(KBlocksGolden, TheErrorIsNotAboveThatOfLlamaCpp) {
  const auto [type, which, reference] = GetParam();
  const bool vectors = std::string(which) == "x";
  const auto path = vectors ? test::goldenDirectory() / "gguf" / "quants.safetensors"
                            : test::modelsDirectory() / "stories260k" / "model.safetensors";
  if (!fs::exists(path)) GTEST_SKIP() << "no vectors";
  const auto file = checkpoint::SafetensorsFile::open(realFiles(), path).value();
  std::vector<float> numbers(static_cast<std::size_t>(file.find(which)->count()));
  ASSERT_TRUE(file.read(which, std::as_writable_bytes(std::span(numbers))));
  const auto format = formatOf(type);
  std::vector<std::byte> bytes(numbers.size() / format.values * format.bytes);
  std::vector<float> back(numbers.size());
  quantise(type, numbers, bytes);
  dequantise(type, bytes, back);
  double sum = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    sum += std::pow(static_cast<double>(numbers[i]) - back[i], 2);
  }
  const double error = std::sqrt(sum / static_cast<double>(numbers.size()));
  std::cout << format.name << " of " << which << ": " << error << ", llama.cpp " << reference << std::endl;
  EXPECT_LE(error, reference);
}

INSTANTIATE_TEST_SUITE_P(Types, KBlocksGolden,
                         testing::Values(Reference{BlockType::Q4_K, "x", 241.066},
                                         Reference{BlockType::Q6_K, "x", 60.3657},
                                         Reference{BlockType::Q4_K, "model.embed_tokens.weight", 0.0240814},
                                         Reference{BlockType::Q6_K, "model.embed_tokens.weight", 0.00539013}));

INSTANTIATE_TEST_SUITE_P(Types, QuantsGolden,
                         testing::Values(BlockType::F16, BlockType::BF16, BlockType::Q4_0, BlockType::Q5_0,
                                         BlockType::Q8_0, BlockType::Q4_K, BlockType::Q6_K),
                         [](const auto& shown) { return std::string(formatOf(shown.param).name); });

}  // namespace
}  // namespace rosa::gguf
