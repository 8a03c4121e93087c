// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/serve/api_request.h"

#include <variant>

#include "fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosa;
  for (const auto endpoint : {cli::Endpoint::ChatCompletions, cli::Endpoint::Completions}) {
    const auto parsed = cli::parseApiRequest(fuzz::asText(data, size), endpoint, {"tiny", 512}, 7);
    if (const auto* error = std::get_if<cli::ApiError>(&parsed)) {
      fuzz::requireSentence(error->message);
      static_cast<void>(cli::jsonOf(*error).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
      continue;
    }
    const auto& settings = std::get<cli::ApiRequest>(parsed).completion.settings;
    fuzz::require(settings.maxNewTokens >= 1 && settings.seed >= 0 && settings.temperature >= 0,
                  "settings can be used");
  }
  return 0;
}
