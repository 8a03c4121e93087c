// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "convert/gguf_config.h"
#include "convert/gguf_family.h"
#include "convert/gguf_keys.h"
#include "convert/gguf_tensors.h"
#include "convert/gguf_tokenizer.h"
#include "convert/gguf_vocabulary.h"
#include "convert/gguf_weights.h"
#include "engine/convert/gguf_golden.h"
#include "gguf/gguf_file.h"
#include "gguf/gguf_writer.h"
#include "support/process.h"
#include "train/opened_model.h"

/// What llama.cpp's converter made of the golden checkpoints, and what is written here, turned back into them.
namespace rosa::convert {
namespace {

namespace fs = std::filesystem;

struct ImportCase {
  const char* model;
  const char* type;
  double rounding;  ///< root mean square, as a share of the numbers'
};

/// The numbers of a tensor as a checkpoint would have them.
at::Tensor numbersOf(const FolderTensor& tensor) {
  std::vector<std::byte> bytes;
  const auto handed = tensor.produce([&bytes](std::span<const std::byte> piece) -> Status {
    bytes.insert(bytes.end(), piece.begin(), piece.end());
    return {};
  });
  if (!handed) throw std::runtime_error(handed.error().message);
  const auto type = tensor.type == gguf::BlockType::F16    ? at::kHalf
                    : tensor.type == gguf::BlockType::BF16 ? at::kBFloat16
                                                           : at::kFloat;
  return at::from_blob(bytes.data(), tensor.shape, type).to(at::kFloat, false, true);
}

void expectSameShape(const model::ModelConfig& ours, const model::ModelConfig& theirs, bool windows) {
  EXPECT_EQ(ours.vocabularySize, theirs.vocabularySize);
  EXPECT_EQ(ours.width, theirs.width);
  EXPECT_EQ(ours.layers, theirs.layers);
  EXPECT_EQ(ours.heads, theirs.heads);
  EXPECT_EQ(ours.keyValueHeads, theirs.keyValueHeads);
  EXPECT_EQ(ours.headDim, theirs.headDim);
  EXPECT_EQ(ours.feedForward, theirs.feedForward);
  EXPECT_EQ(ours.positions, theirs.positions);
  EXPECT_EQ(ours.normEpsilon, theirs.normEpsilon);
  EXPECT_EQ(ours.activation, theirs.activation);
  EXPECT_EQ(ours.tied, theirs.tied);
  EXPECT_EQ(ours.attentionBias, theirs.attentionBias);
  EXPECT_EQ(ours.attentionOutputBias, theirs.attentionOutputBias);
  EXPECT_EQ(ours.mlpBias, theirs.mlpBias);
  EXPECT_EQ(ours.decoder.attentionCap, theirs.decoder.attentionCap);
  EXPECT_EQ(ours.decoder.logitCap, theirs.decoder.logitCap);
  EXPECT_EQ(ours.decoder.embeddingScale, theirs.decoder.embeddingScale);
  EXPECT_NEAR(ours.decoder.residualScale, theirs.decoder.residualScale, 1e-7);
  EXPECT_EQ(ours.decoder.convolutionKernel, theirs.decoder.convolutionKernel);
  ASSERT_EQ(ours.ropes.size(), theirs.ropes.size());
  for (std::size_t i = 0; i < ours.ropes.size(); ++i) {
    EXPECT_EQ(ours.ropes[i].type, theirs.ropes[i].type);
    EXPECT_FLOAT_EQ(static_cast<float>(ours.ropes[i].theta), static_cast<float>(theirs.ropes[i].theta));
    EXPECT_EQ(ours.ropes[i].share, theirs.ropes[i].share);
    EXPECT_EQ(ours.ropes[i].factor, theirs.ropes[i].factor);
    EXPECT_NEAR(ours.ropes[i].amplitude, theirs.ropes[i].amplitude, 1e-6);
    EXPECT_EQ(ours.ropes[i].longFactors.size(), theirs.ropes[i].longFactors.size());
  }
  ASSERT_EQ(ours.layerSpecs.size(), theirs.layerSpecs.size());
  for (std::size_t i = 0; i < ours.layerSpecs.size(); ++i) {
    if (windows) {
      EXPECT_EQ(ours.layerSpecs[i].window, theirs.layerSpecs[i].window) << i;
      EXPECT_EQ(ours.layerSpecs[i].rope, theirs.layerSpecs[i].rope) << i;
    }
    EXPECT_EQ(ours.layerSpecs[i].mixer, theirs.layerSpecs[i].mixer) << i;
  }
}

/// Every tensor of the model is among the imported ones, and no other. `queryFactor` is what the writer put into them.
void expectSameTensors(const gguf::GgufFile& file, const model::ModelConfig& config, const model::Model& model,
                       double rounding, const std::string& scaledName = "", double queryFactor = 1) {
  const auto imported = folderTensors(file, config);
  ASSERT_TRUE(imported) << imported.error().message;
  std::map<std::string, const FolderTensor*> byName;
  for (const auto& tensor : *imported) byName[tensor.name] = &tensor;
  std::size_t met = 0;
  for (const auto& expected : model.tensors()) {
    if (config.tied && expected.name == "lm_head.weight") continue;
    ++met;
    ASSERT_TRUE(byName.contains(expected.name)) << expected.name;
    const auto numbers = numbersOf(*byName[expected.name]);
    const auto scaled = !scaledName.empty() && expected.name.find(scaledName) != std::string::npos;
    const double added = scaled && expected.role == model::Role::Norm ? 1 : 0;  // the file holds norms + 1
    const auto original = (expected.tensor.detach().to(at::kFloat) + added) * (scaled ? queryFactor : 1) - added;
    ASSERT_EQ(numbers.sizes(), original.sizes()) << expected.name;
    const bool recomputed = expected.role == model::Role::Norm || expected.role == model::Role::DecayLog;
    if (rounding == 0 && !scaled && !recomputed) {
      EXPECT_TRUE(at::equal(numbers, original)) << expected.name;
      continue;
    }
    // Norms went through w + 1 in single precision, decays through an exponential.
    const double off = (numbers - original).norm().item<double>();
    EXPECT_LE(off, std::max(rounding, 2e-7) * (original + 1).norm().item<double>()) << expected.name;
  }
  EXPECT_EQ(met, imported->size());
}

class GgufImport : public testing::TestWithParam<ImportCase> {};

TEST_P(GgufImport, TheConvertersFileIsTheCheckpointAgain) {
  const std::string name = GetParam().model;
  const auto path = test::goldenDirectory() / "gguf" / (name + "-" + GetParam().type + ".gguf");
  if (!fs::exists(path)) GTEST_SKIP() << "no vectors";
  const auto file = gguf::GgufFile::open(base::FileSystem::real(), path).value();
  const auto json = configOfGguf(file);
  ASSERT_TRUE(json) << json.error().message;
  const auto config = model::parseModelConfig(*json, path.string());
  ASSERT_TRUE(config) << config.error().message;
  const auto model = train::openModel(test::goldenDirectory() / "models" / name, {}).value();
  // llama.cpp has no window in Mistral, and the converter drops which layers of a Gemma 3 slide.
  expectSameShape(*config, model->config(), name != "mistral" && name != "gemma3-text");
  EXPECT_EQ(config->bosId, model->config().bosId);
  EXPECT_EQ(config->eosIds, model->config().eosIds);
  EXPECT_EQ(config->padId, model->config().padId);
  expectSameTensors(file, *config, *model, GetParam().rounding);
}

INSTANTIATE_TEST_SUITE_P(
    Models, GgufImport,
    testing::Values(ImportCase{"gpt2", "f32", 0}, ImportCase{"gpt2", "f16", 1e-3}, ImportCase{"gpt2", "q8_0", 2e-2},
                    ImportCase{"llama", "f32", 0}, ImportCase{"llama", "f16", 1e-3}, ImportCase{"llama", "bf16", 8e-3},
                    ImportCase{"llama", "q8_0", 2e-2}, ImportCase{"llama-tied", "f32", 0},
                    ImportCase{"mistral", "f32", 0}, ImportCase{"qwen2", "f32", 0}, ImportCase{"qwen2", "q8_0", 2e-2},
                    ImportCase{"qwen3", "f32", 0}, ImportCase{"qwen3", "f16", 1e-3}, ImportCase{"gemma2", "f32", 0},
                    ImportCase{"gemma2", "q8_0", 2e-2}, ImportCase{"gemma3-text", "f32", 0},
                    ImportCase{"gemma3-text", "f16", 1e-3}),
    [](const auto& shown) { return test::modelTestName(std::string(shown.param.model) + "_" + shown.param.type); });

/// Texts of several scripts, blanks and special tokens.
const std::vector<std::string>& someTexts() {
  static const std::vector<std::string> kTexts = {"Hello world",
                                                  " two  blanks\n\nand lines\t",
                                                  "it's 12345 o'clock, isn't IT?",
                                                  "naïve café — „x“",
                                                  "Привет 你好 🙂",
                                                  "a<s>b</s> <pad>",
                                                  "",
                                                  "x"};
  return kTexts;
}

class GgufTexts : public testing::TestWithParam<const char*> {};

TEST_P(GgufTexts, AreCutAsTheTokenizerThatTheyWereMadeOf) {
  const std::string name = GetParam();
  const auto path = test::goldenDirectory() / "gguf" / (name + "-f32.gguf");
  if (!fs::exists(path)) GTEST_SKIP() << "no vectors";
  const auto file = gguf::GgufFile::open(base::FileSystem::real(), path).value();
  const auto texts = textsOfGguf(file);
  ASSERT_TRUE(texts) << texts.error().message;
  const auto config = model::parseModelConfig(configOfGguf(file).value(), "config.json").value();
  test::TemporaryFolder folder;
  std::ofstream(folder.path() / "tokenizer.json") << texts->tokenizer.dump();
  std::ofstream(folder.path() / "tokenizer_config.json") << texts->settings.dump();
  const auto ours = train::openTokenizer(folder.path(), config);
  ASSERT_TRUE(ours) << ours.error().message;
  const auto theirs = train::openTokenizer(test::ggufTokenizerOf(name), config).value();
  const auto idsOf = [](const text::Tokenizer& tokenizer, const std::string& text) {
    std::vector<std::int32_t> ids;
    for (const auto& token : tokenizer.encode(text, true).tokens) ids.push_back(token.id);
    return ids;
  };
  // The file's reader puts a blank before every stretch of text, also before one that has a blank or follows a special
  // token; Transformers' class does not.
  const bool prefixes = texts->tokenizer.dump().find("Prepend") != std::string::npos;
  for (const auto& text : someTexts()) {
    if (prefixes && (text.starts_with(' ') || text.find("<s>") != std::string::npos)) continue;
    EXPECT_EQ(idsOf(*ours, text), idsOf(theirs, text)) << text;
  }
  for (const auto role : {text::Role::Begin, text::Role::End}) {
    EXPECT_EQ(ours->roleId(role), theirs.roleId(role));
  }
}

INSTANTIATE_TEST_SUITE_P(Models, GgufTexts,
                         testing::Values("gpt2", "llama", "llama-tied", "mistral", "gemma2", "gemma3-text"),
                         [](const auto& shown) { return test::modelTestName(shown.param); });

/// Families that are written here: what comes back computes the same.
class GgufRoundTrip : public testing::TestWithParam<const char*> {};

TEST_P(GgufRoundTrip, WhatIsWrittenIsReadAgain) {
  const std::string name = GetParam();
  const auto own = test::sourceDirectory() / "tests" / "golden" / "gguf" / name;
  const auto folder = fs::exists(own) ? own : test::goldenDirectory() / "models" / name;
  if (!fs::exists(folder)) GTEST_SKIP() << "no vectors";
  const auto model = train::openModel(folder, {}).value();
  const auto family = ggufFamilyOf(model->config()).value();
  gguf::Metadata metadata;
  metadata.set("general.architecture", std::string(family.architecture));
  setHyperParameters(model->config(), family, metadata);
  const auto tensors = ggufTensors(model->tensors(), model->config(), family, GgufType::F32).value();
  std::vector<gguf::TensorToWrite> list;
  for (const auto& tensor : tensors) list.push_back(toWrite(tensor));
  test::TemporaryFolder place;
  const auto path = place.path() / "model.gguf";
  ASSERT_TRUE(gguf::writeGguf(base::FileSystem::real(), path, metadata, list));
  const auto file = gguf::GgufFile::open(base::FileSystem::real(), path).value();
  const auto json = configOfGguf(file);
  ASSERT_TRUE(json) << json.error().message;
  const auto config = model::parseModelConfig(*json, path.string());
  ASSERT_TRUE(config) << config.error().message;
  expectSameShape(*config, model->config(),
                  name == "phi3" || name == "olmo3" || name == "cohere2" || name.starts_with("gemma"));
  const auto factor = queryFactor(model->config(), family);
  expectSameTensors(file, *config, *model, 0,
                    name == "gemma2"        ? "q_proj"
                    : name == "gemma3-text" ? "q_norm"
                                            : "",
                    factor);
}

INSTANTIATE_TEST_SUITE_P(Models, GgufRoundTrip,
                         testing::Values("gpt2", "llama", "llama-linear", "mistral", "qwen2", "qwen2-yarn", "qwen3",
                                         "gemma2", "gemma3-text", "phi3", "phi4mini", "olmo2", "olmo3", "granite",
                                         "lfm2", "ministral3", "cohere2", "hunyuan_v1_dense", "gemma4-text",
                                         "gemma4-keqv-text", "qwen3_5"),
                         [](const auto& shown) { return test::modelTestName(shown.param); });

TEST(GgufConfig, WhatIsNotKnownIsRefusedInASentence) {
  test::TemporaryFolder place;
  const auto path = place.path() / "model.gguf";
  const auto refusal = [&](const gguf::Metadata& metadata) {
    const std::vector<float> numbers(64 * 2);
    const gguf::TensorToWrite table{
        "token_embd.weight", {64, 2}, gguf::BlockType::F32, [&](const gguf::ByteSink& sink) {
          return sink(std::as_bytes(std::span(numbers)));
        }};
    EXPECT_TRUE(gguf::writeGguf(base::FileSystem::real(), path, metadata, {&table, 1}));
    const auto json = configOfGguf(gguf::GgufFile::open(base::FileSystem::real(), path).value());
    return json ? "" : json.error().message;
  };
  gguf::Metadata metadata;
  metadata.set("general.architecture", std::string("mamba"));
  EXPECT_NE(refusal(metadata).find("\"mamba\""), std::string::npos) << refusal(metadata);
  metadata.set("general.architecture", std::string("llama"));
  EXPECT_NE(refusal(metadata).find("llama.embedding_length is missing"), std::string::npos) << refusal(metadata);
  metadata.set("llama.expert_count", std::uint32_t{8});
  EXPECT_NE(refusal(metadata).find("mixture of experts"), std::string::npos) << refusal(metadata);
  metadata.set("llama.expert_count", std::string("8"));
  EXPECT_NE(refusal(metadata).find("llama.expert_count is no whole number"), std::string::npos) << refusal(metadata);
}

TEST(GgufWeights, LinearAttentionOfAnotherShapeIsRefusedInASentence) {
  const auto model = train::openModel(test::sourceDirectory() / "tests" / "golden" / "gguf" / "qwen3_5", {}).value();
  const auto family = ggufFamilyOf(model->config()).value();
  gguf::Metadata metadata;
  metadata.set("general.architecture", std::string(family.architecture));
  setHyperParameters(model->config(), family, metadata);
  metadata.set("qwen35.ssm.state_size", std::uint32_t{4});
  const auto tensors = ggufTensors(model->tensors(), model->config(), family, GgufType::F32).value();
  std::vector<gguf::TensorToWrite> list;
  for (const auto& tensor : tensors) list.push_back(toWrite(tensor));
  test::TemporaryFolder place;
  const auto path = place.path() / "model.gguf";
  ASSERT_TRUE(gguf::writeGguf(base::FileSystem::real(), path, metadata, list));
  const auto file = gguf::GgufFile::open(base::FileSystem::real(), path).value();
  const auto config = model::parseModelConfig(configOfGguf(file).value(), path.string()).value();
  const auto imported = folderTensors(file, config);
  ASSERT_FALSE(imported);
  EXPECT_NE(imported.error().message.find("linear attention"), std::string::npos) << imported.error().message;
}

TEST(GgufConfig, TheDivisorsOfLlama3BecomeItsFourNumbers) {
  model::ModelConfig llama3;
  llama3.headDim = 64;
  model::RopeConfig rope;
  rope.type = model::RopeConfig::Type::Llama3;
  rope.theta = 500000;
  rope.factor = 32;
  rope.originalPositions = 8192;
  llama3.ropes = {rope};
  auto factors = ropeFactors(llama3);

  gguf::Metadata metadata;
  metadata.set("general.architecture", std::string("llama"));
  for (const auto& [key, value] :
       {std::pair("embedding_length", 128U), std::pair("block_count", 1U), std::pair("attention.head_count", 2U),
        std::pair("context_length", 131072U), std::pair("feed_forward_length", 64U)}) {
    metadata.set(std::string("llama.") + key, std::uint32_t{value});
  }
  metadata.set("llama.rope.freq_base", 500000.0F);
  test::TemporaryFolder place;
  const auto path = place.path() / "model.gguf";
  const std::vector<float> table(128 * 2);
  const auto bytesOf = [](const std::vector<float>& numbers) {
    return [&numbers](const gguf::ByteSink& sink) { return sink(std::as_bytes(std::span(numbers))); };
  };
  const auto read = [&] {
    const std::vector<gguf::TensorToWrite> tensors = {
        {"token_embd.weight", {128, 2}, gguf::BlockType::F32, bytesOf(table)},
        {"rope_freqs.weight", {factors.size()}, gguf::BlockType::F32, bytesOf(factors)}};
    EXPECT_TRUE(gguf::writeGguf(base::FileSystem::real(), path, metadata, tensors));
    return configOfGguf(gguf::GgufFile::open(base::FileSystem::real(), path).value());
  };
  const auto json = read();
  ASSERT_TRUE(json) << json.error().message;
  const base::Json expected = {{"rope_type", "llama3"},   {"rope_theta", 500000.0},
                               {"factor", 32.0},          {"low_freq_factor", 1.0},
                               {"high_freq_factor", 4.0}, {"original_max_position_embeddings", 8192}};
  EXPECT_EQ((*json)["rope_parameters"], expected);
  factors[3] = 7;
  const auto other = read();
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message.find("rope_freqs.weight"), std::string::npos) << other.error().message;
}

TEST(GgufTexts, AnEndlessPieceIsRefused) {
  gguf::Metadata metadata;
  metadata.set("general.architecture", std::string("llama"));
  metadata.set("tokenizer.ggml.model", std::string("llama"));
  metadata.set("tokenizer.ggml.tokens", gguf::Array{std::vector<std::string>{"a", std::string(100'000, 'a')}});
  metadata.set("tokenizer.ggml.scores", gguf::Array{std::vector<float>{0, -1}});
  test::TemporaryFolder place;
  const auto path = place.path() / "model.gguf";
  ASSERT_TRUE(gguf::writeGguf(base::FileSystem::real(), path, metadata, {}));
  const auto texts = textsOfGguf(gguf::GgufFile::open(base::FileSystem::real(), path).value());
  ASSERT_FALSE(texts);
  EXPECT_NE(texts.error().message.find("token 1 has 100000 bytes"), std::string::npos) << texts.error().message;
}

}  // namespace
}  // namespace rosa::convert
