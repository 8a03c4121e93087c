// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/tokenizer_class.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "text/json_fields.h"

namespace rosa::text {
namespace {

using base::Json;

struct Named {
  std::string_view name;
  TokenizerClass kind;
};

/// The first of a kind is the name that it is shown by; the others build the same.
constexpr Named kClasses[] = {
    {"AlbertTokenizer", TokenizerClass::Albert},        {"BertTokenizer", TokenizerClass::Bert},
    {"ConvBertTokenizer", TokenizerClass::Bert},        {"DistilBertTokenizer", TokenizerClass::Bert},
    {"ElectraTokenizer", TokenizerClass::Bert},         {"LayoutLMTokenizer", TokenizerClass::Bert},
    {"LxmertTokenizer", TokenizerClass::Bert},          {"MobileBertTokenizer", TokenizerClass::Bert},
    {"SqueezeBertTokenizer", TokenizerClass::Bert},     {"CohereTokenizer", TokenizerClass::Cohere},
    {"DebertaTokenizer", TokenizerClass::Deberta},      {"DebertaV2Tokenizer", TokenizerClass::DebertaV2},
    {"GemmaTokenizer", TokenizerClass::Gemma},          {"GPT2Tokenizer", TokenizerClass::Gpt2},
    {"GPTNeoXTokenizer", TokenizerClass::GptNeoX},      {"LlamaTokenizer", TokenizerClass::Llama},
    {"Qwen2Tokenizer", TokenizerClass::Qwen2},          {"Qwen3_5Tokenizer", TokenizerClass::Qwen35},
    {"RobertaTokenizer", TokenizerClass::Roberta},      {"BartTokenizer", TokenizerClass::Roberta},
    {"LEDTokenizer", TokenizerClass::Roberta},          {"LongformerTokenizer", TokenizerClass::Roberta},
    {"MvpTokenizer", TokenizerClass::Roberta},          {"T5Tokenizer", TokenizerClass::T5},
    {"XLMRobertaTokenizer", TokenizerClass::XlmRoberta}};
constexpr std::string_view kFileClasses[] = {"TokenizersBackend", "PreTrainedTokenizer", "PythonBackend"};

/// What transformers registers for config.json's model_type; forced where it knows that folders name a wrong class.
/// Others (Llama, SmolLM3, Gemma 4, LFM2, ...) have none of their own: what a folder does not name is read from the
/// file.
struct OfModel {
  std::string_view type;
  TokenizerClass kind;
  bool forced = false;
};
constexpr OfModel kOfModels[] = {{"albert", TokenizerClass::Albert},
                                 {"arctic", TokenizerClass::FromFile, true},
                                 {"aya_vision", TokenizerClass::Cohere},
                                 {"bart", TokenizerClass::Roberta},
                                 {"bert", TokenizerClass::Bert},
                                 {"bigbird_pegasus", TokenizerClass::FromFile},
                                 {"chatlm", TokenizerClass::FromFile, true},
                                 {"codegen", TokenizerClass::Gpt2},
                                 {"cohere", TokenizerClass::Cohere},
                                 {"cohere2", TokenizerClass::Cohere},
                                 {"convbert", TokenizerClass::Bert},
                                 {"data2vec-text", TokenizerClass::Roberta},
                                 {"dbrx", TokenizerClass::Gpt2},
                                 {"deberta", TokenizerClass::Deberta},
                                 {"deberta-v2", TokenizerClass::DebertaV2},
                                 {"diffusion_gemma", TokenizerClass::Gemma},
                                 {"distilbert", TokenizerClass::Bert},
                                 {"electra", TokenizerClass::Bert},
                                 {"ernie", TokenizerClass::Bert},
                                 {"ernie4_5", TokenizerClass::FromFile, true},
                                 {"ernie4_5_moe", TokenizerClass::FromFile, true},
                                 {"falcon_mamba", TokenizerClass::GptNeoX},
                                 {"flex_olmo", TokenizerClass::FromFile},
                                 {"fuyu", TokenizerClass::FromFile, true},
                                 {"gemma", TokenizerClass::Gemma},
                                 {"gemma2", TokenizerClass::Gemma},
                                 {"gemma3", TokenizerClass::Gemma},
                                 {"gemma3_text", TokenizerClass::Gemma},
                                 {"gemma3n", TokenizerClass::Gemma},
                                 {"gemma3n_text", TokenizerClass::Gemma},
                                 {"glm", TokenizerClass::FromFile},
                                 {"glm4", TokenizerClass::FromFile},
                                 {"glm4_moe", TokenizerClass::FromFile},
                                 {"glm4_moe_lite", TokenizerClass::FromFile},
                                 {"glm4v", TokenizerClass::FromFile},
                                 {"glm4v_moe", TokenizerClass::FromFile},
                                 {"gpt2", TokenizerClass::Gpt2},
                                 {"gpt_bigcode", TokenizerClass::FromFile},
                                 {"gpt_neo", TokenizerClass::Gpt2},
                                 {"gpt_neox", TokenizerClass::GptNeoX},
                                 {"gptj", TokenizerClass::Gpt2},
                                 {"granite", TokenizerClass::FromFile},
                                 {"granitemoe", TokenizerClass::FromFile},
                                 {"granitemoehybrid", TokenizerClass::FromFile},
                                 {"granitemoeshared", TokenizerClass::FromFile},
                                 {"gte", TokenizerClass::XlmRoberta},
                                 {"h2ovl_chat", TokenizerClass::FromFile, true},
                                 {"hyperclovax", TokenizerClass::FromFile, true},
                                 {"hyperclovax_vision_v2", TokenizerClass::Gpt2, true},
                                 {"hyperclovax_vlm", TokenizerClass::FromFile, true},
                                 {"ibert", TokenizerClass::Roberta},
                                 {"idefics", TokenizerClass::Llama},
                                 {"idefics2", TokenizerClass::Llama},
                                 {"internlm2", TokenizerClass::FromFile, true},
                                 {"internlm3", TokenizerClass::FromFile, true},
                                 {"internvl", TokenizerClass::Qwen2},
                                 {"iquestcoder", TokenizerClass::FromFile, true},
                                 {"jais2", TokenizerClass::Gpt2},
                                 {"jamba", TokenizerClass::FromFile, true},
                                 {"jina_embeddings_v3", TokenizerClass::XlmRoberta},
                                 {"kimi_k25", TokenizerClass::FromFile},
                                 {"kimi_linear", TokenizerClass::FromFile},
                                 {"llava", TokenizerClass::FromFile, true},
                                 {"llava_next", TokenizerClass::FromFile, true},
                                 {"longformer", TokenizerClass::Roberta},
                                 {"mamba", TokenizerClass::GptNeoX},
                                 {"mamba2", TokenizerClass::GptNeoX},
                                 {"mega", TokenizerClass::Roberta},
                                 {"megatron-bert", TokenizerClass::Bert},
                                 {"mimo_v2_flash", TokenizerClass::FromFile},
                                 {"minicpm3", TokenizerClass::FromFile, true},
                                 {"minicpmv", TokenizerClass::FromFile, true},
                                 {"minicpmv4_6", TokenizerClass::FromFile},
                                 {"minicpmv4_7", TokenizerClass::FromFile},
                                 {"minimax_m2", TokenizerClass::FromFile, true},
                                 {"ministral", TokenizerClass::FromFile},
                                 {"ministral3", TokenizerClass::FromFile},
                                 {"mistral", TokenizerClass::FromFile},
                                 {"mistral3", TokenizerClass::FromFile},
                                 {"mistral_large4", TokenizerClass::FromFile},
                                 {"mixtral", TokenizerClass::FromFile},
                                 {"modernbert", TokenizerClass::FromFile, true},
                                 {"modernbert-decoder", TokenizerClass::FromFile, true},
                                 {"molmo", TokenizerClass::FromFile, true},
                                 {"molmo2", TokenizerClass::FromFile, true},
                                 {"mpt", TokenizerClass::GptNeoX},
                                 {"mra", TokenizerClass::Roberta},
                                 {"mt5", TokenizerClass::T5},
                                 {"nemotron", TokenizerClass::FromFile, true},
                                 {"nezha", TokenizerClass::Bert},
                                 {"nomic_bert", TokenizerClass::Bert},
                                 {"nystromformer", TokenizerClass::FromFile},
                                 {"olmo", TokenizerClass::GptNeoX},
                                 {"olmo2", TokenizerClass::FromFile},
                                 {"olmo3", TokenizerClass::FromFile},
                                 {"olmo_hybrid", TokenizerClass::FromFile},
                                 {"olmoe", TokenizerClass::GptNeoX},
                                 {"opencua", TokenizerClass::FromFile, true},
                                 {"opt", TokenizerClass::Gpt2},
                                 {"ovis2", TokenizerClass::Qwen2},
                                 {"pegasus_x", TokenizerClass::FromFile},
                                 {"persimmon", TokenizerClass::FromFile},
                                 {"phi", TokenizerClass::Gpt2},
                                 {"phi3", TokenizerClass::FromFile, true},
                                 {"phi3_v", TokenizerClass::FromFile, true},
                                 {"phimoe", TokenizerClass::FromFile, true},
                                 {"pixtral", TokenizerClass::FromFile},
                                 {"qwen2", TokenizerClass::Qwen2, true},
                                 {"qwen2_5_omni", TokenizerClass::Qwen2},
                                 {"qwen2_5_vl", TokenizerClass::Qwen2},
                                 {"qwen2_moe", TokenizerClass::Qwen2},
                                 {"qwen2_vl", TokenizerClass::Qwen2},
                                 {"qwen3", TokenizerClass::Qwen2},
                                 {"qwen3_5", TokenizerClass::Qwen35, true},
                                 {"qwen3_5_moe", TokenizerClass::Qwen35, true},
                                 {"qwen3_5_moe_text", TokenizerClass::Qwen35, true},
                                 {"qwen3_5_text", TokenizerClass::Qwen35},
                                 {"qwen3_moe", TokenizerClass::Qwen2},
                                 {"qwen3_next", TokenizerClass::Qwen2},
                                 {"qwen3_omni_moe", TokenizerClass::Qwen2},
                                 {"qwen3_vl", TokenizerClass::Qwen2},
                                 {"qwen3_vl_moe", TokenizerClass::Qwen2},
                                 {"qwen4_exp", TokenizerClass::Qwen35, true},
                                 {"recurrent_gemma", TokenizerClass::Gemma},
                                 {"roberta", TokenizerClass::Roberta},
                                 {"roberta-prelayernorm", TokenizerClass::Roberta},
                                 {"rwkv", TokenizerClass::GptNeoX},
                                 {"shieldgemma2", TokenizerClass::Gemma},
                                 {"smolvlm", TokenizerClass::FromFile, true},
                                 {"squeezebert", TokenizerClass::Bert},
                                 {"stablelm", TokenizerClass::FromFile},
                                 {"starcoder2", TokenizerClass::Gpt2},
                                 {"step3_vl", TokenizerClass::FromFile, true},
                                 {"switch_transformers", TokenizerClass::T5},
                                 {"t5", TokenizerClass::T5},
                                 {"t5gemma", TokenizerClass::Gemma},
                                 {"umt5", TokenizerClass::FromFile},
                                 {"vipllava", TokenizerClass::FromFile, true},
                                 {"voxtral", TokenizerClass::FromFile},
                                 {"xlm-roberta", TokenizerClass::XlmRoberta},
                                 {"xlm-roberta-xl", TokenizerClass::FromFile},
                                 {"xlstm", TokenizerClass::GptNeoX},
                                 {"xmod", TokenizerClass::XlmRoberta},
                                 {"yoso", TokenizerClass::Albert},
                                 {"zaya", TokenizerClass::Gemma}};

/// Whether a part, or one inside it, is of the type.
bool holdsType(const Json& part, std::string_view type) {
  if (part.is_array()) {
    return std::ranges::any_of(part, [&](const Json& inner) { return holdsType(inner, type); });
  }
  if (!part.is_object()) return false;
  return textOr(part, "type", "") == type || holdsType(member(part, "pretokenizers"), type) ||
         holdsType(member(part, "decoders"), type);
}

std::string_view nameOf(TokenizerClass kind) {
  const auto* found = std::ranges::find(kClasses, kind, &Named::kind);
  return found == std::end(kClasses) ? "TokenizersBackend" : found->name;
}

}  // namespace

ChosenClass chooseClass(const Json& tokenizerJson, const Json& tokenizerConfig, const Json& modelConfig) {
  const auto written = textOr(tokenizerConfig, "tokenizer_class", textOr(modelConfig, "tokenizer_class", ""));
  std::string_view named = written;
  if (named.ends_with("Fast")) named.remove_suffix(4);
  const auto modelType = textOr(modelConfig, "model_type", "");
  const auto* ofModel = std::ranges::find(kOfModels, std::string_view(modelType), &OfModel::type);
  const bool registered = ofModel != std::end(kOfModels);
  ChosenClass chosen;
  const auto take = [&chosen](TokenizerClass kind) {
    chosen.kind = kind;
    chosen.name = nameOf(kind);
  };
  if (registered && (named.empty() || ofModel->forced || ofModel->kind == TokenizerClass::FromFile)) {
    take(ofModel->kind);
    chosen.forced = ofModel->forced;
    if (ofModel->kind != TokenizerClass::FromFile && !named.empty() && named != chosen.name) {
      chosen.remark = fmt::format("tokenizer_class is {}; {} models take {} all the same, as in transformers.",
                                  base::inQuotes(written), modelType, chosen.name);
    }
    return chosen;
  }
  const auto* known = std::ranges::find(kClasses, named, &Named::name);
  if (known != std::end(kClasses)) {
    // Llama 3's files name a class that is not theirs.
    const bool wrong =
        known->kind == TokenizerClass::Llama && (holdsType(member(tokenizerJson, "pre_tokenizer"), "ByteLevel") ||
                                                 holdsType(member(tokenizerJson, "decoder"), "ByteLevel"));
    if (!wrong) take(known->kind);
  } else if (!named.empty() && std::ranges::find(kFileClasses, named) == std::end(kFileClasses)) {
    chosen.remark = fmt::format("tokenizer_class {} is not known here: tokenizer.json is used as it stands.",
                                base::inQuotes(written));
  }
  return chosen;
}

bool fitsModel(TokenizerClass kind, const Json& tokenizerJson) {
  if (kind == TokenizerClass::FromFile) return true;
  const auto& model = member(tokenizerJson, "model");
  const bool list = member(model, "vocab").is_array();
  const auto type = textOr(model, "type", list ? "Unigram" : member(model, "merges").is_null() ? "WordPiece" : "BPE");
  switch (kind) {
    case TokenizerClass::Bert:
      return type == "WordPiece";
    case TokenizerClass::Albert:
    case TokenizerClass::DebertaV2:
    case TokenizerClass::T5:
    case TokenizerClass::XlmRoberta:
      return type == "Unigram" && list;
    default:
      return type == "BPE";
  }
}

std::array<std::string_view, kRoles> usualTokens(TokenizerClass kind) {
  switch (kind) {
    case TokenizerClass::FromFile:
      return {};
    case TokenizerClass::Albert:
      return {"[CLS]", "[SEP]", "<unk>", "[SEP]", "<pad>", "[CLS]", "[MASK]"};
    case TokenizerClass::Bert:
      return {"", "", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"};
    case TokenizerClass::Cohere:
      return {"<BOS_TOKEN>", "<|END_OF_TURN_TOKEN|>", "<UNK>", "<SEP>", "<PAD>", "<CLS>", "<MASK_TOKEN>"};
    case TokenizerClass::Deberta:
    case TokenizerClass::DebertaV2:
      return {"[CLS]", "[SEP]", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"};
    case TokenizerClass::Gemma:
      return {"<bos>", "<eos>", "<unk>", "", "<pad>", "", "<mask>"};
    case TokenizerClass::Gpt2:
      return {"<|endoftext|>", "<|endoftext|>", "<|endoftext|>", "", "", "", ""};
    case TokenizerClass::GptNeoX:
      return {"<|endoftext|>", "<|endoftext|>", "<|endoftext|>", "", "<|padding|>", "", ""};
    case TokenizerClass::Llama:
      return {"<s>", "</s>", "<unk>", "", "", "", ""};
    case TokenizerClass::Qwen2:
    case TokenizerClass::Qwen35:
      return {"", "<|endoftext|>", "<|endoftext|>", "", "<|endoftext|>", "", ""};
    case TokenizerClass::Roberta:
    case TokenizerClass::XlmRoberta:
      return {"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"};
    case TokenizerClass::T5:
      return {"", "</s>", "<unk>", "", "<pad>", "", ""};
  }
  return {};
}

bool givesTypes(TokenizerClass kind) {
  return kind == TokenizerClass::Bert || kind == TokenizerClass::Deberta || kind == TokenizerClass::DebertaV2;
}

bool framesTexts(TokenizerClass kind) {
  return kind == TokenizerClass::Bert || kind == TokenizerClass::Roberta || kind == TokenizerClass::XlmRoberta ||
         kind == TokenizerClass::T5 || kind == TokenizerClass::Deberta || kind == TokenizerClass::DebertaV2 ||
         kind == TokenizerClass::GptNeoX;
}

bool readsLowerCase(TokenizerClass kind) {
  return kind == TokenizerClass::Bert || kind == TokenizerClass::Albert || kind == TokenizerClass::DebertaV2;
}

}  // namespace rosa::text
