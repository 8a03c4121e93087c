// SPDX-License-Identifier: GPL-3.0-or-later
#include <QComboBox>
#include <QLineEdit>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "rosa/engine.h"
#include "studio_fixture.h"
#include "support/golden.h"
#include "support/small_disk.h"

/// The mistakes people make before a run starts, made by hand in the window: each is told in a sentence, the start is
/// refused, and nothing is left behind.
namespace rosa::test {
namespace {

struct Mistake {
  const char* field;
  std::string value;
  std::string says;  ///< a part of the sentence
};

class StudioMistakesTest : public StudioE2eTest {
 protected:
  static constexpr std::chrono::seconds kLimit{30};  ///< a plan takes less than one

  [[nodiscard]] static fs::path samples() { return sourceDirectory() / "resources/samples"; }

  /// A copy of the sample model, to be damaged.
  [[nodiscard]] fs::path copyOfModel(const std::string& name) const {
    const fs::path copy = home() / name;
    fs::copy(samples() / "stories260k", copy);
    return copy;
  }

  /// Fills in what is wrong, of any kind of control.
  [[nodiscard]] bool enter(const Mistake& mistake) {
    const QString field = QString::fromUtf8(mistake.field);
    const QString value = QString::fromStdString(mistake.value);
    if (findVisible<QLineEdit>(studio_.window(), field) != nullptr) return studio_.write(field, value);
    const auto* combo = findVisible<QComboBox>(studio_.window(), field);
    if (combo != nullptr && !combo->isEditable()) return studio_.choose(field, value);
    return studio_.writePath(field, value);
  }

  /// Looks at what the window says and takes the mistakes back.
  void expectTold(const std::string& says) {
    const auto told = [&] { return studio_.shows(QString::fromStdString(says)); };
    EXPECT_TRUE(studio_.waitFor(told, kLimit)) << visibleText(studio_.window()).toStdString();
    EXPECT_TRUE(studio_.waitFor([this] { return studio_.shows(QStringLiteral("Fix ")); }, kLimit));
    EXPECT_FALSE(canStart());
    ASSERT_TRUE(studio_.press(QStringLiteral("Reset")));
    EXPECT_TRUE(studio_.waitFor([this] { return canStart(); })) << visibleText(studio_.window()).toStdString();
  }

  void make(const Mistake& mistake) {
    SCOPED_TRACE(std::string(mistake.field) + " = " + mistake.value);
    ASSERT_TRUE(enter(mistake));
    expectTold(mistake.says);
  }
};

TEST_F(StudioMistakesTest, AreToldInOneSentenceAndLeaveNothingBehind) {
  const fs::path cut = copyOfModel("cut");
  fs::resize_file(cut / "model.safetensors", 1000);
  const fs::path foreign = copyOfModel("foreign");
  std::ofstream(foreign / "config.json") << R"({"architectures": ["MambaForCausalLM"], "model_type": "mamba"})";
  const fs::path wordless = copyOfModel("wordless");
  std::ofstream(wordless / "tokenizer.json") << R"({"version": "1.0", "added_tokens": []})";

  ASSERT_TRUE(studio_.waitFor([this] { return canStart(); }));
  make({"Rank", "abc", "\"abc\" is not a rank"});
  make({"Rank", "4096", "does not fit layer"});
  make({"Batch", "0", "0 is too small"});
  make({"Learning rate", "fast", "\"fast\" is not a number"});
  make({"Layers", "no.such.layer", "no.such.layer"});
  make({"model", "/no/such/model", "/no/such/model"});
  make({"model", cut.string(), "model.safetensors"});
  make({"model", foreign.string(), "MambaForCausalLM"});
  make({"model", wordless.string(), "tokenizer.json"});
  make({"data", "/no/such/data.csv", "/no/such/data.csv"});
  EXPECT_FALSE(hasRuns());
}

TEST_F(StudioMistakesTest, LabelsOfTheWrongKind) {
  const fs::path model = home() / "bert";
  ASSERT_TRUE(createEngine()->initModel({"bert", "tiny", 1, model, samples() / "stories260k"}));
  const fs::path data = home() / "scores.csv";
  std::ofstream(data) << "text,label\nfine,1.5\nbad,poor\n";
  ASSERT_TRUE(studio_.waitFor([this] { return canStart(); }));
  ASSERT_TRUE(enter({"model", model.string(), ""}));
  ASSERT_TRUE(enter({"data", data.string(), ""}));
  ASSERT_TRUE(studio_.waitFor([&] { return enter({"task", "Score text", ""}); }, kLimit));
  expectTold("poor");
  EXPECT_FALSE(hasRuns());
}

TEST_F(StudioMistakesTest, PlacesWhereNoRunCanGo) {
  const fs::path taken = home() / "taken";
  fs::create_directory(taken);
  std::ofstream(taken / "mine") << "text";
  ASSERT_TRUE(studio_.waitFor([this] { return canStart(); }));
  ASSERT_TRUE(studio_.press(QStringLiteral("advanced")));
  make({"Run folder", taken.string(), "exists already"});

  const SmallDisk disk(home() / "disk", 1024);
  if (!disk.missing().empty()) GTEST_SKIP() << "no small disk can be mounted: " << disk.missing();
  make({"Run folder", (disk.path() / "run").string(), (disk.path() / "run").string()});
  EXPECT_TRUE(fs::is_empty(disk.path()));
}

TEST_F(StudioMistakesTest, HostileWeightsAreNamedWithTheirFile) {
  const fs::path hostile = goldenDirectory() / "safetensors-bad";
  std::ifstream manifest(hostile / "manifest.jsonl");
  ASSERT_TRUE(manifest) << hostile;
  ASSERT_TRUE(studio_.waitFor([this] { return canStart(); }));
  int told = 0;
  for (std::string line; std::getline(manifest, line);) {
    const std::string file = nlohmann::json::parse(line).at("file");
    SCOPED_TRACE(file);
    const fs::path model = copyOfModel("hostile-" + std::to_string(told++));
    fs::copy_file(hostile / file, model / "model.safetensors", fs::copy_options::overwrite_existing);
    // Some of them are sound files of other tensors: then the tensor that is missing is named.
    ASSERT_TRUE(enter({"model", model.string(), ""}));
    expectTold(model.string());
  }
  EXPECT_GT(told, 10);
  EXPECT_FALSE(hasRuns());
}

}  // namespace
}  // namespace rosa::test
