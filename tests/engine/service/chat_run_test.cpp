// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/service/service_fixture.h"

/// Runs on conversations: what they are written by goes with the run, into its resumes, its exports and its answers.
namespace rosa::test {
namespace {

// The end of a turn is the tokenizer's own end token.
const std::string kTemplate =
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'assistant' %}Tale: {{ m.content }}{{ eos_token }}\n"
    "{% else %}Ask: {{ m.content }}\n{% endif %}{% endfor %}{% if add_generation_prompt %}Tale:{% endif %}";

class ChatRun : public ServiceTest {
 protected:
  static std::string rows(int count) {
    std::string lines;
    for (int i = 0; i < count; ++i) {
      lines += json{{"messages",
                     {{{"role", "user"}, {"content", "Who ran?"}},
                      {{"role", "assistant"}, {"content", i % 2 == 0 ? "The cat ran." : "The dog ran."}}}}}
                   .dump() +
               "\n";
    }
    return lines;
  }

  RunConfig config(const std::string& name = "run") {
    auto made = e2eConfig(name);
    made.task = Task::LanguageModelling;
    made.prompt.clear();
    made.completion.clear();
    made.data = path("chats.jsonl");
    if (!fs::exists(made.data)) writeText(made.data, rows(16));
    made.chatTemplate = path("t.jinja").string();
    if (!fs::exists(made.chatTemplate)) writeText(made.chatTemplate, kTemplate);
    made.validationSplit = 0.25;
    made.maxLength = 128;
    made.saveEvery = {Interval::Unit::Steps, 2};
    made.keepCheckpoints = 9;
    return made;
  }

  static bool says(const std::vector<std::string>& remarks, const std::string& words) {
    return std::ranges::any_of(remarks, [&](const auto& text) { return text.find(words) != std::string::npos; });
  }

  std::string answer(const fs::path& model, const std::string& prompt = "Who ran?") {
    GenerationRequest request;
    request.model = model;
    request.prompts = {prompt};
    request.chat = true;
    request.settings.maxNewTokens = 24;
    request.threads = 1;
    const auto report = engine_->generate(request, {});
    EXPECT_TRUE(report) << report.error().message;
    return report ? report->prompts.at(0).at(0).text : "";
  }
};

TEST_F(ChatRun, IsPlannedTrainedAndKeepsItsTemplate) {
  const auto run = config();
  const auto plan = engine_->plan(run);
  for (const auto& problem : plan.problems) ADD_FAILURE() << problem.message;
  EXPECT_TRUE(says(plan.remarks, "holds conversations (shape messages)"));
  EXPECT_TRUE(says(plan.remarks, "the model's turn ends with \"</s>\""));
  EXPECT_EQ(plan.trainRows, 12);
  Recorder events;
  trained(run, events);
  const auto started = events.all<RunStarted>();
  ASSERT_EQ(started.size(), 1U);
  EXPECT_EQ(started[0].trainExamples, plan.trainRows);
  EXPECT_EQ(readText(run.out / "chat_template.jinja"), kTemplate);
  const auto stored = engine_->runConfig(run.out);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->shape, Shape::Messages);
  EXPECT_EQ(stored->lossOn, LossOn::Assistant);
}

TEST_F(ChatRun, ResumesWithTheTemplateThatItBeganWith) {
  const auto run = config();
  trained(run);
  const auto whole = readText(run.out / "checkpoints" / "step-000004" / "state.safetensors");
  fs::remove_all(run.out / "checkpoints" / "step-000004");
  fs::remove(run.chatTemplate);
  Recorder events;
  auto resumed = engine_->resume(run.out, events, {});
  ASSERT_TRUE(resumed) << resumed.error().message;
  (*resumed)->wait();
  ASSERT_TRUE((*resumed)->succeeded());
  EXPECT_EQ(readText(run.out / "checkpoints" / "step-000004" / "state.safetensors"), whole);
}

TEST_F(ChatRun, ItsExportCarriesTheTemplateInBothPlacesAndAnswersAlike) {
  auto run = config();
  run.method = Method::Full;  // the end of a turn is a row of the token table, which adapters leave as it is
  run.steps = 60;
  run.learningRate = 2e-3;
  run.saveEvery = {Interval::Unit::Never, 0};
  trained(run);
  const auto merged = path("merged");
  const auto report = engine_->exportRun({run.out, merged});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(readText(merged / "chat_template.jinja"), kTemplate);
  EXPECT_EQ(readJson(merged / "tokenizer_config.json").at("chat_template"), kTemplate);
  EXPECT_EQ(readJson(merged / "generation_config.json").at("eos_token_id"), 2);
  const auto said = answer(run.out);
  EXPECT_EQ(answer(merged), said);
  // It has learnt to answer, and to stop.
  EXPECT_TRUE(said == " The cat ran." || said == " The dog ran.") << said;
  EXPECT_EQ(answer(merged, R"([{"role": "user", "content": "Who ran?"}])"), said);
  EXPECT_NEAR(lossOf(merged, *engine_->runConfig(run.out)), lossOf(run.out, *engine_->runConfig(run.out)), 1e-5);
}

TEST_F(ChatRun, ATurnThatEndsWithAnotherTokenIsAddedToTheEndTokens) {
  auto run = config();
  writeText(run.chatTemplate,
            "{% for m in messages %}{{ m.role }}: {{ m.content }}<unk>{% endfor %}"
            "{% if add_generation_prompt %}assistant:{% endif %}");
  EXPECT_TRUE(says(engine_->plan(run).remarks, "\"<unk>\" is not among the model's end tokens"));
  trained(run);
  const auto report = engine_->exportRun({run.out, path("merged")});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(says(report->remarks, "was added to the end tokens"));
  EXPECT_EQ(readJson(path("merged") / "generation_config.json").at("eos_token_id"), json({2, 0}));
}

TEST_F(ChatRun, ATemplateWhoseEndIsNoTokenIsTold) {
  auto run = config();
  run.chatTemplate = "chatml";
  const auto plan = engine_->plan(run);
  for (const auto& problem : plan.problems) ADD_FAILURE() << problem.message;
  EXPECT_TRUE(says(plan.remarks, "the built-in template chatml"));
  EXPECT_TRUE(says(plan.remarks, "\"<|im_end|>\" is "));
  EXPECT_FALSE(says(plan.remarks, "does not learn to stop"));
}

TEST_F(ChatRun, RefusesWithTheSettingAndTheRemedy) {
  auto run = config();
  run.chatTemplate.clear();
  const auto without = engine_->plan(run).problems;
  ASSERT_EQ(without.size(), 1U);
  EXPECT_EQ(without[0].key, "chat-template");
  expectContains(without[0].message, {"has no chat template", "chatml"});
  const auto refused = engine_->train(run, *std::make_unique<Recorder>());
  ASSERT_FALSE(refused);
  expectContains(refused.error().message, {"chat-template: ", "has no chat template"});
  EXPECT_FALSE(fs::exists(run.out));

  run = config();
  writeText(run.data, rows(3) + R"({"messages": [{"role": "user", "content": 3}]})" + "\n" + rows(3));
  const auto bad = engine_->plan(run).problems;
  ASSERT_EQ(bad.size(), 1U);
  EXPECT_EQ(bad[0].key, "data");
  expectContains(bad[0].message, {"Line 4 of ", "--skip-bad yes"});
  run.skipBad = true;
  const auto plan = engine_->plan(run);
  EXPECT_TRUE(plan.problems.empty());
  EXPECT_TRUE(says(plan.remarks, "1 row with a fault would be left out"));
}

TEST_F(ChatRun, APreviewShowsWhichTokensCount) {
  auto run = config();
  const auto preview = engine_->previewData(run, 1, 2);
  ASSERT_TRUE(preview) << preview.error().message;
  EXPECT_TRUE(says(preview->remarks, "holds conversations (shape messages)"));
  ASSERT_EQ(preview->rows.size(), 2U);
  const auto& row = preview->rows[0];
  EXPECT_NE(row.text.find("Tale: The dog ran.</s>"), std::string::npos) << row.text;
  std::string counted;
  std::int64_t targets = 0;
  for (const auto& token : row.tokens) {
    if (!token.counts) continue;
    counted += token.text;
    ++targets;
  }
  EXPECT_NE(counted.find("dog"), std::string::npos) << counted;
  EXPECT_EQ(counted.find("Ask"), std::string::npos) << counted;
  EXPECT_TRUE(counted.ends_with("</s>")) << counted;
  EXPECT_EQ(row.targets, targets);
  EXPECT_EQ(row.endedTurns, 1);
  EXPECT_EQ(row.lostTokens, 0);
  run.maxLength = static_cast<std::int64_t>(row.tokens.size()) - 3;
  const auto cut = engine_->previewData(run, 1, 1);
  ASSERT_TRUE(cut) << cut.error().message;
  EXPECT_EQ(cut->rows.at(0).tokens.size(), row.tokens.size());
  EXPECT_EQ(cut->rows.at(0).lostTokens, 3);
  EXPECT_EQ(cut->rows.at(0).endedTurns, 0);
  EXPECT_GT(cut->rows.at(0).lostTargets, 0);
}

TEST_F(ChatRun, AModelWithoutATemplateIsNotAsked) {
  GenerationRequest request;
  request.model = sampleModel();
  request.prompts = {"Hi"};
  request.chat = true;
  const auto refused = engine_->generate(request, {});
  ASSERT_FALSE(refused);
  expectContains(refused.error().message, {"has no chat template"});
}

}  // namespace
}  // namespace rosa::test
