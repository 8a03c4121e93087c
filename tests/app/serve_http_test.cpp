// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "cli/serve/http_server.h"
#include "cli/serve/waiting_list.h"

namespace rosa::cli {
namespace {

using Parsed = nlohmann::json;

/// Says "word " until it is given up, or as often as a request's limit has it.
class EndlessModel final : public LoadedModel {
 public:
  EndlessModel() {
    facts_.writes = true;
    facts_.positions = 1'000'000;
  }
  const ModelFacts& facts() const override { return facts_; }
  Expected<PreparedPrompt> prepare(const CompletionRequest& request) const override {
    return PreparedPrompt{{1, 2, 3}, request.settings, request.likeliest};
  }
  Expected<Completion> complete(const PreparedPrompt& prompt, const CompletionCallbacks& callbacks) override {
    begun_.fetch_add(1);
    Completion made;
    made.promptTokens = std::ssize(prompt.tokens);
    while (made.tokens < prompt.settings.maxNewTokens) {
      if (callbacks.giveUp()) {
        made.givenUp = true;
        break;
      }
      made.text += "word ";
      ++made.tokens;
      callbacks.piece({"word ", {}});
      // Slower than a client that is gone is noticed.
      if (prompt.settings.maxNewTokens > 100) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    (made.givenUp ? givenUp_ : done_).fetch_add(1);
    return made;
  }
  Expected<Classification> classify(const std::string&, const std::string&) override { return Error{"No."}; }

  std::atomic<int> begun_ = 0, givenUp_ = 0, done_ = 0;

 private:
  ModelFacts facts_;
};

bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 2000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

class ServeHttp : public testing::Test {
 protected:
  void started(ServerSettings settings = {}) {
    settings.port = 0;
    settings.modelName = "endless";
    server_ = std::make_unique<HttpServer>(model_, settings, [this](const std::string& line) {
      const std::lock_guard lock(mutex_);
      log_ += line + "\n";
    });
    const auto port = server_->start();
    ASSERT_TRUE(port) << port.error().message;
    port_ = *port;
  }
  [[nodiscard]] httplib::Client client() const {
    httplib::Client made("127.0.0.1", port_);
    made.set_read_timeout(60);
    return made;
  }
  static std::string asking(std::int64_t tokens, bool stream) {
    return Parsed{
        {"messages", {{{"role", "user"}, {"content", "secret words"}}}}, {"max_tokens", tokens}, {"stream", stream}}
        .dump();
  }
  static constexpr const char* kChat = "/v1/chat/completions";
  static constexpr const char* kType = "application/json";

  EndlessModel model_;
  std::mutex mutex_;
  std::string log_;
  int port_ = 0;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(ServeHttp, AnswersWholeAndInParts) {
  started();
  const auto whole = client().Post(kChat, asking(3, false), kType);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->status, 200);
  EXPECT_EQ(Parsed::parse(whole->body).at("choices").at(0).at("message").at("content"), "word word word ");
  const auto parts = client().Post(kChat, httplib::Headers{{"Accept-Encoding", "gzip"}}, asking(2, true), kType);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->get_header_value("Content-Type"), "text/event-stream");
  EXPECT_EQ(parts->get_header_value("Content-Encoding"), "") << "packed parts would wait for each other";
  EXPECT_TRUE(parts->body.ends_with("data: [DONE]\n\n")) << parts->body;
  EXPECT_EQ(client().Get("/health")->status, 200);
  EXPECT_EQ(Parsed::parse(client().Get("/v1/models")->body).at("data").at(0).at("id"), "endless");
  server_->stop();
  EXPECT_NE(log_.find("3 written"), std::string::npos) << log_;
  EXPECT_EQ(log_.find("secret"), std::string::npos) << log_;
}

TEST_F(ServeHttp, WhatHttpRefusesIsASentenceToo) {
  started();
  const auto sentence = [](const httplib::Result& result) {
    return result ? Parsed::parse(result->body).at("error").at("message").get<std::string>() : "no answer";
  };
  EXPECT_NE(sentence(client().Get("/nothing")).find("no such path"), std::string::npos);
  EXPECT_NE(sentence(client().Post(kChat, "{", kType)).find("JSON"), std::string::npos);
  EXPECT_NE(sentence(client().Post(kChat, "{}", "text/plain")).find("Content-Type"), std::string::npos);
  EXPECT_EQ(client().Get("/v1/models", httplib::Headers{{"Host", "evil.example"}})->status, 403);
  const auto large = client().Post(kChat, std::string(std::size_t{9} << 20, ' '), kType);
  // The server may hang up before all is sent.
  EXPECT_TRUE(!large || large->status == 413) << large->status;
  EXPECT_EQ(client().Get("/health")->status, 200);
}

TEST_F(ServeHttp, AClientThatHangsUpStopsItsAnswer) {
  started();
  for (const bool stream : {true, false}) {
    auto leaving = client();
    const int begun = model_.begun_;
    std::thread asks([&] { static_cast<void>(leaving.Post(kChat, asking(1'000'000, stream), kType)); });
    EXPECT_TRUE(eventually([&] { return model_.begun_ > begun; }));
    leaving.stop();
    asks.join();
    EXPECT_TRUE(eventually([&] { return model_.givenUp_ == model_.begun_; })) << "streaming: " << stream;
  }
  EXPECT_EQ(client().Post(kChat, asking(2, false), kType)->status, 200);
}

TEST_F(ServeHttp, WhoDoesNotFitTheWaitingListIsToldSo) {
  ServerSettings settings;
  settings.waiting = 1;
  started(settings);
  auto first = client();
  std::thread one([&] { static_cast<void>(first.Post(kChat, asking(1'000'000, true), kType)); });
  EXPECT_TRUE(eventually([&] { return model_.begun_ == 1; }));
  // Of four that come then, one waits; the others are refused at once.
  std::atomic<int> answered = 0, refused = 0;
  std::vector<std::thread> others;
  for (int i = 0; i < 4; ++i) {
    others.emplace_back([&] {
      const auto result = client().Post(kChat, asking(2, false), kType);
      if (result && result->status == 200) ++answered;
      if (result && result->status == 503) ++refused;
    });
  }
  EXPECT_TRUE(eventually([&] { return refused == 3; }));
  EXPECT_EQ(client().Get("/health")->status, 200);
  first.stop();
  one.join();
  for (auto& other : others) other.join();
  EXPECT_EQ(answered, 1);
  EXPECT_EQ(refused, 3);
}

TEST_F(ServeHttp, ATokenIsDemandedAndNotTold) {
  ServerSettings settings;
  settings.token = "open-sesame";
  started(settings);
  const auto refused = client().Get("/v1/models");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 401);
  EXPECT_EQ(refused->body.find("sesame"), std::string::npos);
  const httplib::Headers right{{"Authorization", "Bearer open-sesame"}};
  EXPECT_EQ(client().Get("/v1/models", right)->status, 200);
  EXPECT_EQ(client().Post(kChat, right, asking(1, false), kType)->status, 200);
  EXPECT_EQ(client().Get("/v1/models", httplib::Headers{{"Authorization", "Bearer open-sesamf"}})->status, 401);
  EXPECT_EQ(client().Get("/health")->status, 200);
  server_->stop();
  EXPECT_EQ(log_.find("sesame"), std::string::npos);
}

TEST_F(ServeHttp, AStopEndsWhatIsBeingAnswered) {
  started();
  auto asked = client();
  std::thread asks([&] { static_cast<void>(asked.Post(kChat, asking(1'000'000, true), kType)); });
  EXPECT_TRUE(eventually([&] { return model_.begun_ == 1; }));
  server_->stop();
  asks.join();
  EXPECT_EQ(model_.givenUp_, 1);
}

TEST_F(ServeHttp, APortInUseIsASentence) {
  started();
  ServerSettings same;
  same.port = port_;
  HttpServer other(model_, same, [](const std::string&) {});
  const auto refused = other.start();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("another program uses it"), std::string::npos) << refused.error().message;
}

TEST(ServeWaitingList, IsFairAndBounded) {
  WaitingList list(2);
  auto first = list.take();
  auto second = list.take();
  auto third = list.take();
  EXPECT_EQ(list.take(), nullptr);
  EXPECT_TRUE(first->wait([] { return false; }));
  EXPECT_FALSE(third->wait([] { return true; })) << "gave up while it waited";
  first.reset();
  EXPECT_FALSE(third->wait([] { return true; })) << "the second one comes before";
  EXPECT_TRUE(second->wait([] { return false; }));
  second.reset();
  EXPECT_TRUE(third->wait([] { return false; }));
  EXPECT_NE(list.take(), nullptr);
}

}  // namespace
}  // namespace rosa::cli
