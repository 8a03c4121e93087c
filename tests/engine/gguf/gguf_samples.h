// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "gguf/blocks.h"
#include "gguf/gguf_file.h"
#include "gguf/gguf_writer.h"

/// Small files for tests of the container.
namespace rosa::gguf {

namespace fs = std::filesystem;

inline base::FileSystem& realFiles() {
  return base::FileSystem::real();
}
inline std::string readText(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void writeText(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline std::vector<float> randomNumbers(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> numbers(count);
  for (auto& x : numbers) x = normal(random);
  return numbers;
}

/// A tensor of random numbers in any format.
inline TensorToWrite sampleTensor(std::string name, std::vector<std::uint64_t> dimensions, BlockType type,
                                  unsigned seed = 1) {
  TensorToWrite tensor{std::move(name), std::move(dimensions), type, {}};
  std::size_t count = 1;
  for (const auto dimension : tensor.dimensions) count *= dimension;
  std::vector<std::byte> bytes(tensor.bytes());
  quantise(type, randomNumbers(count, seed), bytes);
  tensor.produce = [bytes](const ByteSink& sink) { return sink(bytes); };
  return tensor;
}

/// One value of every type, arrays of every type, and an array of arrays.
inline Metadata sampleMetadata() {
  Metadata data;
  data.set("general.architecture", std::string("llama"));
  data.set("t.u8", std::uint8_t{255});
  data.set("t.i8", std::int8_t{-128});
  data.set("t.u16", std::uint16_t{65535});
  data.set("t.i16", std::int16_t{-32768});
  data.set("t.u32", std::uint32_t{4294967295});
  data.set("t.i32", std::int32_t{-2147483647 - 1});
  data.set("t.f32", 1.5F);
  data.set("t.bool", true);
  data.set("t.text", std::string("Grüße\n"));
  data.set("t.u64", std::uint64_t{1} << 63);
  data.set("t.i64", std::int64_t{-5});
  data.set("t.f64", -0.1);
  data.set("a.u8", Array{std::vector<std::uint8_t>{1, 2}});
  data.set("a.i8", Array{std::vector<std::int8_t>{-1}});
  data.set("a.u16", Array{std::vector<std::uint16_t>{7, 8, 9}});
  data.set("a.i16", Array{std::vector<std::int16_t>{-7}});
  data.set("a.u32", Array{std::vector<std::uint32_t>{}});
  data.set("a.i32", Array{std::vector<std::int32_t>{-1, 1}});
  data.set("a.f32", Array{std::vector<float>{0.25F}});
  data.set("a.bool", Array{std::vector<bool>{true, false, true}});
  data.set("a.text", Array{std::vector<std::string>{"", "a", "▁the"}});
  data.set("a.u64", Array{std::vector<std::uint64_t>{3}});
  data.set("a.i64", Array{std::vector<std::int64_t>{-3}});
  data.set("a.f64", Array{std::vector<double>{2.5}});
  data.set("a.nested",
           Array{std::vector<Array>{Array{std::vector<std::int32_t>{1, 2}}, Array{std::vector<std::string>{"x"}}}});
  return data;
}

inline std::vector<TensorToWrite> sampleTensors() {
  return {sampleTensor("token_embd.weight", {64, 5}, BlockType::F16), sampleTensor("norm", {7}, BlockType::F32, 2),
          sampleTensor("blk.0.attn_q.weight", {32, 3, 2}, BlockType::Q8_0, 3),
          sampleTensor("blk.0.ffn_up.weight", {256, 2}, BlockType::Q4_K, 4),
          sampleTensor("one", {}, BlockType::F32, 5)};
}

/// One sentence that names the file, printable and with a remedy.
inline void expectPlainSentence(const std::string& message, const fs::path& file) {
  EXPECT_NE(message.find(file.string()), std::string::npos) << message;
  EXPECT_TRUE(message.ends_with('.')) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  EXPECT_LT(message.size(), file.string().size() + 700) << message;
  EXPECT_EQ(message.find('\0'), std::string::npos);
}

}  // namespace rosa::gguf
