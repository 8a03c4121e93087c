// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/fields.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "engine/config/random_config.h"

namespace rosa {
namespace {

TEST(Fields, EveryKeyIsDocumentedOnce) {
  std::set<std::string_view> keys;
  const std::set<std::string_view> groups{"data", "method", "training", "watch"};
  for (const ConfigField& field : configFields()) {
    EXPECT_TRUE(keys.insert(field.key).second) << field.key;
    EXPECT_TRUE(groups.contains(field.group)) << field.key;
    EXPECT_FALSE(field.value.empty()) << field.key;
    EXPECT_FALSE(field.help.empty()) << field.key;
    EXPECT_EQ(field.key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string_view::npos);
  }
  EXPECT_GE(keys.size(), 64U);
}

TEST(Fields, EveryFieldIsReadBackFromItsText) {
  test::RandomConfig random(1);
  for (int round = 0; round < 500; ++round) {
    const RunConfig config = random.next();
    RunConfig copy;
    for (const config::Field& field : config::fields()) {
      if (!field.isSet(config)) continue;
      if (field.list != nullptr) {
        for (const std::string& entry : config.*field.list) {
          ASSERT_TRUE(setConfigField(copy, field.info.key, entry)) << field.info.key;
        }
        continue;
      }
      const std::string text = configFieldText(config, field.info.key);
      ASSERT_TRUE(setConfigField(copy, field.info.key, text)) << field.info.key << " = " << text;
      ASSERT_TRUE(field.equal(copy, config)) << field.info.key << " = " << text;
    }
    ASSERT_EQ(copy, config);
  }
}

TEST(Fields, AMistakeNamesItsKeyAndChangesNothing) {
  RunConfig config;
  const Status status = setConfigField(config, "rank", "eight");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message.rfind("rank: \"eight\" is not a rank", 0), 0U) << status.error().message;
  EXPECT_EQ(config, RunConfig{});
}

TEST(Fields, AnUnknownKeyNamesTheOneThatWasMeant) {
  const auto meant = [](std::string_view key) {
    RunConfig config;
    const Status status = setConfigField(config, key, "1");
    return status ? std::string() : status.error().message;
  };
  EXPECT_EQ(meant("epoch"), "\"epoch\" is not a setting; did you mean epochs?");
  EXPECT_EQ(meant("max_length"), "\"max_length\" is not a setting; did you mean max-length?");
  EXPECT_EQ(meant("learning_rate"), "\"learning_rate\" is not a setting; did you mean lr?");
  EXPECT_EQ(meant("gradient-accumulation-steps"),
            "\"gradient-accumulation-steps\" is not a setting; did you mean accumulate?");
  EXPECT_NE(meant("zzzzzzzz").find("rosa train --help"), std::string::npos);
  EXPECT_TRUE(configFieldText(RunConfig{}, "zzzzzzzz").empty());
}

TEST(Fields, EmptyTextUnsetsWhatIsOptional) {
  RunConfig config;
  config.alpha = 16;
  config.epochs = 2;
  config.samplePrompts = {"a", "b"};
  EXPECT_TRUE(setConfigField(config, "alpha", ""));
  EXPECT_TRUE(setConfigField(config, "epochs", ""));
  EXPECT_TRUE(setConfigField(config, "sample-prompt", ""));
  EXPECT_EQ(config, RunConfig{});
  EXPECT_EQ(configFieldText(config, "alpha"), "");
}

TEST(Fields, AnEmptySeparatorIsNotAnUnsetOne) {
  RunConfig config;
  EXPECT_TRUE(setConfigField(config, "separator", ""));
  EXPECT_EQ(config.separator, std::optional<std::string>(""));
}

TEST(Fields, ProblemsAreJoinedOneALine) {
  const std::vector<ConfigProblem> problems{{"lr", "lr: first"}, {"", "second"}};
  EXPECT_EQ(joinProblems(problems), "lr: first\nsecond");
}

}  // namespace
}  // namespace rosa
