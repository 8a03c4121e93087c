// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/peft_adapter.h"
#include "engine/checkpoint/stored_tensors.h"
#include "support/process.h"

/// Each refusal of a PEFT folder, provoked; then the folder as its sentence says to make it.
///
/// What PEFT itself does there was tried with PEFT 0.21.2 and transformers 5.24 on small GPT-2 and Llama models, and
/// the logits compared with the trained adapter's: path_initial_model_for_weight_conversion of pissa_niter_4, corda and
/// lora_ga; merge_and_unload of loftq, lora_bias (with biases; without them PEFT refuses), an embedding's factors
/// (right only where the output layer is not tied), target_parameters, kasa, velora,
/// monteclora, LoHa and VeRA. Here the folders stand for what it writes: plain LoRA.
namespace rosa::checkpoint {
namespace {

/// Settings over the sound ones, as JSON; "-" takes one out. Text alone, so that the table has no constructors.
using Settings = std::vector<std::pair<std::string, std::string>>;

struct Folder {
  Settings settings;
  std::vector<StoredTensor> tensors;
};

struct Refusal {
  std::string name;
  Folder wrong;
  std::vector<std::string> words;  ///< the last ones name the way out
  Folder mended;
};
void PrintTo(const Refusal& refusal, std::ostream* out) {
  *out << refusal.name;
}

constexpr const char* kPrefix = "base_model.model.";
constexpr const char* kSomeLayer = "base_model.model.transformer.h.0.attn.c_attn";

StoredTensor of(const std::string& ending, std::vector<std::int64_t> shape, Dtype dtype = Dtype::F32) {
  return {kSomeLayer + ending, dtype, std::move(shape)};
}
std::vector<StoredTensor> plain() {
  return {of(".lora_A.weight", {2, 8}), of(".lora_B.weight", {24, 2})};
}
std::vector<StoredTensor> with(std::vector<StoredTensor> tensors, const StoredTensor& more) {
  tensors.push_back(more);
  return tensors;
}
Folder sound() {
  return {{}, plain()};
}

/// A key that is refused whatever else the adapter has.
Refusal ofKey(const std::string& key, const std::string& value, const std::string& way, const Folder& mended) {
  return {key, {{{key, value}}, plain()}, {"adapter_config.json", key, way}, mended};
}
Refusal ofStart(const std::string& start, const std::string& way) {
  return {"start_" + start, {{{"init_lora_weights", fmt::format("\"{}\"", start)}}, plain()}, {start, way}, sound()};
}

std::vector<StoredTensor> ia3(std::vector<std::int64_t> shape = {24, 1}) {
  return {of(".ia3_l", std::move(shape))};
}
Settings asIa3() {
  return {{"peft_type", "\"IA3\""}};
}
std::vector<StoredTensor> virtualTokens(std::vector<std::int64_t> shape = {3, 8}) {
  return {{kPeftVirtualTokens, Dtype::F32, std::move(shape)}};
}
Settings asPrefix(Settings more = {}) {
  more.insert(more.begin(), {{"peft_type", "\"PREFIX_TUNING\""}, {"num_virtual_tokens", "3"}});
  return more;
}

std::vector<Refusal> refusals() {
  const std::string merge = "merge it with PEFT (PeftModel.from_pretrained, then merge_and_unload and save_pretrained)";
  const std::string again = "save the adapter again with PEFT";
  const std::string convert = "path_initial_model_for_weight_conversion";
  const std::string without = "choose an adapter without it";
  return {
      // Merging leaves a model, no adapter: nothing of this kind is left to be read. These stand for a sound folder.
      ofStart("loftq", merge),
      ofStart("pissa_niter_16", convert),
      ofStart("corda", convert),
      ofStart("lora_ga", convert),
      ofStart("PISSA", "write true if it left the base model as it was"),
      ofKey("kasa_config", R"({"beta": 1})", merge, sound()),
      ofKey("velora_config", R"({"scale": 1})", merge, sound()),
      ofKey("monteclora_config", R"({"buffer_size": 1})", merge, sound()),
      ofKey("target_parameters", R"(["mlp.c_fc.weight"])", merge, sound()),
      ofKey("trainable_token_indices", "[3]", again, sound()),
      ofKey("lora_bias", "true", "train it again without lora_bias", {{{"lora_bias", "false"}}, plain()}),
      ofKey("alora_invocation_tokens", "[3]", without, sound()),
      ofKey("arrow_config", R"({"a": 1})", without, sound()),
      ofKey("layer_replication", "[[0, 1]]", without, sound()),
      ofKey("megatron_config", R"({"a": 1})", without, sound()),
      ofKey("use_bdlora", R"({"a": 1})", without, sound()),
      ofKey("use_qalora", "true", without, sound()),
      ofKey("some_new_key", "3", "take the key out", {{{"some_new_key", "-"}}, plain()}),
      ofKey("use_dora", "1", again, {{{"use_dora", "false"}}, plain()}),
      ofKey("r", "0", again, sound()),
      ofKey("lora_alpha", "\"8\"", again, {{{"lora_alpha", "8"}}, plain()}),
      ofKey("bias", "\"some\"", "none, all or lora_only", {{{"bias", "\"lora_only\""}}, plain()}),
      ofKey("bias", "3", "is not a text", {{{"bias", "\"all\""}}, plain()}),
      ofKey("rank_pattern", R"({"c_attn": 0})", "above 0", {{{"rank_pattern", R"({"c_attn": 2})"}}, plain()}),
      ofKey("rank_pattern", R"(["c_attn"])", "an object", {{{"rank_pattern", R"({"c_attn": 2})"}}, plain()}),
      ofKey("alpha_pattern", R"({"(a+": 4})", "mend it", {{{"alpha_pattern", "{\"(a+)\": 4}"}}, plain()}),
      ofKey("exclude_modules", "\"(\"", "mend it", {{{"exclude_modules", "\"()\""}}, plain()}),
      ofKey("target_modules", fmt::format("\"{}\"", std::string(10'001, 'a')), "write a shorter one",
            {{{"target_modules", "\".*c_attn\""}}, plain()}),
      ofKey("target_modules", R"("(([a-z._]|[a-z_.0-9])+)+[!?]")", "write a simpler one",
            {{{"target_modules", "\".*c_attn\""}}, plain()}),
      ofKey("target_modules", "[3]", "a list of names", sound()),
      ofKey("layers_to_transform", "\"1\"", "a whole number, or a list of them",
            {{{"layers_to_transform", "[0]"}}, plain()}),
      ofKey("layers_to_transform", "[1]", "mend these keys", {{{"layers_to_transform", "0"}}, plain()}),
      ofKey("layers_pattern", R"([""])", "a name, or a list of them", {{{"layers_pattern", R"(["h"])"}}, plain()}),
      ofKey("init_lora_weights", "3", "true, false or a text", {{{"init_lora_weights", "true"}}, plain()}),
      ofKey("peft_type", "\"LOHA\"", "or, if PEFT can merge this type, " + merge, sound()),
      ofKey("peft_type", "-", "choose its folder", sound()),
      {"virtual_count",
       {{{"peft_type", "\"PREFIX_TUNING\""}}, virtualTokens()},
       {again},
       {asPrefix(), virtualTokens()}},
      {"prefix_projection",
       {asPrefix({{"prefix_projection", "true"}}), virtualTokens()},
       {"prefix_projection is true", "write false there"},
       {asPrefix({{"prefix_projection", "false"}}), virtualTokens()}},
      {"num_transformer_submodules",
       {asPrefix({{"num_transformer_submodules", "2"}}), virtualTokens()},
       {"num_transformer_submodules is 2", without},
       {asPrefix(), virtualTokens()}},
      {"virtual_name",
       {asPrefix(), with(virtualTokens(), {"score.weight", Dtype::F32, {2, 8}})},
       {"score.weight", "(base_model....)", again},
       {asPrefix(), with(virtualTokens(), {"base_model.score.weight", Dtype::F32, {2, 8}})}},
      {"virtual_none",
       {asPrefix(), {{"base_model.score.weight", Dtype::F32, {2, 8}}}},
       {"prompt_embeddings", again},
       {asPrefix(), virtualTokens()}},
      {"virtual_shape",
       {asPrefix(), virtualTokens({4, 8})},
       {"[4, 8]", "num_virtual_tokens", again},
       {asPrefix(), virtualTokens()}},
      {"embedding",
       {{}, with(plain(), {std::string(kPrefix) + "wte.lora_embedding_A", Dtype::F32, {2, 8}})},
       {"wte.lora_embedding_A", merge, "train it again without the token table among target_modules"},
       sound()},
      {"other_kind", {{}, with(plain(), of(".lora_C.weight", {2, 8}))}, {"lora_C", merge}, sound()},
      {"name", {{}, {{"h.0.lora_A.weight", Dtype::F32, {2, 8}}}}, {"h.0.lora_A.weight", kPrefix, again}, sound()},
      {"integers", {{}, with(plain(), of(".bias", {24}, Dtype::I64))}, {"int64", again}, sound()},
      {"two_of_a_kind",
       {{}, with(plain(), of(".lora_A.default.weight", {2, 8}))},
       {"two tensors of one kind", again},
       sound()},
      {"no_layer",
       {{}, {{"base_model.model.score.weight", Dtype::F32, {2, 8}}}},
       {"choose another adapter"},
       {{}, with(plain(), {"base_model.model.score.weight", Dtype::F32, {2, 8}})}},
      {"not_a_target",
       {{{"target_modules", R"(["c_proj"])"}}, plain()},
       {"c_attn", "target_modules", "mend these keys"},
       {{{"target_modules", R"(["c_proj", "c_attn"])"}}, plain()}},
      {"half", {{}, {of(".lora_A.weight", {2, 8})}}, {"both lora_A and lora_B", again}, sound()},
      {"ia3_in_lora", {{}, ia3()}, {"ia3_l", "LORA", again}, {asIa3(), ia3()}},
      {"lora_in_ia3", {asIa3(), plain()}, {"LoRA", "IA3", again}, sound()},
      {"ia3_shape", {asIa3(), ia3({24, 2})}, {"[24, 2]", "one factor", again}, {asIa3(), ia3()}},
      {"no_magnitude",
       {{{"use_dora", "true"}}, plain()},
       {"lora_magnitude_vector", again},
       {{{"use_dora", "true"}}, with(plain(), of(".lora_magnitude_vector", {24}))}},
      {"a_magnitude",
       {{}, with(plain(), of(".lora_magnitude_vector", {24}))},
       {"use_dora is false", again},
       {{{"use_dora", "true"}}, with(plain(), of(".lora_magnitude_vector", {24}))}},
      {"shapes",
       {{}, {of(".lora_A.weight", {2, 8}), of(".lora_B.weight", {24, 3})}},
       {"[2, 8]", "[24, 3]", again},
       sound()},
      {"rank", {{{"r", "4"}}, plain()}, {"rank 2", "says 4", again}, sound()},
  };
}

class EachPeftRefusal : public testing::TestWithParam<Refusal> {
 protected:
  /// The sentence, or nothing where the folder opens.
  std::string refusalOf(const Folder& made) {
    const auto folder = folder_.path() / std::to_string(count_++);
    fs::create_directory(folder);
    auto json =
        *base::parseJson(R"({"peft_type": "LORA", "r": 2, "lora_alpha": 6, "target_modules": ["c_attn"]})", "sound");
    const auto kind = std::ranges::find(made.settings, "peft_type", &Settings::value_type::first);
    if (kind != made.settings.end() && kind->second != "-") {
      json = base::Json::object();
      if (kind->second == "\"IA3\"") json["target_modules"] = {"c_attn"};
    }
    for (const auto& [key, value] : made.settings) {
      if (value == "-") {
        json.erase(key);
      } else {
        json[key] = *base::parseJson(fmt::format("[{}]", value), "value")->begin();
      }
    }
    writeText(folder / "adapter_config.json", json.dump());
    EXPECT_TRUE(writeSafetensors(realFiles(), folder / "adapter_model.safetensors", toWrite(made.tensors), {}));
    const auto adapter = PeftAdapter::open(realFiles(), folder);
    return adapter ? "" : adapter.error().message;
  }

 private:
  test::TemporaryFolder folder_;
  int count_ = 0;
};

TEST_P(EachPeftRefusal, NamesARemedyThatWorks) {
  const auto& refusal = GetParam();
  const auto said = refusalOf(refusal.wrong);
  for (const auto& words : refusal.words)
    EXPECT_NE(said.find(words), std::string::npos) << words << " is not in: " << said;
  EXPECT_TRUE(said.ends_with('.')) << said;
  EXPECT_EQ(refusalOf(refusal.mended), "");
}

INSTANTIATE_TEST_SUITE_P(Adapters, EachPeftRefusal, testing::ValuesIn(refusals()),
                         [](const auto& one) { return fmt::format("{}_{}", one.index, one.param.name); });

/// A whole folder that is none.
TEST(PeftFolder, WhatIsMissingIsNamedAndItsRemedyWorks) {
  const test::TemporaryFolder folder;
  const auto said = [&] {
    const auto adapter = PeftAdapter::open(realFiles(), folder.path());
    return adapter ? "" : adapter.error().message;
  };
  EXPECT_NE(said().find("Choose the folder of a PEFT adapter"), std::string::npos) << said();
  writeText(folder.path() / "adapter_config.json", "[]");
  EXPECT_NE(said().find("Save the adapter with PEFT's save_pretrained"), std::string::npos) << said();
  const auto tensors = plain();
  ASSERT_TRUE(writeSafetensors(realFiles(), folder.path() / "adapter_model.safetensors", toWrite(tensors), {}));
  EXPECT_NE(said().find("holds no object. Choose the folder of a PEFT adapter"), std::string::npos) << said();
  writeText(folder.path() / "adapter_config.json", R"({"peft_type": "LORA", "r": 2})");
  EXPECT_EQ(said(), "");
}

}  // namespace
}  // namespace rosa::checkpoint
