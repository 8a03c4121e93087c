// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/service/service_fixture.h"

namespace rosa::test {
namespace {

class Inspect : public ServiceTest {
 protected:
  Inspection inspected(const fs::path& what) {
    const auto result = engine_->inspect(what);
    EXPECT_TRUE(result) << result.error().message;
    return result ? *result : Inspection{};
  }
  static std::string fact(const Inspection& inspection, const std::string& name) {
    for (const auto& [key, value] : inspection.facts) {
      if (key == name) return value;
    }
    return "no fact is called " + name;
  }
};

TEST_F(Inspect, TellsByContentWhatAPathIs) {
  EXPECT_EQ(inspected(sampleModel()).kind, "model");
  EXPECT_EQ(inspected(sampleModel() / "model.safetensors").kind, "safetensors");
  EXPECT_EQ(inspected(sampleModel() / "tokenizer.json").kind, "tokenizer");
  EXPECT_EQ(inspected(samples() / "e2e" / "train.csv").kind, "data");
  EXPECT_EQ(inspected(samples() / "e2e").kind, "data");
  fs::create_directory(path("tokenizer"));
  writeText(path("tokenizer") / "tokenizer.json", readText(sampleModel() / "tokenizer.json"));
  EXPECT_EQ(inspected(path("tokenizer")).kind, "tokenizer");
}

TEST_F(Inspect, FactsAreThoseOfTheFiles) {
  const auto model = inspected(sampleModel());
  EXPECT_EQ(fact(model, "parameters"), "260,032") << fact(model, "parameters");
  expectContains(fact(model, "family"), {"Llama", "LlamaForCausalLM"});
  expectContains(fact(model, "licence"), {"MIT"});
  expectContains(fact(inspected(sampleModel() / "tokenizer.json"), "tokens"), {"512"});
  const auto data = inspected(samples() / "e2e" / "train.csv");
  EXPECT_EQ(fact(data, "format"), "CSV");
  EXPECT_EQ(fact(data, "first row"), "names of the columns");
  EXPECT_EQ(fact(data, "quotation marks"), "enclose fields");
  EXPECT_EQ(fact(data, "looks like"), "completion");
}

TEST_F(Inspect, ARunShowsItsStateAndMetrics) {
  const auto run = e2eConfig();
  trained(run);
  const auto shown = inspected(run.out);
  EXPECT_EQ(shown.kind, "run");
  EXPECT_EQ(fact(shown, "status"), "completed");
  EXPECT_EQ(fact(shown, "step"), "4 of 4");
  EXPECT_EQ(fact(shown, "method"), "rosa, rank 8");
  EXPECT_EQ(fact(shown, "resumable"), "yes");
}

TEST_F(Inspect, NamesFromAFileAreShownEscaped) {
  const std::string header = R"({"a\u001b[31m\nb":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  std::string bytes(8, '\0');
  bytes[0] = static_cast<char>(header.size());
  writeText(path("odd.safetensors"), bytes + header + "x");
  for (const auto& [name, value] : inspected(path("odd.safetensors")).facts) {
    EXPECT_TRUE(std::ranges::none_of(name + value, [](unsigned char c) { return c < 0x20; })) << name;
  }
}

TEST_F(Inspect, WhatIsNothingIsAnError) {
  auto result = engine_->inspect(path("nowhere"));
  ASSERT_FALSE(result);
  expectContains(result.error().message, {path("nowhere").string()});
  writeText(path("odd.bin"), "?");
  result = engine_->inspect(path("odd.bin"));
  ASSERT_FALSE(result);
  expectContains(result.error().message, {path("odd.bin").string()});
}

}  // namespace
}  // namespace rosa::test
