// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdlib>

#include "engine/service/service_fixture.h"
#include "model/build.h"
#include "service/init_presets.h"

namespace rosa::test {
namespace {

class InitModel : public ServiceTest {};

TEST_F(InitModel, EveryArchitecturesTinyPresetCanBeOpenedAndTrained) {
  for (const char* arch : {"gpt2", "llama", "bert", "roberta", "xlm-roberta", "distilbert", "electra", "albert",
                           "deberta", "deberta-v2"}) {
    const auto summary = engine_->inspectModel(makeModel(arch));
    ASSERT_TRUE(summary) << arch << ": " << summary.error().message;
    EXPECT_EQ(summary->layers, 2) << arch;
    EXPECT_EQ(summary->hiddenSize, 64) << arch;
    EXPECT_EQ(summary->dtype, "fp32") << arch;
    EXPECT_TRUE(summary->hasTokenizer) << arch;
    EXPECT_FALSE(summary->linearLayers.empty()) << arch;
  }
}

TEST_F(InitModel, ASeedDecidesTheWeights) {
  const auto weights = [&](const std::string& arch, std::int64_t seed) {
    const auto model = makeModel(arch, seed);
    auto bytes = readText(model / "model.safetensors");
    fs::remove_all(model);
    return bytes;
  };
  for (const char* arch : {"gpt2", "bert"}) {
    const auto first = weights(arch, 3);
    EXPECT_TRUE(first == weights(arch, 3)) << arch;
    EXPECT_FALSE(first == weights(arch, 4)) << arch;
  }
}

TEST_F(InitModel, WrongNamesAndPlacesMakeNothing) {
  fs::create_directory(path("taken"));
  writeText(path("taken") / "file", "text");
  const auto before = everything();
  const auto expectRefused = [&](const InitRequest& request, const std::vector<std::string>& words) {
    const auto made = engine_->initModel(request);
    ASSERT_FALSE(made);
    expectContains(made.error().message, words);
    EXPECT_EQ(everything(), before);
  };
  expectRefused({"gpt3", "tiny", 0, path("new"), {}}, {"gpt3", "gpt2 tiny", "roberta base", "llama 1b"});
  expectRefused({"gpt2", "huge", 0, path("new"), {}}, {"huge", "gpt2 small"});
  expectRefused({"gpt2", "tiny", 0, path("taken"), {}}, {path("taken").string()});
  expectRefused({"gpt2", "tiny", 0, path("new"), path("taken")}, {path("taken").string(), "tokenizer.json"});
}

TEST_F(InitModel, PresetsOfTheKnownModelsAreListed) {
  std::set<std::string> names;
  for (const auto& preset : initPresets()) {
    names.insert(preset.arch + " " + preset.name);
    EXPECT_FALSE(preset.description.empty());
  }
  for (const char* name : {"gpt2 small", "roberta base", "bert base", "llama 1b"})
    EXPECT_TRUE(names.contains(name)) << name;
}

/// "Qwen3 0.6B, 596 M parameters": what the description says is what the shape has.
TEST_F(InitModel, EveryPresetHasAsManyParametersAsItSays) {
  for (const auto& preset : initPresets()) {
    SCOPED_TRACE(preset.arch + " " + preset.name);
    const auto json = service::presetConfig(preset.arch, preset.name);
    ASSERT_TRUE(json) << json.error().message;
    const auto config = model::parseModelConfig(*json, "config.json");
    ASSERT_TRUE(config) << config.error().message;
    model::BuildOptions shapesOnly;
    shapesOnly.device = c10::DeviceType::Meta;
    const auto built = model::buildModel(*config, nullptr, shapesOnly);
    ASSERT_TRUE(built) << built.error().message;
    std::int64_t parameters = 0;
    for (const auto& stored : (*built)->tensors()) parameters += stored.tensor.numel();
    if (preset.name == "tiny") {
      EXPECT_LT(parameters, 400'000);
      continue;
    }
    const auto said = preset.description.substr(preset.description.find_last_of(',') + 2);
    const auto number = std::stod(said);
    const auto unit = said.find(" B ") != std::string::npos ? 1e9 : 1e6;
    EXPECT_NEAR(static_cast<double>(parameters) / unit, number, 0.01 * number) << parameters;
  }
}

}  // namespace
}  // namespace rosa::test
