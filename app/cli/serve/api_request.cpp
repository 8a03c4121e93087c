// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/serve/api_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

namespace rosa::cli {

namespace {

using Body = nlohmann::json;

constexpr int kDeepest = 64;              // objects and lists within each other
constexpr std::size_t kMostStops = 16;    // stop strings
constexpr std::int64_t kMostBeside = 20;  // tokens that are told beside each
constexpr std::int64_t kLongestAnswer = 1'000'000;
constexpr std::int64_t kUsualText = 16;  // tokens of a completion where nothing is said

/// Whether brackets lie deeper within each other than any request's do.
bool tooDeep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDeepest) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

/// Reads one field after another and keeps the first mistake.
class Fields {
 public:
  explicit Fields(const Body& object) : object_(object) {}

  /// Null where it is missing or null.
  const Body* find(const char* name) {
    known_.insert(name);
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }
  void refuse(const char* name, std::string message, const char* code = "invalid_value") {
    if (!error_) error_ = ApiError{400, std::move(message), name, code};
  }
  void number(const char* name, double least, double most, double& value) {
    const auto* given = find(name);
    if (given == nullptr) return;
    if (!given->is_number() || !(given->get<double>() >= least) || !(given->get<double>() <= most)) {
      return refuse(name, fmt::format("{} must be a number between {} and {}.", name, least, most));
    }
    value = given->get<double>();
  }
  bool whole(const char* name, std::int64_t least, std::int64_t most, std::int64_t& value) {
    const auto* given = find(name);
    if (given == nullptr) return false;
    const bool fits =
        given->is_number_unsigned()
            ? given->get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())
            : given->is_number_integer();
    if (!fits || given->get<std::int64_t>() < least || given->get<std::int64_t>() > most) {
      refuse(name, fmt::format("{} must be a whole number between {} and {}.", name, least, most));
      return false;
    }
    value = given->get<std::int64_t>();
    return true;
  }
  bool flag(const char* name) {
    const auto* given = find(name);
    if (given == nullptr) return false;
    if (!given->is_boolean()) {
      refuse(name, fmt::format("{} must be true or false.", name));
      return false;
    }
    return given->get<bool>();
  }
  /// A field that may only be there with a value that asks for nothing.
  void only(const char* name, const Body& harmless, const char* why) {
    const auto* given = find(name);
    if (given != nullptr && *given != harmless) {
      refuse(name, fmt::format("{} is not supported: {} Leave it out.", name, why), "unsupported_parameter");
    }
  }
  /// Refuses what nothing asked for.
  void finish() {
    for (const auto& [name, value] : object_.items()) {
      if (known_.contains(name) || value.is_null()) continue;
      refuse(name.c_str(), fmt::format("{} is not supported. Leave it out.", name), "unsupported_parameter");
    }
  }
  [[nodiscard]] const std::optional<ApiError>& error() const { return error_; }

 private:
  const Body& object_;
  std::set<std::string> known_;
  std::optional<ApiError> error_;
};

/// A text, or a list of parts that are texts.
std::optional<std::string> textOf(const Body& content) {
  if (content.is_string()) return content.get<std::string>();
  if (!content.is_array()) return std::nullopt;
  std::string text;
  for (const auto& part : content) {
    if (!part.is_object() || part.value("type", Body()) != "text") return std::nullopt;
    const auto found = part.find("text");
    if (found == part.end() || !found->is_string()) return std::nullopt;
    text += found->get<std::string>();
  }
  return text;
}

void readMessages(Fields& fields, CompletionRequest& completion) {
  const auto* given = fields.find("messages");
  if (given == nullptr || !given->is_array() || given->empty()) {
    return fields.refuse("messages", "messages must be a list of at least one message.", "missing_required_parameter");
  }
  static const std::set<std::string> kRoles = {"system", "developer", "user", "assistant"};
  for (const auto& message : *given) {
    const auto role = message.is_object() ? message.value("role", Body()) : Body();
    if (!role.is_string() || !kRoles.contains(role.get<std::string>())) {
      return fields.refuse("messages", "Each message needs a role: system, developer, user or assistant.");
    }
    const auto text = textOf(message.value("content", Body()));
    if (!text) {
      return fields.refuse("messages", "Each message needs content: a text, or a list of parts of type text.");
    }
    completion.messages.push_back({role == "developer" ? "system" : role.get<std::string>(), *text});
  }
}

void readPrompt(Fields& fields, CompletionRequest& completion) {
  const auto* given = fields.find("prompt");
  if (given != nullptr && given->is_array() && given->size() == 1) given = &given->front();
  if (given == nullptr || !given->is_string()) {
    return fields.refuse("prompt", "prompt must be one text; lists of several and of tokens are not supported.",
                         "missing_required_parameter");
  }
  completion.prompt = given->get<std::string>();
}

void readStops(Fields& fields, GenerationSettings& settings) {
  const auto* given = fields.find("stop");
  if (given == nullptr) return;
  const auto all = given->is_array() ? *given : Body::array({*given});
  for (const auto& stop : all) {
    if (!stop.is_string() || stop.get_ref<const std::string&>().empty() || all.size() > kMostStops) {
      return fields.refuse("stop", fmt::format("stop must be a text, or a list of at most {} texts.", kMostStops));
    }
    settings.stopStrings.push_back(stop.get<std::string>());
  }
}

void readSampling(Fields& fields, const ServedModel& model, std::int64_t freshSeed, ApiRequest& request) {
  auto& settings = request.completion.settings;
  settings.temperature = 1;
  fields.number("temperature", 0, 100, settings.temperature);
  fields.number("top_p", 1e-6, 1, settings.topP);
  fields.number("min_p", 0, 1, settings.minP);
  fields.whole("top_k", 0, kLongestAnswer, settings.topK);
  fields.number("repetition_penalty", 1e-3, 1e3, settings.repetitionPenalty);
  // Nothing is drawn then, and clients send these along.
  if (settings.temperature <= 0) {
    settings.topP = 1;
    settings.minP = 0;
    settings.topK = 0;
  }
  std::int64_t seed = freshSeed;
  fields.whole("seed", std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(), seed);
  settings.seed = seed & std::numeric_limits<std::int64_t>::max();
  const bool chat = request.endpoint == Endpoint::ChatCompletions;
  settings.maxNewTokens = chat ? std::min(model.positions, kLongestAnswer) : kUsualText;
  fields.whole("max_tokens", 1, kLongestAnswer, settings.maxNewTokens);
  if (chat) fields.whole("max_completion_tokens", 1, kLongestAnswer, settings.maxNewTokens);
  readStops(fields, settings);
}

void readLogProbs(Fields& fields, ApiRequest& request) {
  if (request.endpoint == Endpoint::ChatCompletions) {
    request.tellsLogProbs = fields.flag("logprobs");
    if (fields.whole("top_logprobs", 0, kMostBeside, request.topLogProbs) && !request.tellsLogProbs) {
      fields.refuse("top_logprobs", "top_logprobs needs logprobs to be true.");
    }
  } else {
    request.tellsLogProbs = fields.whole("logprobs", 0, kMostBeside, request.topLogProbs);
  }
  // The chosen token's own is told where at least one is asked for.
  request.completion.likeliest =
      request.tellsLogProbs ? std::max<std::int64_t>(1, request.topLogProbs) : std::int64_t{0};
}

void readStreaming(Fields& fields, ApiRequest& request) {
  request.stream = fields.flag("stream");
  const auto* options = fields.find("stream_options");
  if (options == nullptr) return;
  if (!options->is_object() || !request.stream) {
    return fields.refuse("stream_options", "stream_options must be an object, and needs stream to be true.");
  }
  request.usageAtEnd = options->value("include_usage", Body()) == true;
}

void refuseTheRest(Fields& fields, Endpoint endpoint) {
  for (const auto* name : {"user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key"}) {
    static_cast<void>(fields.find(name));
  }
  fields.only("n", 1, "a request has one answer.");
  fields.only("presence_penalty", 0, "use repetition_penalty.");
  fields.only("frequency_penalty", 0, "use repetition_penalty.");
  fields.only("logit_bias", Body::object(), "the model's scores are used as they are.");
  if (endpoint == Endpoint::ChatCompletions) {
    fields.only("tools", Body::array(), "the model is given no tools.");
    fields.only("tool_choice", "none", "the model is given no tools.");
    fields.only("response_format", {{"type", "text"}}, "answers are plain text.");
    fields.only("modalities", Body::array({"text"}), "answers are plain text.");
  } else {
    fields.only("best_of", 1, "a request has one answer.");
    fields.only("echo", false, "the answer holds no prompt.");
    fields.only("suffix", "", "text is only continued.");
  }
  fields.finish();
}

}  // namespace

std::variant<ApiRequest, ApiError> parseApiRequest(std::string_view body, Endpoint endpoint, const ServedModel& model,
                                                   std::int64_t freshSeed) {
  const auto json = tooDeep(body) ? Body(Body::value_t::discarded) : Body::parse(body, nullptr, false);
  if (json.is_discarded() || !json.is_object()) {
    return ApiError{400, "The body is no JSON object. Send one, with Content-Type: application/json."};
  }
  Fields fields(json);
  if (const auto* named = fields.find("model"); named != nullptr && *named != model.name) {
    return ApiError{404,
                    fmt::format("The model {} is not served here; {} is.",
                                named->dump(-1, ' ', false, Body::error_handler_t::replace), Body(model.name).dump()),
                    "model", "model_not_found"};
  }
  ApiRequest request;
  request.endpoint = endpoint;
  if (endpoint == Endpoint::ChatCompletions) {
    readMessages(fields, request.completion);
  } else {
    readPrompt(fields, request.completion);
  }
  readSampling(fields, model, freshSeed, request);
  readLogProbs(fields, request);
  readStreaming(fields, request);
  refuseTheRest(fields, endpoint);
  if (fields.error()) return *fields.error();
  return request;
}

}  // namespace rosa::cli
