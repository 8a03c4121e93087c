// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "rosa/chat.h"
#include "rosa/expected.h"

namespace rosa::cli {

struct ServerSettings {
  std::string host = "127.0.0.1";
  int port = 8080;          ///< 0 = a free one
  std::string token;        ///< that requests must bear; empty = none
  std::string modelName;    ///< as requests call it
  std::size_t waiting = 8;  ///< requests that wait for the model at most
};

/// OpenAI's interface over one model: /v1/chat/completions, /v1/completions, /v1/models, /health. One request is
/// answered at a time; a client that hangs up stops its own. Tells a line for each request, which holds no word of it.
class HttpServer {
 public:
  using Log = std::function<void(const std::string& line)>;
  HttpServer(LoadedModel& model, ServerSettings settings, Log log);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  /// Takes the port and answers from now on, on threads of its own. Returns the port; an error says why it cannot be
  /// had.
  [[nodiscard]] Expected<int> start();
  /// Stops what is being answered and waits for its threads.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rosa::cli
