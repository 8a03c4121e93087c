// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "cli_fixture.h"

/// Each refusal of the terminal itself, provoked; then the command as its sentence says to write it, which is accepted.
namespace rosa::test {
namespace {

using Words = std::vector<std::string>;

class CliRemedy : public CliFixture {
 protected:
  /// Exit code 2 and one line with these words for `wrong`, exit code 0 for `right`.
  void tried(const Words& wrong, const Words& told, const Words& right) {
    const auto refused = rosa(wrong);
    EXPECT_EQ(refused.exitCode, 2) << refused.output;
    EXPECT_TRUE(refused.error.starts_with("rosa: ")) << refused.error;
    EXPECT_EQ(std::count(refused.error.begin(), refused.error.end(), '\n'), 1) << refused.error;
    for (const auto& part : told)
      EXPECT_NE(refused.error.find(part), std::string::npos) << part << "\n" << refused.error;
    const auto accepted = rosa(right);
    EXPECT_EQ(accepted.exitCode, 0) << accepted.error;
  }
  [[nodiscard]] Words train(const std::string& run, Words more) const {
    more.insert(more.end(), {"--steps", "1"});
    return trainArguments(folder_.path() / run, more);
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  [[nodiscard]] Words generate(Words more) const {
    more.insert(more.begin(), {"generate", "--model", (samples() / "stories260k").string(), "--max-new-tokens", "2"});
    return more;
  }
};

TEST_F(CliRemedy, OfCommands) {
  tried({}, {"rosa needs a command; choose one of", "runs"}, {"runs"});
  tried({"rnus"}, {"there is no command \"rnus\"; choose one of", "runs"}, {"runs"});
  tried({"experiment"}, {"rosa experiment needs a command", "synthetic"}, {"experiment", "synthetic", "--help"});
}

TEST_F(CliRemedy, OfFlags) {
  tried({"init", "--arch", "gpt2", "--preset", "tiny"}, {"--to is missing; write it behind rosa init"},
        {"init", "--arch", "gpt2", "--preset", "tiny", "--to", path("a")});
  tried({"init", "--arch", "gpt2", "--preset", "tiny", "--to", path("b"), "--to", path("c")},
        {"--to is given more than once; give it once"},
        {"init", "--arch", "gpt2", "--preset", "tiny", "--to", path("b")});
  tried({"init", "--arch", "gpt2", "--preset", "tiny", "--to"}, {"--to has no value; write --to DIR"},
        {"init", "--arch", "gpt2", "--preset", "tiny", "--to", path("c")});
  tried({"init", "--arch", "gpt2", "--preset", "tinny", "--to", path("d")}, {"Choose one of gpt2 tiny"},
        {"init", "--arch", "gpt2", "--preset", "tiny", "--to", path("d")});
  tried({"doctor", "now"}, {"now is not expected here; leave it out", "`rosa doctor --help`"}, {"doctor"});
  tried({"inspect"}, {"path is missing; write it behind rosa inspect"}, {"inspect", samples() / "stories260k"});
  tried(train("one", {"--rnak", "8"}), {"did you mean rank?"}, train("one", {"--rank", "8"}));
  tried(train("two", {"stray"}), {"'stray' is not expected here"}, train("two", {}));
  tried(train("three", {"--config", path("c.yaml")}), {"c.yaml cannot be read. Check the path."},
        train("three", {"--config", (sourceDirectory() / "resources" / "presets" / "sample.yaml").string(),
                        "--resample-every", "never"}));
  tried(train("four", {"--events", "xml"}), {"--events", "\"xml\"", "write one of jsonl"}, train("four", {}));
  tried({"runs", "show", "none"}, {"`rosa runs list` shows the names"}, {"runs", "show", "one"});
}

TEST_F(CliRemedy, OfValues) {
  tried(generate({"--prompt", "a", "--top-k", "many"}), {"--top-k: \"many\" is not a number; write one"},
        generate({"--prompt", "a", "--temperature", "1", "--top-k", "4"}));
  tried(generate({"--prompt", "a", "--device", "gpu"}), {"--device", "write one of auto, cpu, cuda"},
        generate({"--prompt", "a", "--device", "cpu"}));
  tried(generate({"--prompt", "a", "--beams", "2", "--early-stopping", "maybe"}), {"write one of never, no, yes"},
        generate({"--prompt", "a", "--beams", "2", "--early-stopping", "never"}));
  tried(generate({"--prompt", "a", "--ngrams-of-prompt", "maybe"}), {"\"maybe\" is neither yes nor no"},
        generate({"--prompt", "a", "--ngrams-of-prompt", "no"}));
  tried(generate({}), {"Give at least one prompt"}, generate({"--prompt", "a"}));
  tried(generate({"--prompts", path("p")}), {"cannot be read. Check the path."}, generate({"--prompt", "a"}));
}

TEST_F(CliRemedy, OfMergedExports) {
  const auto run = path("run");
  ASSERT_EQ(rosa(train("run", {"--warmup", "0"})).exitCode, 0);
  tried({"export", run}, {"--to is missing; write it behind rosa export"}, {"export", run, "--to", path("a")});
  tried({"export", "--to", path("b")}, {"run is missing; write it behind rosa export"},
        {"export", run, "--to", path("b")});
  tried({"export", run, "--to", path("c"), "--dtype", "int8"}, {"\"int8\"", "write one of auto, bf16, fp16, fp32"},
        {"export", run, "--to", path("c"), "--dtype", "bf16"});
  for (const char* size : {"much", "0", "-2GB", "2 GBs"}) {
    tried({"export", run, "--to", path("d"), "--shard-size", size},
          {std::string("is \"") + size + "\"; write a size such as 500MB or 2GB"}, {"doctor"});
  }
  tried({"export", run, "--to", path("d"), "--as", "peft", "--shard-size", "2GB"}, {"--shard-size is of merged models"},
        {"export", run, "--to", path("d"), "--shard-size", "500KB"});
  EXPECT_TRUE(fs::exists(fs::path(path("d")) / "model-00003-of-00003.safetensors"));
  tried({"export", "--check", path("d"), "--to", path("e")}, {"--check writes nothing", "Leave the rest out"},
        {"export", "--check", path("d")});
  fs::remove(fs::path(path("d")) / "model-00003-of-00003.safetensors");
  tried({"export", "--check", path("d")}, {"model-00003-of-00003.safetensors"}, {"export", "--check", path("c")});
}

TEST_F(CliRemedy, OfDeltas) {
  const auto run = path("run");
  const auto model = (samples() / "stories260k").string();
  ASSERT_EQ(rosa(train("run", {"--warmup", "0"})).exitCode, 0);
  tried({"export", run, "--to", path(""), "--as", "delta"}, {"--as delta writes one file"},
        {"export", run, "--to", path("a.rosadelta.safetensors"), "--as", "delta"});
  ASSERT_EQ(rosa({"init", "--arch", "gpt2", "--preset", "tiny", "--to", path("other")}).exitCode, 0);
  tried({"apply", path("a.rosadelta.safetensors"), "--base", path("other"), "--to", path("b")},
        {"is not the model that", "\"stories260k\" with --base"},
        {"apply", path("a.rosadelta.safetensors"), "--base", model, "--to", path("b")});
  tried({"apply", path("a.rosadelta.safetensors"), "--to", path("c")},
        {"--base is missing; write it behind rosa apply"},
        {"apply", path("a.rosadelta.safetensors"), "--base", model, "--to", path("c")});
  tried({"apply", model + "/model.safetensors", "--base", model, "--to", path("d")}, {"rosa export --as delta"},
        {"export", "--check", path("b")});
}

TEST_F(CliRemedy, OfExportsAndResumes) {
  const auto run = path("run");
  ASSERT_EQ(rosa(train("run", {"--method", "lora", "--warmup", "0"})).exitCode, 0);
  tried({"export", run, "--to", path("a"), "--as", "onnx"}, {"\"onnx\"", "write one of delta, gguf, merged, peft"},
        {"export", run, "--to", path("a"), "--as", "peft"});
  tried({"export", run, "--to", path("b"), "--as", "peft", "--rank", "0"}, {"write a whole number, 1 or more"},
        {"export", run, "--to", path("b"), "--as", "peft", "--rank", "1"});
  tried({"export", run, "--to", path("c"), "--checkpoint", "first"}, {"Choose best, last, or a step number"},
        {"export", run, "--to", path("c"), "--checkpoint", "last"});
  tried(train("four", {"--keep-checkpoints", "none"}), {"keep-checkpoints", "whole number"}, train("four", {}));
}

}  // namespace
}  // namespace rosa::test
