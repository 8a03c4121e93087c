// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace rosa::cli {

/// Why a request is not answered, as clients of OpenAI's interface read it.
struct ApiError {
  int status = 400;  ///< of HTTP
  std::string message;
  std::string param = {};  ///< the field that is wrong; empty = none
  std::string code = {};   ///< one word for programs; empty = none
};

/// {"error": {"message", "type", "param", "code"}}
[[nodiscard]] inline nlohmann::ordered_json jsonOf(const ApiError& error) {
  const auto orNull = [](const std::string& text) {
    return text.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(text);
  };
  const char* type = error.status >= 500 ? "server_error" : "invalid_request_error";
  return {{"error",
           {{"message", error.message}, {"type", type}, {"param", orNull(error.param)}, {"code", orNull(error.code)}}}};
}

}  // namespace rosa::cli
