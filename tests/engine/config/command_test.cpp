// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "config/fields.h"
#include "engine/config/random_config.h"
#include "rosa/config.h"

namespace rosa {
namespace {

/// The words that a real shell makes of a line.
std::vector<std::string> wordsOfShell(const std::string& line) {
  const std::string script = "printf '%s\\0' " + line;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(script.c_str(), "r"), pclose);
  std::vector<std::string> words(1);
  for (int byte = 0; pipe && (byte = std::fgetc(pipe.get())) != EOF;) {
    if (byte == 0) {
      words.emplace_back();
    } else {
      words.back() += static_cast<char>(byte);
    }
  }
  words.pop_back();
  return words;
}

/// Reads "--key value" and "--key=value" as the terminal program does.
RunConfig configOfCommand(const std::string& command) {
  RunConfig config;
  const std::vector<std::string> words = wordsOfShell(command);
  for (std::size_t index = 2; index < words.size(); ++index) {
    const std::string flag = words[index].substr(2);
    const std::size_t equals = flag.find('=');
    const bool joined = equals != std::string::npos;
    const std::string value = joined ? flag.substr(equals + 1) : words.at(++index);
    EXPECT_TRUE(joined || !value.starts_with('-')) << "a dash looks like a flag: " << value;
    const Status status = setConfigField(config, flag.substr(0, equals), value);
    EXPECT_TRUE(status) << flag;
  }
  return config;
}

TEST(Command, NamesOnlyWhatDiffersFromTheDefaults) {
  RunConfig config;
  EXPECT_EQ(configCommand(config), "rosa train");
  config.model = "/models/tiny llama";
  config.data = "train.jsonl";
  config.rank = {0.1};
  config.shuffle = false;
  config.separator = "";
  config.samplePrompts = {"Once upon", "it's"};
  config.resampleEvery = {Interval::Unit::Steps, 200};
  config.clip = -1;
  EXPECT_EQ(configCommand(config),
            "rosa train --model '/models/tiny llama' --data train.jsonl --separator '' --rank 0.1 --resample-every "
            "200steps --clip=-1 --shuffle no --sample-prompt 'Once upon' --sample-prompt 'it'\\''s'");
}

TEST(Command, AShellGivesEveryWordBack) {
  test::RandomConfig random(2);
  for (int round = 0; round < 60; ++round) {
    const RunConfig config = random.next();
    ASSERT_EQ(configOfCommand(configCommand(config)), config) << configCommand(config);
  }
}

}  // namespace
}  // namespace rosa
