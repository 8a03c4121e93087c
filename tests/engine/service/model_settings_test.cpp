// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/service/service_fixture.h"

namespace rosa::test {
namespace {

/// What the files beside the weights say, and what becomes of it.
class ModelSettings : public ServiceTest {
 protected:
  std::string fact(const fs::path& folder, const std::string& name) {
    const auto shown = engine_->inspect(folder);
    EXPECT_TRUE(shown) << shown.error().message;
    if (!shown) return "";
    for (const auto& [key, value] : shown->facts) {
      if (key == name) return value;
    }
    return "no fact is called " + name;
  }
  std::string notes(const fs::path& folder) {
    const auto shown = engine_->inspect(folder);
    std::string all;
    for (const auto& [key, value] : shown->facts) {
      if (key.starts_with("note")) all += value + "\n";
    }
    return all;
  }
  Expected<GenerationReport> generated(const fs::path& model, std::int64_t tokens = 24) {
    GenerationRequest request;
    request.model = model;
    request.prompts = {"Once upon a time, there was a"};
    request.settings.maxNewTokens = tokens;
    request.device = deviceChoice();
    request.threads = 1;
    return engine_->generate(request, {});
  }
  static void edit(const fs::path& file, const json& changes) {
    auto content = fs::exists(file) ? readJson(file) : json::object();
    content.update(changes);
    writeText(file, content.dump());
  }
};

TEST_F(ModelSettings, EndTokensOfGenerationConfigEndATextAndAreShown) {
  const auto model = copyOfSampleModel();
  EXPECT_EQ(generated(model)->prompts[0][0].ending, Ending::Length);
  const auto point = readJson(model / "tokenizer.json")["model"]["vocab"]["."].get<int>();
  edit(model / "generation_config.json", {{"eos_token_id", {2, point}}});
  const auto made = generated(model);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->prompts[0][0].text, " little girl named Lily");
  EXPECT_EQ(made->prompts[0][0].ending, Ending::EndToken);
  const auto ends = fact(model, "end tokens");
  expectContains(ends, {"</s> (2), from config.json and generation_config.json and ",
                        ". (" + std::to_string(point) + "), from generation_config.json"});
}

TEST_F(ModelSettings, TheTaughtEndTokenNamesTheFileThatNamesIt) {
  const auto model = copyOfSampleModel();
  EXPECT_EQ(fact(model, "taught end token").find("generation_config.json"), std::string::npos);
  for (const char* name : {"config.json", "tokenizer_config.json", "special_tokens_map.json"}) {
    if (!fs::exists(model / name)) continue;
    edit(model / name, {{"eos_token_id", nullptr}, {"eos_token", nullptr}});
  }
  edit(model / "generation_config.json", {{"eos_token_id", 2}});
  EXPECT_EQ(fact(model, "taught end token"), "</s> (2), from generation_config.json");
}

TEST_F(ModelSettings, SpacesThatTransformersWouldTakeOutAreTold) {
  const auto model = copyOfSampleModel();
  edit(model / "tokenizer_config.json", {{"clean_up_tokenization_spaces", false}});
  expectContains(fact(model, "clean_up_tokenization_spaces"), {"no fact"});
  edit(model / "tokenizer_config.json", {{"clean_up_tokenization_spaces", true}});
  expectContains(fact(model, "clean_up_tokenization_spaces"), {"tokenizer_config.json", "not used"});
  EXPECT_EQ(notes(model).find("clean_up"), std::string::npos);
  edit(model / "tokenizer_config.json",
       {{"clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output", true}});
  expectContains(notes(model), {"even_though_it_will_corrupt_output", "Here they stay"});
}

TEST_F(ModelSettings, SamplingDefaultsAreNamedAsNotUsed) {
  const auto model = copyOfSampleModel();
  edit(model / "generation_config.json", {{"do_sample", true}, {"temperature", 0.6}, {"top_p", 1.0}});
  expectContains(fact(model, "choice of texts"), {"greedy", "do_sample true, temperature 0.6"});
  EXPECT_EQ(fact(model, "choice of texts").find("top_p"), std::string::npos) << "1.0 changes nothing";
  const auto made = generated(model, 2);
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_EQ(made->remarks.size(), 1U);
  expectContains(made->remarks[0], {"generation_config.json", "do_sample true, temperature 0.6", "not used"});
  fs::remove(model / "generation_config.json");
  EXPECT_TRUE(generated(model, 2)->remarks.empty());
}

TEST_F(ModelSettings, InspectShowsEffectiveValuesAndTheirSources) {
  const auto model = copyOfSampleModel();
  EXPECT_EQ(fact(model, "tokenizer"), "tokenizer.json as it stands");
  expectContains(fact(model, "taught end token"), {"</s> (2), from "});
  expectContains(fact(model, "before a text"), {"<s> (1), from tokenizer.json"});
  EXPECT_EQ(fact(model, "after a text"), "nothing");
  EXPECT_EQ(fact(model, "lower case"), "no, from tokenizer.json");
  EXPECT_EQ(fact(model, "chat template"), "none");
  EXPECT_EQ(fact(model, "tensors"), "all used");
  EXPECT_EQ(notes(model), "");
  edit(model / "tokenizer_config.json",
       {{"chat_template", "{{ x }}"}, {"add_eos_token", true}, {"model_max_length", 77}});
  writeText(model / "chat_template.jinja", "{{ messages }}");
  expectContains(fact(model, "chat template"), {"chat_template.jinja, tokenizer_config.json", "not used yet"});
  expectContains(fact(model, "model_max_length"), {"77, from tokenizer_config.json"});
  expectContains(notes(model), {"add_eos_token is true, but tokenizer.json adds none"});
  edit(model / "tokenizer.json", {{"truncation", {{"max_length", 8}}}});
  expectContains(notes(model), {"tokenizer.json holds a truncation, which is not used"});
}

TEST_F(ModelSettings, AnEndTokenThatOnlyTheModelNamesIsTaught) {
  const auto model = copyOfSampleModel();
  fs::remove(model / "tokenizer_config.json");
  fs::remove(model / "special_tokens_map.json");
  EXPECT_EQ(fact(model, "taught end token"), "</s> (2), from config.json");
}

TEST_F(ModelSettings, ATokenTypeWithoutARowIsRefusedBeforeTheModelSeesIt) {
  const auto model = makeModel("roberta");
  edit(model / "tokenizer_config.json", {{"model_input_names", {"input_ids", "token_type_ids", "attention_mask"}}});
  auto tokenizer = readJson(model / "tokenizer.json");
  for (auto& piece : tokenizer["post_processor"]["pair"]) {
    if (piece.contains("Sequence") && piece["Sequence"]["id"] == "B") piece["Sequence"]["type_id"] = 1;
  }
  writeText(model / "tokenizer.json", tokenizer.dump());
  edit(model / "config.json", {{"type_vocab_size", 1}});
  const auto weights = fs::exists(model / "model.safetensors");
  EXPECT_TRUE(weights);
  RunConfig run;
  run.model = model;
  run.data = path("pairs.csv");
  writeText(run.data, "a,b,label\nOnce upon,a time,yes\nLily,ran,no\nTom,sat,yes\nThe dog,ran,no\n");
  run.task = Task::Classification;
  run.text = "a";
  run.textPair = "b";
  run.label = "label";
  run.out = path("run");
  run.threads = 1;
  run.device = deviceChoice();
  const auto plan = engine_->plan(run);
  const auto told = [](const auto& problems) {
    return std::ranges::any_of(problems, [](const auto& problem) {
      return problem.message.find("type_vocab_size is 1") != std::string::npos;
    });
  };
  EXPECT_TRUE(told(plan.problems));
  run.textPair = "";
  EXPECT_FALSE(told(engine_->plan(run).problems)) << "a text alone has the type 0";
  // The remedy that is named.
  run.textPair = "b";
  edit(model / "tokenizer_config.json", {{"model_input_names", {"input_ids", "attention_mask"}}});
  EXPECT_FALSE(told(engine_->plan(run).problems));
}

TEST_F(ModelSettings, TensorsThatTheModelHasNoUseForAreCounted) {
  const auto model = copyOfSampleModel();
  edit(model / "config.json", {{"num_hidden_layers", 4}});
  expectContains(fact(model, "tensors"), {"9 of ", " not used: model.layers.4."});
}

TEST_F(ModelSettings, ATokenizerThatCannotBeReadIsToldWithItsRemedy) {
  const auto model = copyOfSampleModel();
  fs::remove(model / "tokenizer.json");
  writeText(model / "tokenizer.model", "spm");
  EXPECT_EQ(fact(model, "tokenizer"), "none");
  expectContains(notes(model), {"only tokenizer.model, which is not read here", "save_pretrained"});
  const auto made = generated(model, 2);
  ASSERT_FALSE(made);
  expectContains(made.error().message, {"only tokenizer.model, which is not read here"});
}

}  // namespace
}  // namespace rosa::test
