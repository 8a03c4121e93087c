// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/serve/api_request.h"
#include "rosa/chat.h"

namespace rosa::cli {

/// The answer to one request as JSON, whole or in the parts of a stream.
class ApiResponse {
 public:
  /// `id` is unlike every other answer's; `created` in seconds since 1970.
  ApiResponse(const ApiRequest& request, std::string modelName, const std::string& id, std::int64_t created);

  /// Of a stream: who speaks, of a chat; null where nothing is to be sent.
  [[nodiscard]] nlohmann::ordered_json first() const;
  /// Of a stream: a piece of text.
  [[nodiscard]] nlohmann::ordered_json part(const TextPiece& piece);
  /// Of a stream: why it ended, and in one more part, where asked for, the counts.
  [[nodiscard]] std::vector<nlohmann::ordered_json> last(const Completion& made) const;

  /// Everything at once. `pieces` are those of the completion.
  [[nodiscard]] nlohmann::ordered_json whole(const Completion& made, const std::vector<TextPiece>& pieces);

 private:
  [[nodiscard]] nlohmann::ordered_json frame(bool chunk) const;
  [[nodiscard]] nlohmann::ordered_json choice(nlohmann::ordered_json logProbs, const char* finish) const;
  /// Null where none are asked for.
  [[nodiscard]] nlohmann::ordered_json logProbsOf(const std::vector<ChosenToken>& tokens);

  Endpoint endpoint_;
  bool tellsLogProbs_;
  bool usageAtEnd_;
  std::int64_t topLogProbs_;
  std::string modelName_, id_;
  std::int64_t created_;
  std::int64_t offset_ = 0;  ///< code points of a completion that have been told with their tokens
};

/// One line of JSON; bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string lineOf(const nlohmann::ordered_json& json);

}  // namespace rosa::cli
