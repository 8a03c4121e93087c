// SPDX-License-Identifier: GPL-3.0-or-later
#include <nlohmann/json.hpp>

#include "rosa/runs.h"

namespace rosa {

std::string toJson(const HostAnswer& answer) {
  const nlohmann::ordered_json json = {
      {"rosa", "run"}, {"folder", answer.folder.string()}, {"config", answer.config}, {"waits", answer.waits}};
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Expected<HostAnswer> hostAnswerFromJson(std::string_view line) {
  const auto json = nlohmann::ordered_json::parse(line, nullptr, false);
  if (!json.is_object() || json.value("rosa", nlohmann::ordered_json()) != "run") {
    return Error{"The line is no answer of a host."};
  }
  try {
    return HostAnswer{json.at("folder").get<std::string>(), json.at("config").get<std::string>(),
                      json.at("waits").get<bool>()};
  } catch (const nlohmann::ordered_json::exception&) {
    return Error{"The host's answer lacks a key."};
  }
}

}  // namespace rosa
