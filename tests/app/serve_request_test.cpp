// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/serve/access.h"
#include "cli/serve/api_request.h"
#include "cli/serve/api_response.h"

namespace rosa::cli {
namespace {

using Object = nlohmann::ordered_json;

const ServedModel kServed{"tiny", 512};

Object chatBody() {
  return {{"model", "tiny"}, {"messages", {{{"role", "user"}, {"content", "Hi"}}}}};
}

std::variant<ApiRequest, ApiError> parsedFrom(const Object& body, Endpoint endpoint = Endpoint::ChatCompletions) {
  return parseApiRequest(body.dump(), endpoint, kServed, 77);
}
ApiRequest accepted(const Object& body, Endpoint endpoint = Endpoint::ChatCompletions) {
  auto parsed = parsedFrom(body, endpoint);
  const auto* error = std::get_if<ApiError>(&parsed);
  EXPECT_EQ(error, nullptr) << (error != nullptr ? error->message : "");
  return error != nullptr ? ApiRequest() : std::get<ApiRequest>(parsed);
}
ApiError refused(const Object& body, Endpoint endpoint = Endpoint::ChatCompletions) {
  auto parsed = parsedFrom(body, endpoint);
  EXPECT_TRUE(std::holds_alternative<ApiError>(parsed)) << body;
  return std::holds_alternative<ApiError>(parsed) ? std::get<ApiError>(parsed) : ApiError();
}
Object with(Object body, const std::string& name, Object value) {
  body[name] = std::move(value);
  return body;
}

TEST(ServeRequest, ReadsAConversationAndItsSettings) {
  auto body = chatBody();
  body["messages"] = {
      {{"role", "developer"}, {"content", "Be brief."}},
      {{"role", "user"}, {"content", {{{"type", "text"}, {"text", "Who "}}, {{"type", "text"}, {"text", "ran?"}}}}}};
  body["temperature"] = 0.5;
  body["top_p"] = 0.9;
  body["seed"] = -1;
  body["max_tokens"] = 9;
  body["stop"] = "x";
  body["logprobs"] = true;
  body["top_logprobs"] = 3;
  body["stream"] = true;
  body["stream_options"] = {{"include_usage", true}};
  body["user"] = "someone";
  const auto request = accepted(body);
  ASSERT_EQ(request.completion.messages.size(), 2U);
  EXPECT_EQ(request.completion.messages[0].role, "system");
  EXPECT_EQ(request.completion.messages[1].content, "Who ran?");
  const auto& settings = request.completion.settings;
  EXPECT_DOUBLE_EQ(settings.temperature, 0.5);
  EXPECT_DOUBLE_EQ(settings.topP, 0.9);
  EXPECT_EQ(settings.seed, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(settings.maxNewTokens, 9);
  EXPECT_EQ(settings.stopStrings, std::vector<std::string>{"x"});
  EXPECT_TRUE(request.stream && request.usageAtEnd && request.tellsLogProbs);
  EXPECT_EQ(request.topLogProbs, 3);
  EXPECT_EQ(request.completion.likeliest, 3);
}

TEST(ServeRequest, HasTheUsualDefaults) {
  const auto chat = accepted(chatBody());
  EXPECT_DOUBLE_EQ(chat.completion.settings.temperature, 1);
  EXPECT_EQ(chat.completion.settings.seed, 77);
  EXPECT_EQ(chat.completion.settings.maxNewTokens, 512);
  EXPECT_FALSE(chat.stream);
  EXPECT_EQ(chat.completion.likeliest, 0);
  const auto text = accepted({{"prompt", "Once"}}, Endpoint::Completions);
  EXPECT_EQ(text.completion.prompt, "Once");
  EXPECT_EQ(text.completion.settings.maxNewTokens, 16);
  EXPECT_EQ(accepted(with({{"prompt", "Once"}}, "logprobs", 0), Endpoint::Completions).completion.likeliest, 1);
  // What would draw nothing is no mistake of the client.
  EXPECT_DOUBLE_EQ(accepted(with(with(chatBody(), "temperature", 0), "top_p", 0.5)).completion.settings.topP, 1);
  EXPECT_EQ(
      accepted(with(with(chatBody(), "max_tokens", 5), "max_completion_tokens", 7)).completion.settings.maxNewTokens,
      7);
}

TEST(ServeRequest, RefusesByNameWhatItDoesNotDo) {
  const std::vector<std::pair<std::string, Object>> wrong = {
      {"n", 2},
      {"tools", {{{"type", "function"}}}},
      {"tool_choice", "required"},
      {"response_format", {{"type", "json_object"}}},
      {"logit_bias", {{"5", 1}}},
      {"presence_penalty", 0.5},
      {"frequency_penalty", 1},
      {"functions", Object::array()},
      {"anything", 1},
      {"max_tokens", 0},
      {"max_tokens", 1.5},
      {"temperature", "hot"},
      {"temperature", -0.1},
      {"top_p", 0},
      {"seed", 18446744073709551615U},
      {"stop", {""}},
      {"stop", 5},
      {"stop", std::vector<std::string>(17, "x")},
      {"top_logprobs", 2},
      {"logprobs", 3},
      {"stream", "yes"},
      {"stream_options", {{"include_usage", true}}},
      {"messages", Object::array()},
      {"messages", "Hi"},
      {"messages", {{{"role", "tool"}, {"content", "x"}}}},
      {"messages", {{{"role", "user"}}}},
      {"messages", {{{"role", "user"}, {"content", {{{"type", "image_url"}}}}}}},
      {"messages", {1}}};
  for (const auto& [name, value] : wrong) {
    const auto error = refused(with(chatBody(), name, value));
    EXPECT_EQ(error.status, 400) << name;
    EXPECT_EQ(error.param, name) << value;
    EXPECT_TRUE(error.message.ends_with('.')) << error.message;
  }
  for (const auto& [name, value] : std::vector<std::pair<std::string, Object>>{{"echo", true},
                                                                               {"best_of", 2},
                                                                               {"suffix", "x"},
                                                                               {"prompt", {"a", "b"}},
                                                                               {"prompt", {1, 2}},
                                                                               {"messages", "x"}}) {
    EXPECT_EQ(refused(with({{"prompt", "a"}}, name, value), Endpoint::Completions).param, name);
  }
  // What asks for nothing passes.
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, Object>>{{"n", 1},
                                                   {"tools", Object::array()},
                                                   {"tools", nullptr},
                                                   {"frequency_penalty", 0.0},
                                                   {"logit_bias", Object::object()},
                                                   {"response_format", {{"type", "text"}}}}) {
    accepted(with(chatBody(), name, value));
  }
}

TEST(ServeRequest, AnotherModelIsNotFound) {
  const auto error = refused(with(chatBody(), "model", "other"));
  EXPECT_EQ(error.status, 404);
  EXPECT_EQ(error.code, "model_not_found");
  EXPECT_EQ(refused(with(chatBody(), "model", 5)).status, 404);
}

TEST(ServeRequest, WhatIsNoJsonObjectIsRefused) {
  std::string deep = R"({"messages":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  for (const auto& body :
       {std::string(), std::string("{"), std::string("[]"), std::string("5"), std::string("{\"a\":\"\xff\"}"), deep}) {
    EXPECT_TRUE(std::holds_alternative<ApiError>(parseApiRequest(body, Endpoint::ChatCompletions, kServed, 1)));
  }
  // Brackets within a text are none.
  accepted(with(chatBody(), "messages", {{{"role", "user"}, {"content", std::string(200, '[') + "\\\""}}}));
}

TextPiece pieceOf(const std::string& text) {
  return {text, {{{text, -0.5}, {{text, -0.5}, {"zé", -2}, {"y", -std::numeric_limits<double>::infinity()}}}}};
}

Completion madeOf(const std::string& text, Ending ending) {
  Completion made;
  made.text = text;
  made.ending = ending;
  made.promptTokens = 7;
  made.reusedTokens = 3;
  made.tokens = 2;
  return made;
}

TEST(ServeResponse, OfAChat) {
  auto request = accepted(with(with(chatBody(), "logprobs", true), "top_logprobs", 2));
  ApiResponse response(request, "tiny", "1f", 99);
  const auto json = response.whole(madeOf("a b", Ending::EndToken), {pieceOf("a"), pieceOf(" b")});
  EXPECT_EQ(json.at("object"), "chat.completion");
  EXPECT_EQ(json.at("id"), "chatcmpl-1f");
  EXPECT_EQ(json.at("created"), 99);
  EXPECT_EQ(json.at("model"), "tiny");
  const auto& choice = json.at("choices").at(0);
  EXPECT_EQ(choice.at("message"), (Object{{"role", "assistant"}, {"content", "a b"}, {"refusal", nullptr}}));
  EXPECT_EQ(choice.at("finish_reason"), "stop");
  const auto& token = choice.at("logprobs").at("content").at(1);
  EXPECT_EQ(token.at("token"), " b");
  EXPECT_EQ(token.at("bytes"), (Object{32, 98}));
  ASSERT_EQ(token.at("top_logprobs").size(), 2U);
  EXPECT_EQ(token.at("top_logprobs").at(1).at("bytes"), (Object{122, 195, 169}));
  EXPECT_EQ(json.at("usage").at("total_tokens"), 9);
  EXPECT_EQ(json.at("usage").at("prompt_tokens_details").at("cached_tokens"), 3);
}

TEST(ServeResponse, OfAStreamedChat) {
  ApiResponse response(accepted(with(with(chatBody(), "stream", true), "stream_options", {{"include_usage", true}})),
                       "tiny", "1f", 99);
  EXPECT_EQ(response.first().at("choices").at(0).at("delta").at("role"), "assistant");
  const auto part = response.part(pieceOf("a"));
  EXPECT_EQ(part.at("object"), "chat.completion.chunk");
  EXPECT_EQ(part.at("choices").at(0).at("delta"), (Object{{"content", "a"}}));
  EXPECT_TRUE(part.at("choices").at(0).at("logprobs").is_null());
  EXPECT_TRUE(part.at("choices").at(0).at("finish_reason").is_null());
  const auto last = response.last(madeOf("a", Ending::Length));
  ASSERT_EQ(last.size(), 2U);
  EXPECT_EQ(last[0].at("choices").at(0).at("finish_reason"), "length");
  EXPECT_TRUE(last[1].at("choices").empty());
  EXPECT_EQ(last[1].at("usage").at("completion_tokens"), 2);
}

TEST(ServeResponse, OfAText) {
  ApiResponse response(accepted({{"prompt", "a"}, {"logprobs", 3}}, Endpoint::Completions), "tiny", "1f", 99);
  EXPECT_TRUE(response.first().is_null());
  static_cast<void>(response.part(pieceOf("zé")));
  const auto choice = response.part(pieceOf("b")).at("choices").at(0);
  EXPECT_EQ(choice.at("text"), "b");
  EXPECT_EQ(choice.at("logprobs").at("text_offset"), (Object{2}));
  EXPECT_EQ(choice.at("logprobs").at("top_logprobs").at(0).at("y"), -9999.0) << "JSON has no infinity";
  EXPECT_EQ(response.last(madeOf("b", Ending::StopString)).size(), 1U);
  EXPECT_EQ(lineOf({{"a", "\xff"}}), "{\"a\":\"\xEF\xBF\xBD\"}");
}

TEST(ServeResponse, AnErrorIsAnObjectWithASentence) {
  EXPECT_EQ(jsonOf(ApiError{400, "No.", "n", ""}).dump(),
            R"({"error":{"message":"No.","type":"invalid_request_error","param":"n","code":null}})");
  EXPECT_EQ(jsonOf(ApiError{503, "Later."}).at("error").at("type"), "server_error");
}

TEST(ServeAccess, OnlyTheTokenOpens) {
  EXPECT_TRUE(bearsToken("Bearer abc", "abc"));
  for (const auto* wrong :
       {"", "abc", "Bearer ", "Bearer ab", "Bearer abcd", "Bearer abcabc", "bearer abc", "Basic abc"}) {
    EXPECT_FALSE(bearsToken(wrong, "abc")) << wrong;
  }
  EXPECT_FALSE(bearsToken("Bearer ", ""));
}

TEST(ServeAccess, LoopbackIsThisMachineUnderItsOwnName) {
  EXPECT_TRUE(isLoopback("127.0.0.1") && isLoopback("::1") && isLoopback("localhost"));
  EXPECT_FALSE(isLoopback("0.0.0.0") || isLoopback("192.168.1.4") || isLoopback("::"));
  EXPECT_TRUE(namesLoopback("localhost:8080") && namesLoopback("127.0.0.1") && namesLoopback("[::1]:80"));
  EXPECT_FALSE(namesLoopback("evil.example:8080") || namesLoopback("") || namesLoopback("127.0.0.1.evil.example") ||
               namesLoopback("[::1"));
}

}  // namespace
}  // namespace rosa::cli
