// SPDX-License-Identifier: GPL-3.0-or-later
#include <atomic>
#include <thread>

#include "engine/service/service_fixture.h"

/// A model that is opened once: what a chat, a server and the window ask of it.
namespace rosa::test {
namespace {

const std::string kTurns =
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'assistant' %}Tale: {{ m.content }}{{ eos_token }}\n"
    "{% else %}{{ m.role }}: {{ m.content }}\n{% endif %}{% endfor %}{% if add_generation_prompt %}Tale:{% endif %}";

class LoadedModelTest : public ServiceTest {
 protected:
  [[nodiscard]] static ModelRequest requestFor(const fs::path& model) {
    ModelRequest request;
    request.model = model;
    request.threads = 1;
    request.device = deviceChoice();
    return request;
  }
  std::unique_ptr<LoadedModel> opened(const ModelRequest& request) {
    auto model = engine_->openModel(request);
    EXPECT_TRUE(model) << model.error().message;
    return model ? *std::move(model) : nullptr;
  }
  std::unique_ptr<LoadedModel> talking() {
    writeText(path("t.jinja"), kTurns);
    auto request = requestFor(sampleModel());
    request.chatTemplate = path("t.jinja").string();
    return opened(request);
  }
  static CompletionRequest saying(std::vector<ChatMessage> messages) {
    CompletionRequest request;
    request.messages = std::move(messages);
    request.settings.maxNewTokens = 16;
    return request;
  }
  static Completion answer(LoadedModel& model, const CompletionRequest& request,
                           const CompletionCallbacks& callbacks = {}) {
    const auto prepared = model.prepare(request);
    EXPECT_TRUE(prepared) << prepared.error().message;
    const auto made = model.complete(*prepared, callbacks);
    EXPECT_TRUE(made) << made.error().message;
    return made ? *made : Completion();
  }
};

TEST_F(LoadedModelTest, AnswersAsGenerateDoesAndOnlyReadsWhatIsNew) {
  const auto model = talking();
  EXPECT_TRUE(model->facts().writes);
  EXPECT_FALSE(model->facts().classifies);
  EXPECT_EQ(model->facts().noChat, "");
  EXPECT_EQ(model->facts().positions, 512);
  GenerationRequest asked;
  asked.model = sampleModel();
  asked.prompts = {"Who ran?"};
  asked.chat = true;
  asked.system = "Be brief.";
  asked.chatTemplate = path("t.jinja").string();
  asked.settings.maxNewTokens = 16;
  asked.threads = 1;
  asked.device = deviceChoice();
  const auto expected = engine_->generate(asked, {});
  ASSERT_TRUE(expected);
  auto request = saying({{"system", "Be brief."}, {"user", "Who ran?"}});
  const auto first = answer(*model, request);
  EXPECT_EQ(first.text, expected->prompts[0][0].text);
  EXPECT_EQ(first.promptTokens, expected->prompts[0][0].promptTokens);
  EXPECT_EQ(first.reusedTokens, 0);
  request.messages.push_back({"assistant", first.text});
  request.messages.push_back({"user", "And then?"});
  const auto second = answer(*model, request);
  EXPECT_GE(second.reusedTokens, first.promptTokens - 1);
  const auto fresh = talking();
  EXPECT_EQ(answer(*fresh, request).text, second.text);
}

TEST_F(LoadedModelTest, RefusesWhatItCannotDo) {
  const auto refusal = [](const LoadedModel& model, const CompletionRequest& request) {
    const auto prepared = model.prepare(request);
    EXPECT_FALSE(prepared);
    return prepared ? "" : prepared.error().message;
  };
  const auto plain = opened(requestFor(sampleModel()));
  EXPECT_NE(plain->facts().noChat, "");
  EXPECT_EQ(refusal(*plain, saying({{"user", "Hi"}})), plain->facts().noChat);
  CompletionRequest longer;
  for (int i = 0; i < 300; ++i) longer.prompt += "The dog ran. ";
  EXPECT_NE(refusal(*plain, longer).find("the model takes 512"), std::string::npos);
  CompletionRequest wrong;
  wrong.prompt = "A";
  wrong.settings.temperature = -1;
  EXPECT_NE(refusal(*plain, wrong).find("temperature"), std::string::npos);
  wrong.settings.temperature = 0;
  wrong.settings.endTokens = {"no such token"};
  EXPECT_NE(refusal(*plain, wrong).find("no such token"), std::string::npos);
  wrong.settings.endTokens.clear();
  wrong.settings.beams = 2;
  EXPECT_NE(refusal(*plain, wrong).find("beams"), std::string::npos);
  EXPECT_FALSE(plain->classify("A text", ""));
  EXPECT_FALSE(engine_->openModel(requestFor(path("nothing"))));
  auto based = requestFor(sampleModel());
  based.base = true;
  EXPECT_FALSE(engine_->openModel(based));
  auto missing = requestFor(sampleModel());
  missing.chatTemplate = "no-such-template";
  EXPECT_FALSE(engine_->openModel(missing));
}

TEST_F(LoadedModelTest, StopsWhenAnotherThreadSaysSoAndAnswersTheNextOne) {
  const auto model = talking();
  auto request = saying({{"user", "Who ran?"}});
  request.settings.maxNewTokens = 400;
  request.settings.minNewTokens = 400;
  std::atomic<bool> stop = false;
  std::atomic<int> pieces = 0;
  CompletionCallbacks callbacks;
  callbacks.piece = [&](const TextPiece&) { ++pieces; };
  callbacks.giveUp = [&] { return stop.load(); };
  std::thread other([&] {
    while (pieces < 3) std::this_thread::yield();
    stop = true;
  });
  const auto stopped = answer(*model, request, callbacks);
  other.join();
  EXPECT_TRUE(stopped.givenUp);
  EXPECT_LT(stopped.tokens, 400);
  EXPECT_FALSE(stopped.text.empty());
  EXPECT_FALSE(answer(*model, saying({{"user", "Who ran?"}})).text.empty());
}

TEST_F(LoadedModelTest, OfARunAnswersTheCheckpointOrItsBase) {
  auto config = e2eConfig();
  config.learningRate = 5e-2;
  config.saveEvery = {Interval::Unit::Steps, 2};
  config.keepCheckpoints = 9;
  trained(config);
  CompletionRequest request;
  request.prompt = "name[Aromi], eatType[coffee shop]";
  request.settings.maxNewTokens = 16;
  const auto plain = opened(requestFor(sampleModel()));
  const auto tuned = opened(requestFor(config.out));
  auto asked = requestFor(config.out);
  asked.base = true;
  const auto base = opened(asked);
  asked.base = false;
  asked.checkpoint = "2";
  const auto earlier = opened(asked);
  EXPECT_EQ(answer(*base, request).text, answer(*plain, request).text);
  const auto now = answer(*tuned, request).text;
  EXPECT_NE(now, answer(*base, request).text);
  EXPECT_NE(now, answer(*earlier, request).text);
  asked.checkpoint = "77";
  EXPECT_FALSE(engine_->openModel(asked));
}

/// What stands before every text is there once, however often what was read is used again.
TEST_F(LoadedModelTest, VirtualTokensStandBeforeEveryText) {
  for (const auto method : {Method::Prompt, Method::Prefix}) {
    auto config = e2eConfig(method == Method::Prompt ? "prompt" : "prefix");
    config.method = method;
    config.learningRate = 5e-2;
    trained(config);
    GenerationRequest asked;
    asked.model = config.out;
    asked.prompts = {"name[Aromi], eatType[coffee shop]"};
    asked.settings.maxNewTokens = 12;
    asked.threads = 1;
    asked.device = deviceChoice();
    const auto expected = engine_->generate(asked, {});
    ASSERT_TRUE(expected) << expected.error().message;
    const auto model = opened(requestFor(config.out));
    CompletionRequest request;
    request.prompt = asked.prompts[0];
    request.settings = asked.settings;
    EXPECT_EQ(answer(*model, request).text, expected->prompts[0][0].text);
    const auto again = answer(*model, request);
    EXPECT_EQ(again.text, expected->prompts[0][0].text);
    EXPECT_EQ(again.reusedTokens, again.promptTokens - 1);
  }
}

TEST_F(LoadedModelTest, AClassifierSaysHowLikelyEachClassIs) {
  writeText(path("train.csv"), "text,label\na sunny day,good\na rainy day,bad\na grey day,bad\na warm day,good\n");
  auto config = labelledConfig(makeModel("bert"), Task::Classification, path("train.csv"), path("train.csv"));
  config.text = "text";
  config.label = "label";
  config.steps = 4;
  config.resampleEvery = {};
  trained(config);
  const auto model = opened(requestFor(config.out));
  EXPECT_TRUE(model->facts().classifies);
  EXPECT_FALSE(model->facts().writes);
  EXPECT_NE(model->facts().noChat, "");
  const auto judged = model->classify("a sunny day", "");
  ASSERT_TRUE(judged) << judged.error().message;
  ASSERT_EQ(judged->classes.size(), 2U);
  EXPECT_EQ(std::set({judged->classes[0].name, judged->classes[1].name}), (std::set<std::string>{"good", "bad"}));
  EXPECT_NEAR(judged->classes[0].probability + judged->classes[1].probability, 1, 1e-9);
  EXPECT_FALSE(model->prepare(saying({{"user", "Hi"}})));
}

}  // namespace
}  // namespace rosa::test
