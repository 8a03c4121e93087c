// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include "checkpoint/model_folder.h"
#include "checkpoint/model_writer.h"
#include "checkpoint/tensors.h"
#include "engine/service/service_fixture.h"

namespace rosa::test {
namespace {

/// Folders whose config.json and tensors do not agree on whether the output layer is the token table.
class TiedFolders : public ServiceTest {
 protected:
  /// The sample model with an lm_head.weight of so many times the token table beside it.
  fs::path modelWithHead(const std::string& name, bool saidTied, double times) {
    return withHead(name, sampleModel(), "model.embed_tokens.weight", saidTied, times);
  }
  fs::path withHead(const std::string& name, const fs::path& model, const char* table, bool saidTied, double times) {
    const auto folder = path(name);
    fs::create_directory(folder);
    for (const char* file : {"tokenizer.json", "tokenizer_config.json"}) {
      writeText(folder / file, readText(model / file));
    }
    auto config = readJson(model / "config.json");
    config["tie_word_embeddings"] = saidTied;
    writeText(folder / "config.json", config.dump());
    auto& files = base::FileSystem::real();
    const auto sample = checkpoint::ModelFolder::open(files, model).value();
    std::vector<checkpoint::TensorToWrite> list;
    for (const auto* entry : sample.entries()) {
      auto tensor = checkpoint::loadTensor(sample, entry->name, at::kFloat).value();
      if (entry->name == table) {
        list.push_back(checkpoint::tensorToWrite("lm_head.weight", tensor * times));
      }
      list.push_back(checkpoint::tensorToWrite(entry->name, tensor));
    }
    EXPECT_TRUE(checkpoint::writeModelTensors(files, folder, list));
    return folder;
  }
  EvaluationReport evaluated(const fs::path& model) {
    EvaluationRequest request;
    request.model = model;
    request.data = e2eConfig();
    const auto report = engine_->evaluate(request);
    EXPECT_TRUE(report) << report.error().message;
    return report ? *report : EvaluationReport{};
  }
};

std::string told(const std::vector<LogLine>& lines) {
  std::string all;
  for (const auto& line : lines) all += line.text + "\n";
  return all;
}

TEST_F(TiedFolders, ATaskWithoutAnOutputLayerIsNotToldOfItsTie) {
  const auto gpt2 = makeModel("gpt2");
  auto config = e2eConfig("lm");
  config.model = withHead("both", gpt2, "transformer.wte.weight", true, 0.5);
  config.maxLength = 64;
  config.steps = 1;
  Recorder language;
  trained(config, language);
  expectContains(told(language.all<LogLine>()), {"config.json ties the output layer"});

  config.out = path("classes");
  config.data = path("data.csv");
  writeText(config.data, "text,label\na cat,yes\na dog,no\na sun,yes\na day,no\n");
  config.task = Task::Classification;
  config.prompt.clear();
  config.completion.clear();
  config.text = "text";
  config.label = "label";
  Recorder classes;
  trained(config, classes);
  EXPECT_EQ(told(classes.all<LogLine>()).find("config.json ties"), std::string::npos);
}

TEST_F(TiedFolders, TensorsThatTheTaskHasNoUseForAreTold) {
  auto config = e2eConfig();
  EXPECT_EQ(joinProblems(engine_->plan(config).problems), "");
  config.model = copyOfSampleModel();
  auto shorter = readJson(config.model / "config.json");
  shorter["num_hidden_layers"] = 4;
  writeText(config.model / "config.json", shorter.dump());
  const auto plan = engine_->plan(config);
  ASSERT_FALSE(plan.remarks.empty());
  expectContains(plan.remarks.front(), {"9 of 47 tensors", config.model.string(), "model.layers.4", "and others"});
  Recorder events;
  trained(config, events);
  expectContains(told(events.all<LogLine>()), {plan.remarks.front()});
}

TEST_F(TiedFolders, AHeadInTheFileIsUsedAndTold) {
  const auto both = modelWithHead("both", true, 0.5);
  const auto report = evaluated(both);
  EXPECT_EQ(report.loss, evaluated(modelWithHead("untied", false, 0.5)).loss);
  EXPECT_NE(report.loss, evaluated(sampleModel()).loss);
  ASSERT_EQ(report.remarks.size(), 1U);
  expectContains(report.remarks[0], {"lm_head.weight", "tie_word_embeddings"});
  GenerationRequest request;
  request.model = both;
  request.prompts = {"Once"};
  request.settings.maxNewTokens = 2;
  const auto made = engine_->generate(request, {});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->remarks, report.remarks);
  const auto shown = engine_->inspect(both);
  ASSERT_TRUE(shown);
  EXPECT_TRUE(
      std::ranges::count(shown->facts, std::pair<std::string, std::string>("output layer", "has its own table")));
  EXPECT_TRUE(std::ranges::count(shown->facts, std::pair<std::string, std::string>("note", report.remarks[0])));
}

TEST_F(TiedFolders, AnEqualHeadIsTheTokenTable) {
  const auto report = evaluated(modelWithHead("equal", true, 1));
  EXPECT_EQ(report.loss, evaluated(sampleModel()).loss);
  EXPECT_TRUE(report.remarks.empty());
}

TEST_F(TiedFolders, AnUntiedModelTrainsAndExportsBothTablesAndSaysSo) {
  for (const auto method : {Method::Full, Method::Lora}) {
    auto run = e2eConfig(method == Method::Full ? "full" : "lora");
    run.model = method == Method::Full ? modelWithHead("both", true, 0.5) : path("both");
    run.method = method;
    Recorder events;
    const auto plan = trainedAsPlanned(run, events);
    EXPECT_EQ(plan.totalParameters, 260032 + 512 * 64);
    EXPECT_TRUE(std::ranges::any_of(
        events.all<LogLine>(), [](const auto& line) { return line.text.find("lm_head.weight") != std::string::npos; }));
    const auto target = path(run.out.filename().string() + "-merged");
    const auto report = engine_->exportRun({run.out, target, "last"});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_LT(report->largestLogitDifference, 1e-4);
    EXPECT_EQ(readJson(target / "config.json")["tie_word_embeddings"], false);
    const auto exported = checkpoint::ModelFolder::open(base::FileSystem::real(), target);
    ASSERT_TRUE(exported);
    EXPECT_NE(exported->find("lm_head.weight"), nullptr);
    EXPECT_NE(exported->find("model.embed_tokens.weight"), nullptr);
    EXPECT_TRUE(evaluated(target).remarks.empty());
  }
}

}  // namespace
}  // namespace rosa::test
