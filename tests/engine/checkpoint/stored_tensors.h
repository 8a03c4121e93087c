// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/safetensors_writer.h"

/// Small tensors for tests of what is stored, and files as plain text.
namespace rosa::checkpoint {

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

inline std::vector<std::string> namesIn(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

/// A tensor of seeded random bytes, which are as good as any number.
struct StoredTensor {
  std::string name;
  Dtype dtype;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> data;

  StoredTensor(std::string tensorName, Dtype type, std::vector<std::int64_t> tensorShape, unsigned seed = 1)
      : name(std::move(tensorName)),
        dtype(type),
        shape(std::move(tensorShape)),
        data(static_cast<std::size_t>(tensorBytes(dtype, shape).value())) {
    std::mt19937 random(seed);
    for (auto& byte : data) byte = static_cast<std::byte>(random() & 0xFF);
  }
};

/// What writes them; `tensors` must outlive it.
inline std::vector<TensorToWrite> toWrite(const std::vector<StoredTensor>& tensors) {
  std::vector<TensorToWrite> list;
  for (const auto& tensor : tensors)
    list.push_back(tensorInMemory(tensor.name, tensor.dtype, tensor.shape, tensor.data));
  return list;
}

inline std::vector<std::byte> dataOf(const TensorReader& reader, const TensorEntry& entry) {
  std::vector<std::byte> data(static_cast<std::size_t>(entry.bytes()));
  const auto status = reader.read(entry, 0, data);
  EXPECT_TRUE(status) << status.error().message;
  return data;
}

inline void expectHolds(const TensorReader& reader, const std::vector<StoredTensor>& tensors) {
  EXPECT_EQ(reader.entries().size(), tensors.size());
  for (const auto& tensor : tensors) {
    const auto* entry = reader.find(tensor.name);
    ASSERT_NE(entry, nullptr) << tensor.name;
    EXPECT_EQ(entry->dtype, tensor.dtype) << tensor.name;
    EXPECT_EQ(entry->shape, tensor.shape) << tensor.name;
    EXPECT_EQ(dataOf(reader, *entry), tensor.data) << tensor.name;
  }
}

/// A message for people: one line that names the file, without control characters, ended as a sentence.
inline void expectPlainSentence(const std::string& message, const std::string& named) {
  EXPECT_NE(message.find(named), std::string::npos) << message;
  EXPECT_TRUE(message.ends_with('.')) << message;
  EXPECT_TRUE(std::ranges::none_of(message, [](unsigned char c) { return c < 0x20 || c == 0x7F; })) << message;
  EXPECT_LT(message.size(), 600U) << message;
}

}  // namespace rosa::checkpoint
