// SPDX-License-Identifier: GPL-3.0-or-later
#include <httplib.h>
#include <signal.h>

#include <chrono>
#include <memory>
#include <thread>

#include "cli_fixture.h"

/// `rosa serve` as a program on the network talks to it.
namespace rosa::test {
namespace {

class CliServe : public CliFixture {
 protected:
  /// Waits until it tells its port.
  void served(std::vector<std::string> more = {}, std::map<std::string, std::string> variables = {}) {
    std::vector<std::string> command = {program().string(), "serve", model_, "--port", "0", "--threads", "1",
                                        "--chat-template",  "alpaca"};
    command.insert(command.end(), more.begin(), more.end());
    variables.merge(environment());
    server_ = std::make_unique<Process>(command, variables);
    for (int i = 0; i < 3000 && port_ == 0 && server_->running(); ++i) {
      const auto said = server_->outputSoFar();
      const auto end = said.find("/v1\n");
      if (end != std::string::npos) port_ = std::stoi(said.substr(said.rfind(':', end) + 1));
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ASSERT_NE(port_, 0) << server_->wait().error;
  }
  [[nodiscard]] httplib::Result posted(const std::string& path, const json& body,
                                       const httplib::Headers& headers = {}) const {
    httplib::Client client("127.0.0.1", port_);
    client.set_read_timeout(60);
    return client.Post(path, headers, body.dump(), "application/json");
  }
  static json chatAsking() {
    return {{"model", "stories260k"},
            {"messages", {{{"role", "user"}, {"content", "Who ran?"}}}},
            {"max_tokens", 12},
            {"temperature", 0}};
  }
  const std::string model_ = (samples() / "stories260k").string();
  const std::string chat_ = "/v1/chat/completions";
  std::unique_ptr<Process> server_;
  int port_ = 0;
};

TEST_F(CliServe, AnswersAsGenerateDoesWholeAndInParts) {
  const auto expected = rosa({"generate", "--model", model_, "--chat", "--chat-template", "alpaca", "--prompt",
                              "Who ran?", "--max-new-tokens", "12", "--threads", "1"});
  ASSERT_EQ(expected.exitCode, 0) << expected.error;
  served();
  const auto whole = posted(chat_, chatAsking());
  ASSERT_TRUE(whole);
  ASSERT_EQ(whole->status, 200) << whole->body;
  const auto answer = json::parse(whole->body);
  const auto text = answer.at("choices").at(0).at("message").at("content").get<std::string>();
  EXPECT_EQ(text + "\n", expected.output);
  EXPECT_EQ(answer.at("choices").at(0).at("finish_reason"), "length");
  EXPECT_EQ(answer.at("usage").at("completion_tokens"), 12);

  auto streaming = chatAsking();
  streaming["stream"] = true;
  streaming["logprobs"] = true;
  streaming["top_logprobs"] = 2;
  const auto parts = posted(chat_, streaming);
  ASSERT_TRUE(parts);
  std::string pieces;
  std::istringstream lines(parts->body);
  std::size_t tokens = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("data: {")) continue;
    const auto choice = json::parse(line.substr(6)).at("choices").at(0);
    pieces += choice.at("delta").value("content", "");
    if (!choice.at("logprobs").is_null()) tokens += choice.at("logprobs").at("content").size();
  }
  EXPECT_EQ(pieces, text);
  EXPECT_EQ(tokens, 12U);

  const auto plain =
      rosa({"generate", "--model", model_, "--prompt", "Once upon a time", "--max-new-tokens", "8", "--threads", "1"});
  const auto continued = posted(
      "/v1/completions", {{"prompt", "Once upon a time"}, {"max_tokens", 8}, {"temperature", 0}, {"stop", "no such"}});
  ASSERT_TRUE(continued);
  EXPECT_EQ("Once upon a time" + json::parse(continued->body).at("choices").at(0).at("text").get<std::string>() + "\n",
            plain.output);

  // The same seed draws the same.
  auto drawn = chatAsking();
  drawn["temperature"] = 1.5;
  drawn["seed"] = 5;
  const auto content = [&](const json& body) {
    return json::parse(posted(chat_, body)->body).at("choices").at(0).at("message").at("content");
  };
  EXPECT_EQ(content(drawn), content(drawn));
  const auto once = content(drawn);
  drawn["seed"] = 6;
  EXPECT_NE(content(drawn), once);
  server_->signal(SIGINT);
  EXPECT_EQ(server_->wait().exitCode, 0);
}

TEST_F(CliServe, RefusalsAreSentences) {
  served();
  std::string longer;
  for (int i = 0; i < 300; ++i) longer += "The dog ran. ";
  const auto refused = posted("/v1/completions", {{"prompt", longer}});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 400);
  EXPECT_NE(json::parse(refused->body).at("error").at("message").get<std::string>().find("the model takes 512"),
            std::string::npos);
  EXPECT_EQ(posted(chat_, {{"model", "gpt-4"}, {"messages", json::array()}})->status, 404);
  const auto taken = rosa({"serve", model_, "--port", std::to_string(port_)});
  EXPECT_EQ(taken.exitCode, kWrongInput);
  EXPECT_NE(taken.error.find("another program uses it"), std::string::npos) << taken.error;
  const auto open = rosa({"serve", model_, "--host", "0.0.0.0", "--port", "0"});
  EXPECT_EQ(open.exitCode, kWrongInput);
  EXPECT_NE(open.error.find("a token is needed"), std::string::npos) << open.error;
  EXPECT_EQ(rosa({"serve", model_, "--port", "70000"}).exitCode, kWrongInput);
  EXPECT_EQ(rosa({"serve", model_, "--token-file", "/no/such/file"}).exitCode, kWrongInput);
  const auto classes = (folder_.path() / "bert").string();
  ASSERT_EQ(rosa({"init", "--arch", "bert", "--preset", "tiny", "--to", classes, "--tokenizer", model_}).exitCode, 0);
  const auto classifier = rosa({"serve", classes, "--port", "0"});
  EXPECT_EQ(classifier.exitCode, kWrongInput);
  EXPECT_NE(classifier.error.find("continues no text"), std::string::npos) << classifier.error;
}

TEST_F(CliServe, OnOtherAddressesTheTokenOfTheEnvironmentOpens) {
  served({"--host", "0.0.0.0"}, {{"ROSA_SERVE_TOKEN", "open-sesame"}});
  EXPECT_EQ(posted(chat_, chatAsking())->status, 401);
  EXPECT_EQ(posted(chat_, chatAsking(), {{"Authorization", "Bearer open-sesame"}})->status, 200);
  server_->signal(SIGTERM);
  const auto ended = server_->wait();
  EXPECT_EQ(ended.exitCode, 0);
  EXPECT_EQ((ended.output + ended.error).find("sesame"), std::string::npos);
}

}  // namespace
}  // namespace rosa::test
