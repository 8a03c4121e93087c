// SPDX-License-Identifier: GPL-3.0-or-later
#include "host/remote_shell.h"

#include <string>
#include <vector>

#include "fake_ssh.h"
#include "rosa/runs.h"

namespace rosa::host {
namespace {

using store::readText;

TEST(RemoteShellName, TakesWhatSshTakesAndNothingThatAShellWouldRead) {
  for (const char* name : {"gpu1", "gpu1.example.org", "someone@gpu1", "10.0.0.7", "::1", "a_b@c-d"}) {
    EXPECT_TRUE(checkHostName(name)) << name;
  }
  for (const char* name : {"",           "-oProxyCommand=x",
                           "someone@-x", "-a@b",
                           "a b",        "a;b",
                           "a$(b)",      "a`b`",
                           "a|b",        "a&b",
                           "a'b",        "a\"b",
                           "a\nb",       "a@b@c",
                           "@b",         "a@",
                           "a/b",        "a\\b",
                           "a>b",        "a*",
                           "a%b",        "ü"}) {
    const auto status = checkHostName(name);
    ASSERT_FALSE(status) << name;
    EXPECT_NE(status.error().message.find("USER@NAME"), std::string::npos) << status.error().message;
  }
  EXPECT_FALSE(checkHostName(std::string(300, 'a')));
}

class RemoteShellTest : public FakeSshTest {
 protected:
  [[nodiscard]] Expected<std::string> ask(const std::vector<std::string>& arguments,
                                          const std::string& input = {}) const {
    const auto shell = RemoteShell::at("someone@gpu1");
    EXPECT_TRUE(shell);
    return shell->ask(arguments, input);
  }
  [[nodiscard]] std::string refusal() const {
    const auto answer = ask({"--version"});
    EXPECT_FALSE(answer);
    return answer ? "" : answer.error().message;
  }
};

TEST_F(RemoteShellTest, WordsArriveAsTheyWereWhateverIsInThem) {
  script("rosa", "for word in \"$@\"; do printf '<%s>' \"$word\"; done\n");
  const std::vector<std::string> words = {"sample",
                                          "a 'quoted' \"word\"",
                                          "$(touch " + (programs() / "x").string() + ")",
                                          "`id`; rm -rf *",
                                          "",
                                          "-x",
                                          "two\nlines",
                                          "back\\slash",
                                          "!history"};
  const auto answer = ask(words);
  ASSERT_TRUE(answer) << answer.error().message;
  std::string expected;
  for (const auto& word : words) expected += "<" + word + ">";
  EXPECT_EQ(*answer, expected);
  EXPECT_FALSE(std::filesystem::exists(programs() / "x"));
}

TEST_F(RemoteShellTest, AsksForNoPasswordAndGivesInputOn) {
  script("rosa", "cat\n");
  const std::string input(200'000, 'y');
  const auto answer = ask({"host", "start"}, input);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(*answer, input);
  const auto called = readText(calls());
  EXPECT_NE(called.find("BatchMode=yes\n"), std::string::npos) << called;
  EXPECT_NE(called.find("ConnectTimeout=1\n"), std::string::npos) << called;
  EXPECT_NE(called.find("--\nsomeone@gpu1\n'rosa' 'host' 'start'\n"), std::string::npos) << called;
}

TEST_F(RemoteShellTest, AHostThatIsSilentIsNamed) {
  setMood("exec sleep 600\n");
  const auto sentence = refusal();
  EXPECT_NE(sentence.find("someone@gpu1 does not answer"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("`ssh someone@gpu1`"), std::string::npos) << sentence;
}

TEST_F(RemoteShellTest, WhatSshSaysOfAHostOutOfReachIsTold) {
  setMood("echo 'Permission denied (publickey).' >&2; exit 255\n");
  const auto sentence = refusal();
  EXPECT_NE(sentence.find("someone@gpu1 cannot be reached"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("Permission denied (publickey)."), std::string::npos) << sentence;
}

TEST_F(RemoteShellTest, AHostWithoutRosaIsToldFromOneThatRefuses) {
  setMood("echo 'sh: 1: rosa: not found' >&2; exit 127\n");
  EXPECT_NE(refusal().find("someone@gpu1 has no program rosa"), std::string::npos) << refusal();
  setMood("");
  script("rosa", "echo 'rosa: batch must be above 0.' >&2; exit 2\n");
  EXPECT_EQ(refusal(), "someone@gpu1: batch must be above 0.");
  script("rosa", "kill -9 $$\n");
  EXPECT_NE(refusal().find("exit code 137"), std::string::npos) << refusal();
}

TEST_F(RemoteShellTest, AMachineWithoutSshIsTold) {
  const store::Variable nowhere{"PATH", "/nowhere"};
  EXPECT_NE(refusal().find("openssh-client"), std::string::npos) << refusal();
}

}  // namespace
}  // namespace rosa::host
