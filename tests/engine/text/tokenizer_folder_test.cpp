// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "support/process.h"
#include "text/tokenizer.h"

/// Folders whose files say different things of one tokenizer. Every id below is what transformers 5.24's AutoTokenizer
/// makes of the same files.
namespace rosa::text {
namespace {

namespace fs = std::filesystem;
using base::Json;
using Ids = std::vector<std::int32_t>;

class TokenizerFolder : public testing::Test {
 protected:
  void write(const char* name, const Json& json) { std::ofstream(folder_.path() / name) << json.dump(); }
  void remove(const char* name) { fs::remove(folder_.path() / name); }
  Tokenizer opened(const std::optional<ModelTable>& model = std::nullopt) {
    auto tokenizer = Tokenizer::fromFolder(folder_.path(), model);
    if (!tokenizer) throw std::runtime_error(tokenizer.error().message);
    return *tokenizer;
  }
  Ids ids(std::string_view text) {
    Ids result;
    for (const auto& token : opened().encode(text).tokens) result.push_back(token.id);
    return result;
  }
  std::string remarks() {
    std::string all;
    const auto tokenizer = opened();
    for (const auto& remark : tokenizer.settings().remarks) all += remark + "\n";
    return all;
  }
  std::optional<std::int32_t> role(Role role) { return opened().roleId(role); }
  static Json special(std::int32_t id, const char* content) {
    return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
            {"rstrip", false}, {"normalized", false}, {"special", true}};
  }
  static Json described(const char* content, bool isSpecial) {
    return {{"content", content},  {"lstrip", false},      {"rstrip", false},
            {"normalized", false}, {"single_word", false}, {"special", isSpecial}};
  }
  static bool holds(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

  /// BERT's, cased as its file says.
  static Json wordPiece() {
    return Json::parse(R"({
      "added_tokens": [{"id":0,"content":"[PAD]","special":true},{"id":1,"content":"[UNK]","special":true},
        {"id":2,"content":"[CLS]","special":true},{"id":3,"content":"[SEP]","special":true},
        {"id":4,"content":"[MASK]","special":true}],
      "normalizer": {"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,
        "lowercase":false},
      "pre_tokenizer": {"type":"BertPreTokenizer"},
      "post_processor": {"type":"TemplateProcessing",
        "single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},
          {"SpecialToken":{"id":"[SEP]","type_id":0}}],
        "pair":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},
          {"SpecialToken":{"id":"[SEP]","type_id":0}},{"Sequence":{"id":"B","type_id":1}},
          {"SpecialToken":{"id":"[SEP]","type_id":1}}],
        "special_tokens":{"[CLS]":{"id":"[CLS]","ids":[2],"tokens":["[CLS]"]},
          "[SEP]":{"id":"[SEP]","ids":[3],"tokens":["[SEP]"]}}},
      "decoder": {"type":"WordPiece","prefix":"##","cleanup":true},
      "model": {"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,
        "vocab":{"[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3,"[MASK]":4,"hello":5,"Hello":6,"é":7,"e":8,"中":9,"文":10,
          "##文":11}}})");
  }
  /// GPT-2's, with a space before the text as its file says.
  static Json byteLevel() {
    return Json::parse(R"({
      "added_tokens": [{"id":0,"content":"<|endoftext|>","special":true}], "normalizer": null,
      "pre_tokenizer": {"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},
      "post_processor": null, "decoder": {"type":"ByteLevel"},
      "model": {"type":"BPE","vocab":{"<|endoftext|>":0,"H":1,"i":2,"Ġ":3,"ĠH":4},"merges":[["Ġ","H"]]}})");
  }
  static Json words() {
    return Json::parse(R"({
      "added_tokens": [{"id":0,"content":"<s>","special":true},{"id":1,"content":"</s>","special":true}],
      "pre_tokenizer": {"type":"WhitespaceSplit"},
      "model": {"type":"WordLevel","vocab":{"<s>":0,"</s>":1,"a":2,"b":3,"?":4},"unk_token":"?"}})");
  }

  static Json sentencePieces() {
    auto json = Json::parse(R"({
      "pre_tokenizer": {"type":"WhitespaceSplit"},
      "model": {"type":"Unigram","unk_id":3,"byte_fallback":false,"vocab":[["<s>",0],["<pad>",0],["</s>",0],["<unk>",0],
        ["▁",-4],["▁a",-5],["a",-6],["É",-7],["e",-8],["é",-9],["E",-10],["[CLS]",0],["[SEP]",0],["[UNK]",0],["[PAD]",0],
        ["[MASK]",0],["<mask>",0],["\"",-17],["''",-18]]}})");
    json["added_tokens"] = Json::array();
    const auto& pieces = json["model"]["vocab"];
    for (const unsigned id : {0U, 1U, 2U, 3U, 11U, 12U, 13U, 14U, 15U, 16U})
      json["added_tokens"].push_back(special(static_cast<std::int32_t>(id), pieces[id][0].get<std::string>().c_str()));
    for (auto& token : json["added_tokens"]) token["id"] = static_cast<unsigned>(token["id"].get<int>());
    return json;
  }
  static Json metaspacePairs() {
    return Json::parse(R"({
      "added_tokens": [{"id":0,"content":"<pad>","special":true},{"id":1,"content":"<eos>","special":true},
        {"id":2,"content":"<bos>","special":true},{"id":3,"content":"<unk>","special":true}],
      "model": {"type":"BPE","unk_token":"<unk>","byte_fallback":true,"vocab":{"<pad>":0,"<eos>":1,"<bos>":2,"<unk>":3,
        "▁":4,"a":5,"▁a":6,"H":7,"i":8},"merges":[["▁","a"]]}})");
  }
  static Json accentedPairs() {
    auto json = byteLevel();
    json["model"]["vocab"] = Json::parse(R"({"<|endoftext|>":0,"H":1,"i":2,"Ġ":3,"ĠH":4,"e":5,"Ì":6,"ģ":7,"Ã":8,"©":9,
      "eÌ":10,"eÌģ":11})");
    return json;
  }

  test::TemporaryFolder folder_;
  const std::string bertText_ = "Hello é 中文";
  const std::string wordText_ = "a <x> </s> b";
};

TEST_F(TokenizerFolder, TokenizerConfigDecidesHowBertsTextsAreNormalised) {
  write("tokenizer.json", wordPiece());
  write("config.json", {{"model_type", "bert"}});
  EXPECT_EQ(ids(bertText_), (Ids{2, 5, 8, 9, 10, 3})) << "lower case is BertTokenizer's own";
  EXPECT_TRUE(holds(remarks(), "tokenizer.json's normalizer is not used: BertTokenizer has its own")) << remarks();
  write("tokenizer_config.json", {{"do_lower_case", false}});
  EXPECT_EQ(ids(bertText_), (Ids{2, 6, 7, 9, 10, 3}));
  EXPECT_EQ(remarks(), "");
  write("tokenizer_config.json", {{"do_lower_case", true}});
  EXPECT_EQ(ids(bertText_), (Ids{2, 5, 8, 9, 10, 3}));
  write("tokenizer_config.json", {{"do_lower_case", true}, {"strip_accents", false}});
  EXPECT_EQ(ids(bertText_), (Ids{2, 5, 7, 9, 10, 3}));
  write("tokenizer_config.json", {{"do_lower_case", false}, {"tokenize_chinese_chars", false}});
  EXPECT_EQ(ids(bertText_), (Ids{2, 6, 7, 9, 11, 3}));
  remove("config.json");
  write("tokenizer_config.json", {{"tokenizer_class", "BertTokenizerFast"}});
  EXPECT_EQ(ids(bertText_), (Ids{2, 5, 8, 9, 10, 3}));
  remove("tokenizer_config.json");
  EXPECT_EQ(ids(bertText_), (Ids{2, 6, 7, 9, 10, 3})) << "nothing names a class";
}

TEST_F(TokenizerFolder, AClassThatReadsTheFileUsesItAsItStands) {
  write("tokenizer.json", wordPiece());
  write("config.json", {{"model_type", "bert"}});
  write("tokenizer_config.json", {{"tokenizer_class", "PreTrainedTokenizerFast"}, {"do_lower_case", true}});
  EXPECT_EQ(ids(bertText_), (Ids{2, 6, 7, 9, 10, 3}));
  EXPECT_FALSE(role(Role::Unknown)) << "only what is named";
  EXPECT_FALSE(opened().settings().givesTypes);
  write("tokenizer_config.json", {{"tokenizer_class", "BertTokenizer"}});
  EXPECT_EQ(role(Role::Unknown), 1);
  EXPECT_EQ(role(Role::Class), 2);
  EXPECT_TRUE(opened().settings().givesTypes);
}

TEST_F(TokenizerFolder, Gpt2sTokensAreThereThoughNothingNamesThem) {
  write("tokenizer.json", byteLevel());
  write("config.json", {{"model_type", "gpt2"}});
  const std::string text = "Hi<|endoftext|>i";
  for (const bool config : {false, true}) {
    if (config) write("tokenizer_config.json", {{"model_max_length", 8}});
    EXPECT_EQ(role(Role::End), 0);
    EXPECT_EQ(role(Role::Begin), 0);
    EXPECT_EQ(role(Role::Unknown), 0);
    EXPECT_FALSE(role(Role::Pad));
    EXPECT_EQ(ids(text), (Ids{1, 2, 0, 2}));
    EXPECT_TRUE(holds(remarks(), "tokenizer.json's pre_tokenizer is not used")) << remarks();
  }
  write("tokenizer_config.json", {{"add_prefix_space", true}});
  EXPECT_EQ(ids(text), (Ids{4, 2, 0, 3, 2}));
  EXPECT_EQ(remarks(), "");
  write("tokenizer_config.json", {{"eos_token", nullptr}});
  EXPECT_FALSE(role(Role::End));
  EXPECT_EQ(role(Role::Begin), 0);
  write("tokenizer_config.json", {{"tokenizer_class", "TokenizersBackend"}});
  EXPECT_FALSE(role(Role::End));
  EXPECT_EQ(ids(text), (Ids{4, 2, 0, 3, 2}));
}

TEST_F(TokenizerFolder, Qwen2sModelsTakeTheirClassWhateverIsNamed) {
  write("tokenizer.json", byteLevel());
  write("config.json", {{"model_type", "qwen2"}});
  write("tokenizer_config.json", {{"tokenizer_class", "PreTrainedTokenizerFast"}});
  EXPECT_EQ(opened().settings().tokenizerClass.name, "Qwen2Tokenizer");
  EXPECT_EQ(ids("Hi<|endoftext|>i"), (Ids{1, 2, 0, 2}));
  EXPECT_EQ(role(Role::End), 0);
  EXPECT_EQ(role(Role::Pad), 0);
  EXPECT_TRUE(holds(remarks(), "normalizer and pre_tokenizer are not used: Qwen2Tokenizer has its own")) << remarks();
  EXPECT_FALSE(holds(remarks(), "Write \"tokenizer_class\"")) << "it would change nothing";
}

TEST_F(TokenizerFolder, EachFamilyCutsPiecesAsItsClassDoes) {
  write("tokenizer.json", sentencePieces());
  const std::string text = "a  É ''a";
  const auto as = [&](const char* modelType, const Json& config) {
    write("config.json", {{"model_type", modelType}});
    write("tokenizer_config.json", config);
    return ids(text);
  };
  const Json none = Json::object();
  EXPECT_EQ(as("xlm-roberta", none), (Ids{0, 5, 4, 7, 4, 18, 6, 2}));
  EXPECT_EQ(role(Role::Mask), 16);
  EXPECT_EQ(role(Role::Separator), 2);
  EXPECT_FALSE(opened().settings().givesTypes);
  EXPECT_EQ(as("xlm-roberta", {{"add_prefix_space", false}}), (Ids{0, 6, 7, 18, 6, 2}));
  EXPECT_EQ(as("albert", none), (Ids{11, 5, 4, 8, 4, 17, 6, 12}));
  EXPECT_EQ(role(Role::Pad), 1);
  EXPECT_EQ(as("albert", {{"do_lower_case", false}, {"keep_accents", true}}), (Ids{11, 5, 4, 7, 4, 17, 6, 12}));
  EXPECT_EQ(as("deberta-v2", none), (Ids{11, 5, 4, 7, 4, 18, 6, 12}));
  EXPECT_EQ(role(Role::Unknown), 13);
  EXPECT_TRUE(opened().settings().givesTypes);
  EXPECT_EQ(as("deberta-v2", {{"do_lower_case", true}}), (Ids{11, 5, 4, 9, 4, 18, 6, 12}));
  EXPECT_EQ(as("t5", none), (Ids{5, 4, 7, 4, 18, 6, 2}));
  EXPECT_EQ(role(Role::End), 2);
  EXPECT_FALSE(role(Role::Begin));
  EXPECT_EQ(as("umt5", none), (Ids{6, 7, 18, 6})) << "its models take the file as it stands";
  EXPECT_EQ(as("xlm-roberta", {{"tokenizer_class", "PreTrainedTokenizerFast"}}), (Ids{6, 7, 18, 6}));
  EXPECT_EQ(as("none-such", {{"tokenizer_class", "XLMRobertaTokenizerFast"}}), (Ids{0, 5, 4, 7, 4, 18, 6, 2}));
  const auto pair = opened().encode("a", "a", 100);
  ASSERT_TRUE(pair);
  Ids pairIds;
  for (const auto& token : pair->tokens) pairIds.push_back(token.id);
  EXPECT_EQ(pairIds, (Ids{0, 5, 2, 2, 5, 2}));
  EXPECT_EQ(opened().decode(pairIds, true), "a a");
}

TEST_F(TokenizerFolder, EachFamilyMergesPairsAsItsClassDoes) {
  const auto as = [&](const char* modelType, const Json& config, const char* text) {
    write("config.json", {{"model_type", modelType}});
    write("tokenizer_config.json", config);
    return ids(text);
  };
  const Json none = Json::object();
  write("tokenizer.json", metaspacePairs());
  EXPECT_EQ(as("gemma3_text", none, "Hi a?a"), (Ids{7, 8, 6, 3, 5}));
  EXPECT_EQ(role(Role::Begin), 2);
  EXPECT_EQ(role(Role::Pad), 0);
  EXPECT_EQ(as("gemma", {{"tokenizer_class", "GemmaTokenizerFast"}}, "Hi a?a"), (Ids{7, 8, 6, 3, 5}));
  EXPECT_EQ(as("gemma4", none, "Hi a?a"), (Ids{7, 8, 3, 5, 3, 5}));
  write("tokenizer.json", accentedPairs());
  const char* text = "He\xCC\x81 H";
  EXPECT_EQ(as("qwen3", none, text), (Ids{1, 8, 9, 4}));
  EXPECT_EQ(as("gpt_neox", none, text), (Ids{1, 8, 9, 4}));
  EXPECT_EQ(as("cohere2", none, text), (Ids{1, 8, 9, 4}));
  EXPECT_EQ(as("phi", none, text), (Ids{1, 5, 6, 7, 4}));
  EXPECT_EQ(role(Role::End), 0);
  EXPECT_EQ(as("olmo2", none, text), (Ids{4, 5, 6, 7, 4}));
  EXPECT_EQ(as("granite", {{"tokenizer_class", "GPT2Tokenizer"}}, text), (Ids{4, 5, 6, 7, 4}));
  EXPECT_EQ(as("phi3", {{"tokenizer_class", "LlamaTokenizerFast"}}, text), (Ids{4, 5, 6, 7, 4}));
  EXPECT_EQ(remarks(), "");
  EXPECT_EQ(as("qwen3_5", {{"tokenizer_class", "Qwen2Tokenizer"}}, text), (Ids{1, 8, 9, 4}));
  EXPECT_EQ(opened().settings().tokenizerClass.name, "Qwen3_5Tokenizer");
  EXPECT_TRUE(holds(remarks(), "qwen3_5 models take Qwen3_5Tokenizer all the same")) << remarks();
  EXPECT_FALSE(holds(remarks(), "Write \"tokenizer_class\"")) << "it would change nothing";
}

TEST_F(TokenizerFolder, BosAndEosAreAddedAsTokenizerJsonSays) {
  write("tokenizer.json", byteLevel());
  write("config.json", {{"model_type", "gpt2"}});
  write("tokenizer_config.json", {{"add_bos_token", true}, {"add_prefix_space", true}});
  EXPECT_EQ(ids("Hi"), (Ids{4, 2}));
  EXPECT_TRUE(holds(remarks(), "add_bos_token is true, but tokenizer.json adds none")) << remarks();
  write("tokenizer_config.json", {{"add_bos_token", false}, {"add_prefix_space", true}});
  EXPECT_EQ(remarks(), "");
}

TEST_F(TokenizerFolder, TheMapOverridesTheConfigUnlessThatHoldsAddedTokens) {
  write("tokenizer.json", words());
  write("tokenizer_config.json", {{"eos_token", "</s>"}});
  EXPECT_EQ(role(Role::End), 1);
  write("special_tokens_map.json", {{"eos_token", "<s>"}});
  EXPECT_EQ(role(Role::End), 0);
  EXPECT_TRUE(holds(remarks(), "special_tokens_map.json \"<s>\": \"<s>\" is used")) << remarks();
  write("tokenizer_config.json",
        {{"eos_token", "</s>"},
         {"added_tokens_decoder", {{"0", described("<s>", true)}, {"1", described("</s>", true)}}}});
  EXPECT_EQ(role(Role::End), 1);
  EXPECT_TRUE(holds(remarks(), "special_tokens_map.json names eos_token \"<s>\", which is not used")) << remarks();
}

TEST_F(TokenizerFolder, ATokenThatTokenizerJsonLacksGetsTheNextId) {
  write("tokenizer.json", words());
  EXPECT_EQ(ids(wordText_), (Ids{2, 4, 1, 3}));
  write("tokenizer_config.json", {{"eos_token", "<x>"}});
  EXPECT_EQ(role(Role::End), 5);
  EXPECT_EQ(ids(wordText_), (Ids{2, 5, 1, 3}));
  EXPECT_EQ(opened().decode(Ids{2, 5, 1, 3}, true), "a b");
  write("tokenizer_config.json", {{"eos_token", "</s>"}});
  write("added_tokens.json", {{"<x>", 5}});
  EXPECT_EQ(ids(wordText_), (Ids{2, 5, 1, 3}));
  EXPECT_EQ(opened().decode(Ids{2, 5, 1, 3}, true), "a <x> b");
  remove("added_tokens.json");
  write("tokenizer_config.json", {{"eos_token", "</s>"}, {"added_tokens_decoder", {{"5", described("<x>", false)}}}});
  EXPECT_EQ(ids(wordText_), (Ids{2, 5, 1, 3}));
  EXPECT_EQ(opened().decode(Ids{2, 5, 1, 3}, true), "a <x> b");
}

TEST_F(TokenizerFolder, ANewTokenIsLookedForAsItsObjectSays) {
  write("tokenizer.json", words());
  auto strips = described("<x>", false);
  strips["lstrip"] = strips["rstrip"] = true;
  write("tokenizer_config.json", {{"pad_token", strips}});
  EXPECT_EQ(opened().encode("a  <x> b", false).tokens.at(1).begin, 1);
  EXPECT_EQ(opened().encode("a  <x> b", false).tokens.at(1).end, 7);
  EXPECT_EQ(opened().decode(Ids{2, 5, 3}, true), "a b") << "a token with a role is special";
  write("tokenizer_config.json", {{"extra_special_tokens", {strips}}});
  EXPECT_EQ(opened().encode("a  <x> b", false).tokens.at(1).end, 7);
  EXPECT_EQ(opened().decode(Ids{2, 5, 3}, true), "a <x> b");
  write("tokenizer_config.json", {{"pad_token", {{"content", "<x>"}, {"lstrip", 3}}}});
  const auto wrong = Tokenizer::fromFolder(folder_.path());
  ASSERT_FALSE(wrong);
  EXPECT_TRUE(holds(wrong.error().message, "lstrip")) << wrong.error().message;
}

TEST_F(TokenizerFolder, ATokenWithoutARowOfTheModelsTableIsNamedAsNotUsed) {
  write("tokenizer.json", words());
  write("tokenizer_config.json", {{"pad_token", "[PAD]"}});
  EXPECT_EQ(opened(ModelTable{6, {}, {}, ""}).roleId(Role::Pad), 5);
  const auto tokenizer = opened(ModelTable{5, {}, {}, ""});
  EXPECT_FALSE(tokenizer.roleId(Role::Pad));
  EXPECT_EQ(tokenizer.vocabularySize(), 5);
  ASSERT_EQ(tokenizer.settings().remarks.size(), 1U);
  EXPECT_TRUE(holds(tokenizer.settings().remarks[0], "\"[PAD]\"")) << tokenizer.settings().remarks[0];
}

TEST_F(TokenizerFolder, TheModelsEndTokenCountsWhereTheTokenizerNamesNone) {
  write("tokenizer.json", words());
  const ModelTable model{8, 0, 1, "config.json"};
  EXPECT_FALSE(role(Role::End));
  EXPECT_EQ(opened(model).roleId(Role::End), 1);
  EXPECT_EQ(opened(model).roleId(Role::Begin), 0);
  EXPECT_EQ(opened(model).settings().roles[static_cast<std::size_t>(Role::End)]->source, "config.json");
  write("tokenizer_config.json", {{"eos_token", "b"}});
  EXPECT_EQ(opened(model).roleId(Role::End), 3);
  EXPECT_FALSE(opened(ModelTable{8, 0, 7, "config.json"}).roleId(Role::Unknown));
}

TEST_F(TokenizerFolder, NamedTokensAreSpecialWhereverTheyStand) {
  write("tokenizer.json", words());
  write("tokenizer_config.json", {{"eos_token", "</s>"}, {"extra_special_tokens", {"b"}}});
  EXPECT_EQ(ids(wordText_), (Ids{2, 4, 1, 3}));
  EXPECT_EQ(opened().decode(Ids{2, 4, 1, 3}, true), "a ?");
  write("tokenizer_config.json", {{"eos_token", "b"}});
  EXPECT_EQ(ids("abc b"), (Ids{2, 3, 4, 3}));
  EXPECT_EQ(opened().decode(Ids{2, 3, 4, 3}, true), "a ?");
}

TEST_F(TokenizerFolder, TheOlderListOfSpecialTokensCountsWhereTheNewerIsEmpty) {
  write("tokenizer.json", words());
  const auto skipped = [&](const Json& config) {
    write("tokenizer_config.json", config);
    return opened().decode(Ids{2, 3}, true);
  };
  EXPECT_EQ(skipped({{"additional_special_tokens", {"a"}}}), "b");
  EXPECT_EQ(skipped({{"additional_special_tokens", {"a"}}, {"extra_special_tokens", Json::object()}}), "b");
  EXPECT_EQ(skipped({{"additional_special_tokens", {"a"}}, {"extra_special_tokens", {{"image_token", "b"}}}}), "");
  EXPECT_EQ(skipped({{"additional_special_tokens", {"a"}}, {"extra_special_tokens", {"b"}}}), "a");
  write("special_tokens_map.json", {{"additional_special_tokens", {"b"}}});
  EXPECT_EQ(skipped({{"additional_special_tokens", {"a"}}}), "b");
  EXPECT_EQ(skipped(Json::object()), "a");
}

TEST_F(TokenizerFolder, ARoleThatTheModelAloneKnowsMakesATokenSpecial) {
  write("tokenizer.json", words());
  write("tokenizer_config.json", {{"image_token", "b"}, {"add_bos_token", true}});
  EXPECT_EQ(opened().decode(Ids{2, 3}, true), "a");
}

TEST_F(TokenizerFolder, ATokenLookedForInNormalisedTextBearsItsNormalisedText) {
  auto json = words();
  json["normalizer"] = {{"type", "Lowercase"}};
  auto token = special(5, "<M>");
  token["normalized"] = true;
  token["special"] = false;
  json["added_tokens"].push_back(token);
  write("tokenizer.json", json);
  EXPECT_EQ(ids("A <m> <M>"), (Ids{2, 5, 5}));
  EXPECT_EQ(opened().decode(Ids{2, 5, 5}, true), "a <m> <m>");
  EXPECT_EQ(opened().find("<M>"), 5) << "the file's spelling finds it";
  EXPECT_FALSE(opened().find("<m>"));
}

TEST_F(TokenizerFolder, WithoutTokenizerJsonTheRemedyFitsWhatIsThere) {
  const auto refusal = [this] {
    const auto tokenizer = Tokenizer::fromFolder(folder_.path());
    return tokenizer ? "" : tokenizer.error().message;
  };
  EXPECT_TRUE(holds(refusal(), "has no tokenizer.json. Save it there"));
  std::ofstream(folder_.path() / "tokenizer.model") << "spm";
  EXPECT_TRUE(holds(refusal(), "only tokenizer.model, which is not read here")) << refusal();
  EXPECT_TRUE(holds(refusal(), "with transformers, sentencepiece and protobuf: python -c ")) << refusal();
  EXPECT_TRUE(holds(refusal(), "AutoTokenizer.from_pretrained(")) << refusal();
  fs::remove(folder_.path() / "tokenizer.model");
  std::ofstream(folder_.path() / "vocab.txt") << "a";
  EXPECT_TRUE(holds(refusal(), "only vocab.txt, which is not read here. Make one beside it with transformers: python"));
}

TEST_F(TokenizerFolder, ChatTemplatesAreFoundInEveryPlace) {
  EXPECT_TRUE(chatTemplatePlaces(folder_.path(), {}).empty());
  std::ofstream(folder_.path() / "chat_template.jinja") << "{{ messages }}";
  std::ofstream(folder_.path() / "chat_template.json") << "{}";
  fs::create_directory(folder_.path() / "additional_chat_templates");
  std::ofstream(folder_.path() / "additional_chat_templates" / "tool.jinja") << "{{ messages }}";
  const Json named = {
      {"chat_template", {{{"name", "default"}, {"template", "x"}}, {{"name", "rag"}, {"template", "y"}}}}};
  EXPECT_EQ(chatTemplatePlaces(folder_.path(), named),
            (std::vector<std::string>{"chat_template.jinja", "additional_chat_templates/tool.jinja",
                                      "tokenizer_config.json (default, rag)", "chat_template.json"}));
  EXPECT_EQ(chatTemplatePlaces(folder_.path() / "none", {{"chat_template", "x"}}),
            (std::vector<std::string>{"tokenizer_config.json"}));
}

}  // namespace
}  // namespace rosa::text
