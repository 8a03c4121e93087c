// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

/// Who may ask a server.
namespace rosa::cli {

/// Whether only this machine reaches an address: "127.0.0.1", "::1", "localhost".
[[nodiscard]] bool isLoopback(std::string_view host);

/// Whether the Host header of a request names this machine itself. A page in a browser that reaches a loopback server
/// under a name of its own (DNS rebinding) sends that name.
[[nodiscard]] bool namesLoopback(std::string_view hostHeader);

/// Whether an Authorization header is "Bearer " and the token. Takes as long for a wrong token as for the right one.
[[nodiscard]] bool bearsToken(std::string_view authorization, std::string_view token);

}  // namespace rosa::cli
