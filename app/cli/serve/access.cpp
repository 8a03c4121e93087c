// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/serve/access.h"

#include <cstddef>

namespace rosa::cli {

bool isLoopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

bool namesLoopback(std::string_view hostHeader) {
  auto host = hostHeader;
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == std::string_view::npos) return false;
    host = host.substr(1, end - 1);
  } else {
    host = host.substr(0, host.find(':'));
  }
  return host == "localhost" || host == "127.0.0.1" || host == "::1";
}

bool bearsToken(std::string_view authorization, std::string_view token) {
  constexpr std::string_view kScheme = "Bearer ";
  if (token.empty() || !authorization.starts_with(kScheme)) return false;
  const auto given = authorization.substr(kScheme.size());
  // Every byte given is looked at, wherever the first difference is; only the lengths show.
  volatile unsigned difference = given.size() == token.size() ? 0U : 1U;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto own = static_cast<unsigned char>(token[i % token.size()]);
    difference = difference | static_cast<unsigned>(own ^ static_cast<unsigned char>(given[i]));
  }
  return difference == 0;
}

}  // namespace rosa::cli
