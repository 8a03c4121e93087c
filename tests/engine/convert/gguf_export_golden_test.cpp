// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/json.h"
#include "base/sha256.h"
#include "convert/gguf_family.h"
#include "convert/gguf_keys.h"
#include "convert/gguf_mix.h"
#include "convert/gguf_tensors.h"
#include "convert/gguf_vocabulary.h"
#include "convert/modelfile.h"
#include "engine/convert/gguf_golden.h"
#include "gguf/gguf_file.h"
#include "gguf/gguf_writer.h"
#include "support/process.h"
#include "train/opened_model.h"

/// The golden checkpoints as GGUF, beside what llama.cpp's converter made of them (golden/README-text.md, gguf).
namespace rosa::convert {
namespace {

namespace fs = std::filesystem;

struct Case {
  const char* model;
  const char* type;
};

GgufType typeOf(const std::string& name) {
  static const std::map<std::string, GgufType> kTypes = {
      {"f32", GgufType::F32}, {"f16", GgufType::F16}, {"bf16", GgufType::Bf16}, {"q8_0", GgufType::Q8_0}};
  return kTypes.at(name);
}

class GgufExport : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const std::string model = GetParam().model;
    const auto path = test::goldenDirectory() / "gguf" / (model + "-" + GetParam().type + ".gguf");
    if (!fs::exists(path)) GTEST_SKIP() << "no vectors";
    golden_.emplace(gguf::GgufFile::open(base::FileSystem::real(), path).value());
    model_ = train::openModel(test::goldenDirectory() / "models" / model, {}).value();
    family_ = ggufFamilyOf(model_->config()).value();
  }

  [[nodiscard]] gguf::Metadata keys() {
    gguf::Metadata metadata;
    metadata.set("general.architecture", std::string(family_.architecture));
    setHyperParameters(model_->config(), family_, metadata);
    metadata.set("general.file_type", fileTypeNumber(typeOf(GetParam().type)));
    return metadata;
  }

  std::optional<gguf::GgufFile> golden_;
  std::unique_ptr<model::Model> model_;
  GgufFamily family_;
};

/// What the converter leaves to llama.cpp's defaults, and we say.
const std::set<std::string>& saidBesides() {
  static const std::set<std::string> kKeys = {"attention.key_length", "attention.value_length",
                                              "vocab_size",           "rope.dimension_count",
                                              "rope.freq_base",       "attention.sliding_window_pattern"};
  return kKeys;
}

TEST_P(GgufExport, HyperParametersEqualTheConverters) {
  const auto metadata = keys();
  for (const auto& [key, value] : golden_->metadata().entries()) {
    const bool shape = key.starts_with(std::string(family_.architecture) + ".") || key == "general.architecture" ||
                       key == "general.file_type";
    if (!shape) continue;
    const auto* ours = metadata.find(key);
    ASSERT_NE(ours, nullptr) << key;
    EXPECT_EQ(*ours, value) << key;
  }
  for (const auto& [key, value] : metadata.entries()) {
    const auto name = key.substr(key.find('.') + 1);
    EXPECT_TRUE(golden_->metadata().find(key) != nullptr || saidBesides().contains(name)) << key;
  }
}

TEST_P(GgufExport, TensorsEqualTheConvertersBitForBit) {
  const auto tensors = ggufTensors(model_->tensors(), model_->config(), family_, typeOf(GetParam().type));
  ASSERT_TRUE(tensors) << tensors.error().message;
  std::vector<gguf::TensorToWrite> list;
  for (const auto& tensor : *tensors) list.push_back(toWrite(tensor));
  test::TemporaryFolder folder;
  const auto path = folder.path() / "model.gguf";
  ASSERT_TRUE(gguf::writeGguf(base::FileSystem::real(), path, keys(), list));
  const auto file = gguf::GgufFile::open(base::FileSystem::real(), path).value();
  const auto difference = compareWithFile(file, *tensors);
  ASSERT_TRUE(difference) << difference.error().message;
  EXPECT_EQ(difference->tensors, static_cast<std::int64_t>(tensors->size()));

  ASSERT_EQ(file.tensors().size(), golden_->tensors().size());
  for (const auto& expected : golden_->tensors()) {
    const auto* found = file.find(expected.name);
    ASSERT_NE(found, nullptr) << expected.name;
    EXPECT_EQ(found->dimensions, expected.dimensions) << expected.name;
    EXPECT_EQ(found->format.name, expected.format.name) << expected.name;
    std::vector<std::byte> ours(found->bytes), theirs(expected.bytes);
    ASSERT_TRUE(file.read(*found, 0, ours));
    ASSERT_TRUE(golden_->read(expected, 0, theirs));
    // The converter drops query_pre_attn_scalar, which is 24 here; llama.cpp divides by the head's size, 16. Ours holds
    // the ratio in the queries.
    const auto scaled = family_.architecture == "gemma2"   ? "attn_q.weight"
                        : family_.architecture == "gemma3" ? "attn_q_norm.weight"
                                                           : "none";
    const bool setting = expected.name == "rope_freqs.weight";  // computed here, not copied
    if (!expected.name.ends_with(scaled) && !setting) {
      EXPECT_TRUE(ours == theirs) << expected.name;
      continue;
    }
    std::vector<float> a(found->count()), b(found->count());
    ASSERT_TRUE(file.readValues(*found, 0, a));
    ASSERT_TRUE(golden_->readValues(expected, 0, b));
    const double factor = setting ? 1 : std::sqrt(16.0 / 24);
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_NEAR(a[i], factor * b[i], 1e-6 + (GetParam().type == std::string("f32") ? 0 : 0.02)) << expected.name;
    }
  }
}

TEST_P(GgufExport, TheVocabularyEqualsTheConverters) {
  gguf::Metadata metadata;
  std::vector<std::string> remarks;
  const auto folder = test::ggufTokenizerOf(GetParam().model);
  const auto tokenizer = train::openTokenizer(folder, model_->config());
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  const auto written = setVocabulary(folder, *tokenizer, model_->config(), metadata, remarks);
  ASSERT_TRUE(written) << written.error().message;
  // Metaspace puts no blank before a text that begins with one.
  const bool differs = family_.architecture == "llama";
  ASSERT_EQ(remarks.size(), differs ? 1U : 0U);
  if (differs) {
    EXPECT_NE(remarks.front().find("puts a blank before every text"), std::string::npos) << remarks.front();
  }
  for (const auto& [key, value] : golden_->metadata().entries()) {
    if (!key.starts_with("tokenizer.")) continue;
    if (key == "tokenizer.ggml.pre" && golden_->metadata().find("tokenizer.ggml.merges") != nullptr) {
      // The made-up vocabularies cut as GPT-2 does, whatever name the converter was given.
      EXPECT_EQ(*metadata.get<std::string>(key), "gpt-2");
      continue;
    }
    const auto* ours = metadata.find(key);
    ASSERT_NE(ours, nullptr) << key;
    EXPECT_TRUE(*ours == value) << key;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Models, GgufExport,
    testing::Values(Case{"gpt2", "f32"}, Case{"gpt2", "f16"}, Case{"gpt2", "q8_0"}, Case{"llama", "f32"},
                    Case{"llama", "f16"}, Case{"llama", "bf16"}, Case{"llama", "q8_0"}, Case{"llama-tied", "f32"},
                    Case{"mistral", "f32"}, Case{"qwen2", "f32"}, Case{"qwen2", "f16"}, Case{"qwen2", "q8_0"},
                    Case{"qwen3", "f32"}, Case{"qwen3", "f16"}, Case{"qwen3", "q8_0"}, Case{"gemma2", "f32"},
                    Case{"gemma2", "f16"}, Case{"gemma2", "q8_0"}, Case{"gemma3-text", "f32"},
                    Case{"gemma3-text", "f16"}, Case{"gemma3-text", "q8_0"}),
    [](const auto& shown) { return test::modelTestName(std::string(shown.param.model) + "_" + shown.param.type); });

/// Families without a golden file: everything finds a place and comes back, in every type.
class GgufFamilies : public testing::TestWithParam<const char*> {};

TEST_P(GgufFamilies, EveryTensorHasAPlaceAndComesBack) {
  const auto folder = test::goldenDirectory() / "models" / GetParam();
  if (!fs::exists(folder)) GTEST_SKIP() << "no vectors";
  const auto model = train::openModel(folder, {}).value();
  const auto family = ggufFamilyOf(model->config());
  ASSERT_TRUE(family) << family.error().message;
  gguf::Metadata metadata;
  metadata.set("general.architecture", std::string(family->architecture));
  setHyperParameters(model->config(), *family, metadata);
  for (const auto type : {GgufType::F32, GgufType::F16, GgufType::Bf16, GgufType::Q8_0, GgufType::Q4_K_M}) {
    const auto tensors = ggufTensors(model->tensors(), model->config(), *family, type);
    ASSERT_TRUE(tensors) << tensors.error().message;
    std::vector<gguf::TensorToWrite> list;
    for (const auto& tensor : *tensors) list.push_back(toWrite(tensor));
    test::TemporaryFolder place;
    const auto path = place.path() / "model.gguf";
    ASSERT_TRUE(gguf::writeGguf(base::FileSystem::real(), path, metadata, list));
    const auto file = gguf::GgufFile::open(base::FileSystem::real(), path).value();
    const auto difference = compareWithFile(file, *tensors);
    ASSERT_TRUE(difference) << difference.error().message;
    EXPECT_GE(difference->tensors, static_cast<std::int64_t>(model->tensors().size()) - 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, GgufFamilies,
                         testing::Values("phi3", "phi4mini", "olmo2", "olmo3", "granite", "lfm2", "llama-linear",
                                         "qwen2-yarn", "qwen2-sliding", "ministral3", "cohere2", "helium",
                                         "hunyuan_v1_dense", "gemma3-vlm", "gemma4-text", "gemma4-keqv-text",
                                         "gemma4-vlm", "mistral3-vlm"),
                         [](const auto& shown) { return test::modelTestName(shown.param); });

TEST(GgufFamilies, WhatLlamaCppDoesNotKnowIsRefusedInASentence) {
  for (const char* name : {"exaone4", "smollm3", "qwen3_5-text", "llama-seqcls", "bert-seqcls"}) {
    const auto folder = test::goldenDirectory() / "models" / name;
    if (!fs::exists(folder)) GTEST_SKIP() << "no vectors";
    const auto family = ggufFamilyOf(train::readModelConfig(folder).value());
    ASSERT_FALSE(family) << name;
    EXPECT_NE(family.error().message.find("--as merged"), std::string::npos) << family.error().message;
  }
}

/// Families of which the converter's files are kept by their keys and the digests of their tensors
/// (tests/golden/gguf_converted.py).
class GgufConverted : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string name = GetParam();
    const auto kept = test::sourceDirectory() / "tests" / "golden" / "gguf";
    const auto own = kept / name;
    const auto folder = fs::exists(own) ? own : test::goldenDirectory() / "models" / name;
    if (!fs::exists(folder)) GTEST_SKIP() << "no vectors";
    model_ = train::openModel(folder, {}).value();
    expected_ = base::readJsonFile(base::FileSystem::real(), kept / "converted.json", {}).value().at(name);
  }

  std::unique_ptr<model::Model> model_;
  base::Json expected_;
};

/// What the converter says otherwise to the same end: yarn's amplitude by other keys; sections of places, which are all
/// the same in a text; an interval that it does not take from the layers; no scaling by its name.
bool isSaidOtherwise(const std::string& key) {
  static const std::set<std::string> kNames = {"rope.scaling.yarn_attn_factor",
                                               "rope.scaling.yarn_log_multiplier",
                                               "rope.scaling.yarn_beta_fast",
                                               "rope.scaling.yarn_beta_slow",
                                               "rope.dimension_sections",
                                               "full_attention_interval",
                                               "rope.scaling.type"};
  return kNames.contains(key.substr(key.find('.') + 1));
}

base::Json asJson(const gguf::Value& value) {
  return std::visit(
      [](const auto& one) -> base::Json {
        using T = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<T, gguf::Array>) {
          auto list = base::Json::array();
          std::visit(
              [&](const auto& values) {
                if constexpr (!std::is_same_v<std::decay_t<decltype(values)>, std::vector<gguf::Array>>) {
                  for (std::size_t i = 0; i < values.size(); ++i) list.push_back(values[i]);
                }
              },
              one.values);
          return list;
        } else if constexpr (std::is_same_v<T, float>) {
          return static_cast<double>(one);
        } else {
          return one;
        }
      },
      value);
}

TEST_P(GgufConverted, KeysAndTensorsEqualTheConvertersBitForBit) {
  const auto family = ggufFamilyOf(model_->config());
  ASSERT_TRUE(family) << family.error().message;
  EXPECT_EQ(family->architecture, expected_.at("architecture").get<std::string>());
  gguf::Metadata metadata;
  setHyperParameters(model_->config(), *family, metadata);
  for (const auto& [key, value] : expected_.at("keys").items()) {
    if (isSaidOtherwise(key)) continue;
    const auto* ours = metadata.find(key);
    ASSERT_NE(ours, nullptr) << key;
    EXPECT_EQ(asJson(*ours), value) << key;
  }

  const auto tensors = ggufTensors(model_->tensors(), model_->config(), *family, GgufType::F32);
  ASSERT_TRUE(tensors) << tensors.error().message;
  EXPECT_EQ(tensors->size(), expected_.at("tensors").size());
  for (const auto& tensor : *tensors) {
    ASSERT_TRUE(expected_.at("tensors").contains(tensor.name)) << tensor.name;
    const auto& theirs = expected_.at("tensors").at(tensor.name);
    const auto written = toWrite(tensor);
    EXPECT_EQ(base::Json(written.dimensions), theirs.at("shape")) << tensor.name;
    base::Sha256 digest;
    ASSERT_TRUE(written.produce([&](std::span<const std::byte> bytes) -> Status {
      digest.update(bytes);
      return {};
    }));
    EXPECT_EQ(digest.finish(), theirs.at("sha256").get<std::string>()) << tensor.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, GgufConverted,
                         testing::Values("cohere2", "olmo3", "ministral3", "gemma4-text", "gemma4-keqv-text",
                                         "qwen3_5"),
                         [](const auto& shown) { return test::modelTestName(shown.param); });

/// llama.cpp turns neighbours in these families; rows are reordered where the model does not do so itself.
TEST(GgufFamilies, RowsOfHeadsAreReorderedOnlyWhereTheModelTurnsHalves) {
  for (const auto& [name, reordered] :
       {std::pair("llama", true), std::pair("granite", true), std::pair("ministral3", true),
        std::pair("cohere2", false), std::pair("helium", false), std::pair("qwen3", false)}) {
    const auto folder = test::goldenDirectory() / "models" / name;
    if (!fs::exists(folder)) GTEST_SKIP() << "no vectors";
    const auto model = train::openModel(folder, {}).value();
    const auto& config = model->config();
    const auto tensors = ggufTensors(model->tensors(), config, ggufFamilyOf(config).value(), GgufType::F32).value();
    const auto written = std::ranges::find(tensors, "blk.0.attn_q.weight", &GgufTensor::name);
    const auto own = model->tensors();
    const auto read =
        std::ranges::find(own, std::string("model.layers.0.self_attn.q_proj.weight"), &model::NamedTensor::name);
    ASSERT_TRUE(written != tensors.end() && read != own.end()) << name;
    const auto half = config.headDim / 2;
    EXPECT_EQ(at::equal(written->numbers, read->tensor), !reordered) << name;
    EXPECT_EQ(at::equal(written->numbers[1], read->tensor[half]), reordered) << name;
  }
}

/// The keys by which llama.cpp is told of what these families do otherwise, as its own converter writes them.
TEST(GgufFamilies, WhatIsTheirOwnIsSaid) {
  const auto keysOf = [](const char* name) {
    gguf::Metadata metadata;
    const auto config = train::readModelConfig(test::goldenDirectory() / "models" / name).value();
    setHyperParameters(config, ggufFamilyOf(config).value(), metadata);
    return metadata;
  };
  if (!fs::exists(test::goldenDirectory() / "models" / "olmo3")) GTEST_SKIP() << "no vectors";
  const auto olmo3 = keysOf("olmo3");
  EXPECT_EQ(*olmo3.get<std::uint32_t>("olmo2.attention.sliding_window"), 5U);
  const std::vector<bool> slides = {true, true, false};
  EXPECT_EQ(*olmo3.list<bool>("olmo2.attention.sliding_window_pattern"), slides);
  EXPECT_EQ(*olmo3.get<std::string>("olmo2.rope.scaling.type"), "yarn");

  const auto cohere2 = keysOf("cohere2");
  EXPECT_EQ(*cohere2.get<float>("cohere2.logit_scale"), 0.25F);
  EXPECT_EQ(*cohere2.get<float>("cohere2.attention.layer_norm_epsilon"), 1e-5F);

  const auto ministral3 = keysOf("ministral3");
  EXPECT_EQ(*ministral3.get<float>("mistral3.attention.temperature_scale"), 0.3F);
  EXPECT_EQ(*ministral3.get<std::uint32_t>("mistral3.rope.scaling.original_context_length"), 6U);
  EXPECT_EQ(*ministral3.get<float>("mistral3.rope.scaling.yarn_beta_fast"), 0.5F);
}

TEST(GgufTensors, AChangedFileIsFound) {
  const auto folder = test::goldenDirectory() / "models" / "gpt2";
  const auto model = train::openModel(folder, {}).value();
  const auto family = ggufFamilyOf(model->config()).value();
  auto tensors = ggufTensors(model->tensors(), model->config(), family, GgufType::F32).value();
  std::vector<gguf::TensorToWrite> list;
  for (const auto& tensor : tensors) list.push_back(toWrite(tensor));
  test::TemporaryFolder place;
  gguf::Metadata metadata;
  metadata.set("general.architecture", std::string("gpt2"));
  const auto path = place.path() / "model.gguf";
  ASSERT_TRUE(gguf::writeGguf(base::FileSystem::real(), path, metadata, list));
  const auto file = gguf::GgufFile::open(base::FileSystem::real(), path).value();
  ASSERT_TRUE(compareWithFile(file, tensors));
  tensors[3].numbers = tensors[3].numbers + 1;
  const auto changed = compareWithFile(file, tensors);
  ASSERT_FALSE(changed);
  EXPECT_NE(changed.error().message.find(tensors[3].name), std::string::npos) << changed.error().message;
}

/// llama.cpp ends with an exception at the first letter that such a vocabulary lacks.
TEST(GgufVocabulary, PiecesWithoutATokenForEveryByteAreRefused) {
  const auto source = test::ggufTokenizerOf("llama");
  const auto checkpoint = test::goldenDirectory() / "models" / "llama";
  if (!fs::exists(checkpoint)) GTEST_SKIP() << "no vectors";
  test::TemporaryFolder folder;
  fs::copy(source / "tokenizer_config.json", folder.path() / "tokenizer_config.json");
  auto json = base::readJsonFile(base::FileSystem::real(), source / "tokenizer.json", {}).value();
  json["model"]["vocab"].erase("<0xC3>");
  std::ofstream(folder.path() / "tokenizer.json") << json.dump();
  const auto config = train::readModelConfig(checkpoint).value();
  const auto tokenizer = train::openTokenizer(folder.path(), config);
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  gguf::Metadata metadata;
  std::vector<std::string> remarks;
  const auto written = setVocabulary(folder.path(), *tokenizer, config, metadata, remarks);
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find("byte C3"), std::string::npos) << written.error().message;
}

TEST(GgufMix, FourBitsTakeMoreWhereLlamaCppDoes) {
  const auto of = [](std::string_view name, std::int64_t row, std::int64_t layer, bool tied = false) {
    return blockTypeOf(
        GgufType::Q4_K_M,
        {.name = name, .dimensions = 2, .rowLength = row, .layer = layer, .layers = 16, .tiedTable = tied});
  };
  using gguf::BlockType;
  EXPECT_EQ(of("blk.0.attn_q.weight", 512, 0), BlockType::Q4_K);
  EXPECT_EQ(of("blk.0.attn_v.weight", 512, 0), BlockType::Q6_K) << "the first eighth";
  EXPECT_EQ(of("blk.2.attn_v.weight", 512, 2), BlockType::Q4_K);
  EXPECT_EQ(of("blk.4.ffn_down.weight", 512, 4), BlockType::Q6_K) << "every third between";
  EXPECT_EQ(of("blk.15.ffn_down.weight", 512, 15), BlockType::Q6_K) << "the last eighth";
  EXPECT_EQ(of("token_embd.weight", 512, -1), BlockType::Q4_K);
  EXPECT_EQ(of("token_embd.weight", 512, -1, true), BlockType::Q6_K) << "the output layer too";
  EXPECT_EQ(of("output.weight", 576, -1), BlockType::Q8_0) << "no multiple of 256";
  EXPECT_EQ(of("blk.2.attn_q.weight", 576, 2), BlockType::Q5_0);
  EXPECT_EQ(of("blk.2.attn_q.weight", 40, 2), BlockType::F16) << "no multiple of 32";
  EXPECT_EQ(of("position_embd.weight", 512, -1), BlockType::F32);
}

TEST(Modelfile, NamesTheFileAndEveryEnd) {
  gguf::Metadata metadata;
  metadata.set("tokenizer.ggml.tokens", gguf::Array{std::vector<std::string>{"a", "</s>", "<|end|>"}});
  metadata.set("tokenizer.ggml.eos_token_id", std::uint32_t{1});
  metadata.set("tokenizer.ggml.eot_token_id", std::uint32_t{2});
  const auto text = modelfile("my.gguf", metadata);
  EXPECT_NE(text.find("FROM ./my.gguf\n"), std::string::npos);
  EXPECT_NE(text.find("PARAMETER stop \"</s>\"\n"), std::string::npos);
  EXPECT_NE(text.find("PARAMETER stop \"<|end|>\"\n"), std::string::npos);
  EXPECT_NE(text.find("TEMPLATE {{ .Prompt }}"), std::string::npos);
  metadata.set("tokenizer.chat_template", std::string("{{ messages }}"));
  EXPECT_EQ(modelfile("my.gguf", metadata).find("\nTEMPLATE"), std::string::npos) << "its own template counts";
}

}  // namespace
}  // namespace rosa::convert
