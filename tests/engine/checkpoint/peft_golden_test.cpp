// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "checkpoint/peft_adapter.h"
#include "engine/checkpoint/stored_tensors.h"
#include "support/golden.h"
#include "support/process.h"

/// Adapters saved by PEFT (golden/README.md, peft): read, and written back to the same bytes.
namespace rosa::checkpoint {
namespace {

std::vector<std::string> cases() {
  std::vector<std::string> all;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(test::goldenDirectory() / "peft", ignored)) {
    if (isPeftFolder(entry.path())) all.push_back(entry.path().filename().string());
  }
  std::ranges::sort(all);
  return all;
}

class PeftGolden : public testing::TestWithParam<std::string> {};

TEST_P(PeftGolden, IsWrittenBackToTheSameBytes) {
  const auto folder = test::goldenDirectory() / "peft" / GetParam();
  const auto adapter = PeftAdapter::open(realFiles(), folder);
  ASSERT_TRUE(adapter) << adapter.error().message;

  std::vector<std::vector<std::byte>> data;
  for (const auto* entry : adapter->file().entries()) data.push_back(dataOf(adapter->file(), *entry));
  std::vector<TensorToWrite> tensors;
  const auto add = [&](const TensorEntry* entry, const std::string& name) {
    if (entry == nullptr) return;
    const auto& entries = adapter->file().entries();
    const auto index = static_cast<std::size_t>(std::ranges::find(entries, entry) - entries.begin());
    tensors.push_back(tensorInMemory(name, entry->dtype, entry->shape, data[index]));
  };
  for (const auto& layer : adapter->layers()) {
    add(layer.a, peftName(PeftPart::LoraA, layer.module));
    add(layer.b, peftName(PeftPart::LoraB, layer.module));
    add(layer.magnitude, peftName(PeftPart::Magnitude, layer.module));
    add(layer.factors, peftName(PeftPart::Ia3, layer.module));
  }
  for (const auto& saved : adapter->saved()) {
    // PEFT keeps a trained bias under the name of the layer inside its wrapper.
    auto name = saved.name;
    if (adapter->config().bias == "lora_only") name.insert(name.rfind(".bias"), ".base_layer");
    add(saved.entry, peftName(PeftPart::Saved, name));
  }
  ASSERT_EQ(tensors.size(), adapter->file().entries().size());

  const test::TemporaryFolder to;
  ASSERT_TRUE(writePeftAdapter(realFiles(), to.path(), adapter->config(), tensors));
  for (const char* file : {"adapter_config.json", "adapter_model.safetensors"}) {
    EXPECT_EQ(readText(to.path() / file), readText(folder / file)) << file;
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PeftGolden);
INSTANTIATE_TEST_SUITE_P(Golden, PeftGolden, testing::ValuesIn(cases()), [](const auto& test) {
  auto name = test.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST(PeftFolders, AreThere) {
  if (cases().empty()) GTEST_SKIP() << "no adapters in " << test::goldenDirectory() / "peft";
}

}  // namespace
}  // namespace rosa::checkpoint
