// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "cli/serve/api_error.h"
#include "rosa/chat.h"

/// What a client asks for, read from the body of a request.
namespace rosa::cli {

enum class Endpoint { ChatCompletions, Completions };

struct ServedModel {
  std::string name;            ///< as requests call it
  std::int64_t positions = 0;  ///< the most tokens of a prompt and its answer
};

struct ApiRequest {
  Endpoint endpoint = Endpoint::ChatCompletions;
  CompletionRequest completion;
  bool stream = false;
  bool usageAtEnd = false;  ///< a last part of a stream tells the counts
  bool tellsLogProbs = false;
  std::int64_t topLogProbs = 0;  ///< beside each token
};

/// A field that would be passed over in silence is refused: those that mean nothing here (user, metadata, ...) apart.
/// Temperature is 1 where none is given, as clients expect; `freshSeed` stands where no seed is given.
[[nodiscard]] std::variant<ApiRequest, ApiError> parseApiRequest(std::string_view body, Endpoint endpoint,
                                                                 const ServedModel& model, std::int64_t freshSeed);

}  // namespace rosa::cli
