// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/serve/http_server.h"

#include <fmt/format.h>
#include <httplib.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "cli/serve/access.h"
#include "cli/serve/api_request.h"
#include "cli/serve/api_response.h"
#include "cli/serve/waiting_list.h"

namespace rosa::cli {

namespace {

constexpr std::size_t kLongestBody = std::size_t{8} << 20;
constexpr std::size_t kSpareThreads = 4;  // so that /health answers while all others wait
constexpr const char* kJson = "application/json";

void answer(httplib::Response& response, const ApiError& error) {
  response.status = error.status;
  response.set_content(lineOf(jsonOf(error)), kJson);
}

/// What httplib itself refuses, as a sentence.
ApiError errorOf(int status) {
  if (status == 404)
    return {status, "There is no such path; /v1/chat/completions, /v1/completions and /v1/models are."};
  if (status == 413) return {status, fmt::format("The body is longer than {} MiB. Send less.", kLongestBody >> 20)};
  if (status >= 500) return {status, "The request failed within the server."};
  return {status, "The request is not HTTP as the server reads it. Check how it is sent."};
}

/// Only SO_REUSEADDR: with SO_REUSEPORT, which httplib takes by itself, two servers would share a port unnoticed.
void shareNoPort(socket_t socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// A random number that a signed one holds.
std::int64_t randomNumber() {
  std::random_device device;
  return static_cast<std::int64_t>((static_cast<std::uint64_t>(device() & 0x7FFFFFFFU) << 32U) | device());
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(LoadedModel& model, ServerSettings settings, Log log)
      : model_(model),
        settings_(std::move(settings)),
        served_{settings_.modelName, model.facts().positions},
        log_(std::move(log)),
        list_(settings_.waiting) {}
  ~Impl() { stop(); }

  Expected<int> start() {
    prepare();
    route();
    errno = 0;
    const int port = settings_.port == 0                                    ? server_.bind_to_any_port(settings_.host)
                     : server_.bind_to_port(settings_.host, settings_.port) ? settings_.port
                                                                            : -1;
    if (port <= 0) {
      const auto why = errno == EADDRINUSE ? std::string("another program uses it")
                       : errno != 0        ? std::string(std::strerror(errno))
                                           : std::string("the host is no address of this machine");
      return Error{
          fmt::format("port: {} of {} cannot be listened on: {}. Choose another --port (0 takes a free one) or "
                      "--host.",
                      settings_.port, settings_.host, why)};
    }
    listener_ = std::thread([this] {
      server_.listen_after_bind();
      ended_ = true;
    });
    return port;
  }

  void stop() {
    stopping_ = true;
    if (!listener_.joinable()) return;
    // A server that does not listen yet would not hear it.
    while (!server_.is_running() && !ended_) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    server_.stop();
    listener_.join();
  }

 private:
  void prepare() {
    const auto threads = settings_.waiting + 1 + kSpareThreads;
    server_.new_task_queue = [threads] { return new httplib::ThreadPool(threads); };
    server_.set_payload_max_length(kLongestBody);
    server_.set_tcp_nodelay(true);
    server_.set_socket_options(shareNoPort);
    server_.set_keep_alive_max_count(1000);
    server_.set_pre_routing_handler([this](const auto& request, auto& response) {
      return admit(request, response) ? httplib::Server::HandlerResponse::Unhandled
                                      : httplib::Server::HandlerResponse::Handled;
    });
    server_.set_error_handler(httplib::Server::Handler([](const auto&, auto& response) {
      if (response.body.empty()) answer(response, errorOf(response.status));
    }));
    server_.set_exception_handler(
        [](const auto&, auto& response, const std::exception_ptr&) { answer(response, errorOf(500)); });
  }

  void route() {
    server_.Get("/health", [](const auto&, auto& response) { response.set_content(R"({"status":"ok"})", kJson); });
    server_.Get("/v1/models", [this](const auto&, auto& response) {
      nlohmann::ordered_json one{
          {"id", served_.name}, {"object", "model"}, {"created", started_}, {"owned_by", "rosa"}};
      response.set_content(lineOf({{"object", "list"}, {"data", nlohmann::ordered_json::array({one})}}), kJson);
    });
    for (const auto& [path, endpoint] : {std::pair("/v1/chat/completions", Endpoint::ChatCompletions),
                                         std::pair("/v1/completions", Endpoint::Completions)}) {
      server_.Post(path, [this, endpoint = endpoint](const httplib::Request& request, httplib::Response& response) {
        complete(endpoint, request, response);
      });
    }
  }

  /// What comes back is sent without a look at the request's body.
  bool admit(const httplib::Request& request, httplib::Response& response) const {
    if (!settings_.token.empty()) {
      if (request.path == "/health" || bearsToken(request.get_header_value("Authorization"), settings_.token)) {
        return true;
      }
      answer(response, {401,
                        "The request bears no token, or a wrong one. Send Authorization: Bearer TOKEN.",
                        {},
                        "invalid_api_key"});
      return false;
    }
    if (!namesLoopback(request.get_header_value("Host"))) {
      answer(response, {403, "Without a token only this machine is answered, under the name localhost or 127.0.0.1."});
      return false;
    }
    // A page in a browser can send any other type here without having asked first.
    if (request.method == "POST" && !request.get_header_value("Content-Type").starts_with(kJson)) {
      answer(response, {415, "Send Content-Type: application/json."});
      return false;
    }
    return true;
  }

  void complete(Endpoint endpoint, const httplib::Request& request, httplib::Response& response) {
    auto parsed = parseApiRequest(request.body, endpoint, served_, randomNumber());
    if (auto* error = std::get_if<ApiError>(&parsed)) return answer(response, *error);
    auto& asked = std::get<ApiRequest>(parsed);
    auto prepared = model_.prepare(asked.completion);
    if (!prepared) return answer(response, {400, prepared.error().message, {}, "invalid_request"});
    auto place = list_.take();
    if (place == nullptr) {
      response.set_header("Retry-After", "1");
      return answer(response, {503, "Too many requests wait for the model. Ask again later.", {}, "overloaded"});
    }
    const bool stream = asked.stream;
    // Both are written by a provider, which alone can tell that the client is gone.
    response.set_chunked_content_provider(
        stream ? "text/event-stream" : kJson,
        [this, place, asked = std::move(asked), ready = *std::move(prepared)](std::size_t, httplib::DataSink& sink) {
          return write(*place, asked, ready, sink);
        });
  }

  /// False where nobody reads it any more, or where it failed: the answer then lacks its end.
  bool write(const WaitingList::Place& place, const ApiRequest& asked, const PreparedPrompt& ready,
             httplib::DataSink& sink) {
    const auto gone = [&] { return stopping_ || !sink.is_writable(); };
    if (!place.wait(gone)) return false;
    ApiResponse response(asked, served_.name, fmt::format("{:016x}", randomNumber()), now());
    bool written = true;
    const auto send = [&](const nlohmann::ordered_json& json) {
      const auto line = asked.stream ? "data: " + lineOf(json) + "\n\n" : lineOf(json);
      written = written && sink.write(line.data(), line.size());
    };
    std::vector<TextPiece> pieces;
    CompletionCallbacks callbacks;
    callbacks.giveUp = [&] { return !written || gone(); };
    callbacks.piece = [&](const TextPiece& piece) {
      if (asked.stream) {
        send(response.part(piece));
      } else {
        pieces.push_back(piece);
      }
    };
    if (asked.stream) {
      if (const auto first = response.first(); !first.is_null()) send(first);
    }
    const auto made = model_.complete(ready, callbacks);
    tell(asked, made);
    if (!made || made->givenUp) return false;
    if (asked.stream) {
      for (const auto& part : response.last(*made)) send(part);
      constexpr std::string_view kEnd = "data: [DONE]\n\n";
      written = written && sink.write(kEnd.data(), kEnd.size());
    } else {
      send(response.whole(*made, pieces));
    }
    if (written) sink.done();
    return written;
  }

  void tell(const ApiRequest& asked, const Expected<Completion>& made) const {
    const char* path = asked.endpoint == Endpoint::ChatCompletions ? "chat/completions" : "completions";
    if (!made) return log_(fmt::format("{}: {}", path, made.error().message));
    log_(fmt::format("{}: {} of {} prompt tokens read, {} written, {:.1f} tokens/s{}", path,
                     made->promptTokens - made->reusedTokens, made->promptTokens, made->tokens, made->tokensPerSecond(),
                     made->givenUp ? ", stopped" : ""));
  }

  LoadedModel& model_;
  ServerSettings settings_;
  ServedModel served_;
  Log log_;
  WaitingList list_;
  std::int64_t started_ = now();
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> ended_ = false;  ///< the listener is over
  httplib::Server server_;
  std::thread listener_;
};

HttpServer::HttpServer(LoadedModel& model, ServerSettings settings, Log log)
    : impl_(std::make_unique<Impl>(model, std::move(settings), std::move(log))) {}
HttpServer::~HttpServer() = default;
Expected<int> HttpServer::start() {
  return impl_->start();
}
void HttpServer::stop() {
  impl_->stop();
}

}  // namespace rosa::cli
