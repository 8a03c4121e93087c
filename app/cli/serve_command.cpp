// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>
#include <signal.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "cli/choice.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/sampling_flags.h"
#include "cli/serve/access.h"
#include "cli/serve/http_server.h"

namespace rosa::cli {

namespace {

constexpr const char* kTokenVariable = "ROSA_SERVE_TOKEN";

struct ServeOptions {
  ModelRequest request;
  ServerSettings server;
  std::string tokenFile;
};

/// From the file, else from the environment; empty where neither is given.
Expected<std::string> readToken(const std::string& file) {
  if (file.empty()) {
    const char* given = std::getenv(kTokenVariable);
    return std::string(given != nullptr ? given : "");
  }
  std::ifstream in(file);
  std::string token;
  if (!in || !std::getline(in, token) || token.empty()) {
    return Error{fmt::format("token-file: {} has no token in its first line. Check the path.", file)};
  }
  if (token.ends_with('\r')) token.pop_back();
  return token;
}

/// "gpt2" of "models/gpt2/" and of "gpt2.gguf".
std::string nameOf(const std::filesystem::path& model) {
  auto path = model.lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  return path.extension() == ".gguf" ? path.stem().string() : path.filename().string();
}

int refuse(const std::string& sentence) {
  printError(sentence);
  return kWrongInput;
}

int serve(Engine& engine, ServeOptions& options) {
  auto& server = options.server;
  auto token = readToken(options.tokenFile);
  if (!token) return refuse(token.error().message);
  server.token = *std::move(token);
  if (server.token.empty() && !isLoopback(server.host)) {
    return refuse(
        fmt::format("host: {} is reached from other machines, so a token is needed: set {}, or name a file "
                    "with --token-file.",
                    server.host, kTokenVariable));
  }
  const auto opened = engine.openModel(options.request);
  if (!opened) return refuse(opened.error().message);
  const auto& facts = (*opened)->facts();
  if (!facts.writes) return refuse(facts.noChat);
  printRemarks(facts.remarks);
  if (!facts.noChat.empty()) printRemarks({"/v1/chat/completions is refused. " + facts.noChat});
  if (server.modelName.empty()) server.modelName = nameOf(options.request.model);

  // Before it listens, so that whoever reads the port can already end it. A client that hangs up must not.
  signal(SIGPIPE, SIG_IGN);
  watchInterrupts(SecondInterrupt::EndsProcess);
  HttpServer http(**opened, server, [](const std::string& line) { fmt::print(stderr, "{}\n", line); });
  const auto port = http.start();
  if (!port) return refuse(port.error().message);
  const bool six = server.host.find(':') != std::string::npos;
  fmt::print("{} is served at http://{}{}{}:{}/v1\n", server.modelName, six ? "[" : "", server.host, six ? "]" : "",
             *port);
  std::fflush(stdout);
  while (!interrupted()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  http.stop();
  return kDone;
}

}  // namespace

void registerServe(CLI::App& app, Context& context, int& exitCode) {
  auto* command = app.add_subcommand("serve", "Answer programs that speak OpenAI's interface");
  auto options = std::make_shared<ServeOptions>();
  auto& [request, server, tokenFile] = *options;
  command->add_option("MODEL", request.model, "Model folder, a run's, or a GGUF file")->required();
  command->add_option("--checkpoint", request.checkpoint, "Of a run: best, last or a step");
  command->add_option("--adapter", request.adapter, "PEFT adapter for it")->type_name("DIR");
  command->add_option("--chat-template", request.chatTemplate, "Another than the model's own")->type_name("NAME|FILE");
  command->add_option("--name", server.modelName, "What requests call it; else the folder's name");
  command->add_option("--host", server.host, "Address to listen on; other than this machine's own it needs a token");
  command->add_option("--port", server.port, "Port; 0 takes a free one and tells it")->check(CLI::Range(0, 65535));
  command->add_option("--token-file", tokenFile, "File with the token that requests must bear; else ROSA_SERVE_TOKEN")
      ->type_name("FILE");
  command->add_option("--waiting", server.waiting, "Requests that wait for the model at most")
      ->check(CLI::Range(0, 1000));
  addPlaceFlags(*command, request.threads, request.device, request.weights);
  command->callback([options, &context, &exitCode] { exitCode = serve(context.engine(), *options); });
}

}  // namespace rosa::cli
