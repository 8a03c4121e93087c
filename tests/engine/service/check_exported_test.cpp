// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include <limits>
#include <string>

#include "engine/service/service_fixture.h"
#include "engine/service/stored_model.h"
#include "rosa/exported.h"

/// rosa export --check: what makes an exported folder unsound, one thing at a time.
namespace rosa::test {
namespace {

class CheckExported : public ServiceTest {
 protected:
  static std::string told(const fs::path& folder) {
    const auto report = checkExported(folder);
    return report ? "sound" : report.error().message;
  }
  /// An export with a chat template and in two files or more, and a copy of it to be spoilt.
  fs::path exported() {
    writeText(path("chats.jsonl"),
              json{{"messages",
                    {{{"role", "user"}, {"content", "Who ran?"}}, {{"role", "assistant"}, {"content", "The cat."}}}}}
                      .dump() +
                  "\n");
    auto run = e2eConfig();
    run.task = Task::LanguageModelling;
    run.prompt.clear();
    run.completion.clear();
    run.data = path("chats.jsonl");
    run.chatTemplate = path("t.jinja").string();
    writeText(run.chatTemplate,
              "{% for m in messages %}{{ m.role }}: {{ m.content }}<unk>{% endfor %}"
              "{% if add_generation_prompt %}assistant:{% endif %}");
    run.batch = 1;
    run.steps = 1;
    run.maxLength = 64;
    trained(run);
    const auto report =
        engine_->exportRun({.runDirectory = run.out, .destination = path("whole"), .shardBytes = 400'000});
    EXPECT_TRUE(report) << report.error().message;
    return path("whole");
  }
  fs::path copy(const fs::path& folder) {
    fs::remove_all(path("copy"));
    fs::copy(folder, path("copy"));
    return path("copy");
  }
};

TEST_F(CheckExported, TellsWhatASoundFolderHolds) {
  const auto folder = exported();
  const auto report = checkExported(folder);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->tensors, static_cast<std::int64_t>(openedModel(folder).entries().size()));
  EXPECT_EQ(report->dtype, "fp32");
  EXPECT_EQ(report->tokens, 512);
  EXPECT_EQ(report->endTokens, (std::vector<std::string>{"</s>", "<unk>"}));
  EXPECT_EQ(report->chatTemplate, "chat_template.jinja");
  EXPECT_EQ(told(makeModel("bert")), "sound") << "an encoder, which ends no texts";
}

TEST_F(CheckExported, NamesFileAndTensorOfWhatIsMissingOrNotFinite) {
  const auto folder = exported();
  auto spoilt = copy(folder);
  rewriteTensors(spoilt, [](const std::string& name, const at::Tensor& tensor) {
    auto made = tensor.clone();
    if (name == "model.layers.3.mlp.up_proj.weight") made[2][1] = std::numeric_limits<float>::infinity();
    return made;
  });
  expectContains(told(spoilt), {"\"model.layers.3.mlp.up_proj.weight\"", (spoilt / "model.safetensors").string(),
                                "not finite", "Export it again"});
  rewriteTensors(spoilt, [](const std::string& name, const at::Tensor& tensor) {
    return name == "model.layers.1.mlp.up_proj.weight" ? at::Tensor() : tensor;
  });
  expectContains(told(spoilt), {spoilt.string(), "model.layers.1.mlp.up_proj.weight"});
  spoilt = copy(folder);
  fs::remove(spoilt / "model-00002-of-00003.safetensors");
  expectContains(told(spoilt), {"model.safetensors.index.json", "model-00002-of-00003.safetensors"});
  spoilt = copy(folder);
  fs::remove(spoilt / "tokenizer.json");
  expectContains(told(spoilt), {"tokenizer.json"});
  EXPECT_EQ(told(copy(folder)), "sound");
}

TEST_F(CheckExported, NamesTheFilesThatDisagreeOnChatsAndEnds) {
  const auto folder = exported();
  auto spoilt = copy(folder);
  writeText(spoilt / "chat_template.jinja", readText(spoilt / "chat_template.jinja") + " ");
  expectContains(told(spoilt), {(spoilt / "chat_template.jinja").string(), (spoilt / "tokenizer_config.json").string(),
                                "not the same"});
  spoilt = copy(folder);
  auto ends = readJson(spoilt / "generation_config.json");
  ends["eos_token_id"] = {2, 512};
  writeText(spoilt / "generation_config.json", ends.dump());
  expectContains(told(spoilt), {"eos_token_id", (spoilt / "generation_config.json").string(), "512", "0 to 511"});
  ends["eos_token_id"] = 2;
  writeText(spoilt / "generation_config.json", ends.dump());
  expectContains(told(spoilt), {(spoilt / "generation_config.json").string(), "\"<unk>\"", "chat_template.jinja"});
  fs::remove(spoilt / "generation_config.json");
  expectContains(told(spoilt), {spoilt.string(), "no generation_config.json"});
}

TEST_F(CheckExported, IsOfWholeModels) {
  auto run = e2eConfig();
  run.method = Method::Lora;
  trained(run);
  ASSERT_TRUE(engine_->exportRun({run.out, path("peft"), "last", ExportForm::Peft}));
  expectContains(told(path("peft")), {"PEFT adapter", "rosa export " + path("peft").string() + " --to"});
  ASSERT_TRUE(engine_->exportRun({path("peft"), path("merged")}));
  EXPECT_EQ(told(path("merged")), "sound");
  expectContains(told(path("none")), {path("none").string()});
}

}  // namespace
}  // namespace rosa::test
