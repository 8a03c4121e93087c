// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/serve/api_response.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace rosa::cli {

namespace {

using Json = nlohmann::ordered_json;

const char* finishOf(const Completion& made) {
  return made.ending == Ending::Length ? "length" : "stop";
}

Json usageOf(const Completion& made) {
  return {{"prompt_tokens", made.promptTokens},
          {"completion_tokens", made.tokens},
          {"total_tokens", made.promptTokens + made.tokens},
          {"prompt_tokens_details", {{"cached_tokens", made.reusedTokens}}}};
}

/// JSON knows no infinity; clients take this number for a token that cannot be.
double finite(double logProbability) {
  return std::isfinite(logProbability) ? logProbability : -9999.0;
}

Json chanceOf(const TokenChance& chance) {
  Json bytes = Json::array();
  for (const char byte : chance.text) bytes.push_back(static_cast<unsigned char>(byte));
  return {{"token", chance.text}, {"logprob", finite(chance.logProbability)}, {"bytes", std::move(bytes)}};
}

std::int64_t codePoints(const std::string& text) {
  return std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
}

}  // namespace

ApiResponse::ApiResponse(const ApiRequest& request, std::string modelName, const std::string& id, std::int64_t created)
    : endpoint_(request.endpoint),
      tellsLogProbs_(request.tellsLogProbs),
      usageAtEnd_(request.usageAtEnd),
      topLogProbs_(request.topLogProbs),
      modelName_(std::move(modelName)),
      id_((endpoint_ == Endpoint::ChatCompletions ? "chatcmpl-" : "cmpl-") + id),
      created_(created) {}

Json ApiResponse::frame(bool chunk) const {
  const char* object = endpoint_ == Endpoint::Completions ? "text_completion"
                       : chunk                            ? "chat.completion.chunk"
                                                          : "chat.completion";
  return {{"id", id_}, {"object", object}, {"created", created_}, {"model", modelName_}, {"choices", Json::array()}};
}

Json ApiResponse::choice(Json logProbs, const char* finish) const {
  return {
      {"index", 0}, {"logprobs", std::move(logProbs)}, {"finish_reason", finish == nullptr ? Json() : Json(finish)}};
}

Json ApiResponse::logProbsOf(const std::vector<ChosenToken>& tokens) {
  if (!tellsLogProbs_) return {};
  const auto beside = [&](const ChosenToken& token) {
    const auto count = std::min<std::size_t>(token.likeliest.size(), static_cast<std::size_t>(topLogProbs_));
    return std::vector(token.likeliest.begin(), token.likeliest.begin() + static_cast<std::ptrdiff_t>(count));
  };
  if (endpoint_ == Endpoint::ChatCompletions) {
    Json content = Json::array();
    for (const auto& token : tokens) {
      auto told = chanceOf(token.chosen);
      told["top_logprobs"] = Json::array();
      for (const auto& chance : beside(token)) told["top_logprobs"].push_back(chanceOf(chance));
      content.push_back(std::move(told));
    }
    return {{"content", std::move(content)}, {"refusal", nullptr}};
  }
  Json texts = Json::array(), own = Json::array(), top = Json::array(), offsets = Json::array();
  for (const auto& token : tokens) {
    texts.push_back(token.chosen.text);
    own.push_back(finite(token.chosen.logProbability));
    Json others = Json::object();
    for (const auto& chance : beside(token)) others[chance.text] = finite(chance.logProbability);
    top.push_back(std::move(others));
    offsets.push_back(offset_);
    offset_ += codePoints(token.chosen.text);
  }
  return {{"tokens", texts}, {"token_logprobs", own}, {"top_logprobs", top}, {"text_offset", offsets}};
}

Json ApiResponse::first() const {
  if (endpoint_ == Endpoint::Completions) return {};
  auto json = frame(true);
  auto one = choice({}, nullptr);
  one["delta"] = {{"role", "assistant"}, {"content", ""}};
  json["choices"].push_back(std::move(one));
  return json;
}

Json ApiResponse::part(const TextPiece& piece) {
  auto json = frame(true);
  auto one = choice(logProbsOf(piece.tokens), nullptr);
  if (endpoint_ == Endpoint::ChatCompletions) {
    one["delta"] = {{"content", piece.text}};
  } else {
    one["text"] = piece.text;
  }
  json["choices"].push_back(std::move(one));
  return json;
}

std::vector<Json> ApiResponse::last(const Completion& made) const {
  auto json = frame(true);
  auto one = choice({}, finishOf(made));
  if (endpoint_ == Endpoint::ChatCompletions) {
    one["delta"] = Json::object();
  } else {
    one["text"] = "";
  }
  json["choices"].push_back(std::move(one));
  std::vector<Json> all = {std::move(json)};
  if (usageAtEnd_) {
    all.push_back(frame(true));
    all.back()["usage"] = usageOf(made);
  }
  return all;
}

Json ApiResponse::whole(const Completion& made, const std::vector<TextPiece>& pieces) {
  std::vector<ChosenToken> tokens;
  for (const auto& piece : pieces) tokens.insert(tokens.end(), piece.tokens.begin(), piece.tokens.end());
  auto json = frame(false);
  auto one = choice(logProbsOf(tokens), finishOf(made));
  if (endpoint_ == Endpoint::ChatCompletions) {
    one["message"] = {{"role", "assistant"}, {"content", made.text}, {"refusal", nullptr}};
  } else {
    one["text"] = made.text;
  }
  json["choices"].push_back(std::move(one));
  json["usage"] = usageOf(made);
  return json;
}

std::string lineOf(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace rosa::cli
