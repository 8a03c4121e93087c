// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <chrono>
#include <optional>
#include <random>
#include <thread>

#include "cli_fixture.h"

namespace rosa::test {
namespace {

using std::chrono::microseconds;

/// How often training is killed; 100 for the full proof (ROSA_KILLS=100), fewer in the everyday run.
int killCount() {
  const char* given = std::getenv("ROSA_KILLS");
  return given != nullptr ? std::atoi(given) : 12;
}

/// The number after the last `"key":` of a text, such as that of all events so far.
std::optional<std::int64_t> lastNumber(const std::string& text, const std::string& key) {
  const auto found = text.rfind("\"" + key + "\":");
  if (found == std::string::npos) return std::nullopt;
  return std::atoll(text.c_str() + found + key.size() + 3);
}

int occurrences(const std::string& text, const std::string& part) {
  int count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

class CliKill : public CliFixture {
 protected:
  enum class Moment { Training, Saving, Starting };

  [[nodiscard]] std::vector<std::string> command(bool started) const {
    // Saves after every step.
    auto arguments = started ? std::vector<std::string>{"resume", run_.string(), "--events", "jsonl"}
                             : trainArguments(run_, {"--steps", "100000", "--save-every", "1steps", "--resample-every",
                                                     "3steps", "--eval-every", "never", "--sample-tokens", "0"});
    arguments.insert(arguments.begin(), program().string());
    return arguments;
  }

  /// Waits until the events contain `sign` so many times. False if the process ended before.
  static bool waitFor(Process& process, const std::string& sign, int times) {
    while (process.running()) {
      if (occurrences(process.outputSoFar(), sign) >= times) return true;
      std::this_thread::sleep_for(microseconds(300));
    }
    return false;
  }

  int random(int below) { return std::uniform_int_distribution<>(0, below)(random_); }

  /// Runs until the moment and kills; the events written until then.
  std::string runAndKill(bool started, Moment moment) {
    Process process(command(started), environment());
    int delay = 0;
    bool there = true;
    if (moment == Moment::Training) {
      there = waitFor(process, "\"step_completed\"", 1);
      delay = random(400'000);
    } else if (moment == Moment::Saving) {
      // A save takes some milliseconds from this event on.
      there = waitFor(process, "\"phase\":\"saving\"", 1 + random(5));
      delay = random(8'000);
    } else {
      delay = random(600'000);
    }
    EXPECT_TRUE(there) << process.wait().error;
    std::this_thread::sleep_for(microseconds(delay));
    EXPECT_TRUE(process.running()) << process.wait().error;
    process.signal(SIGKILL);
    return process.wait().output;
  }

  fs::path run_ = folder_.path() / "run";
  std::mt19937 random_{20261123};
};

TEST_F(CliKill, NewestVerifiedCheckpointAlwaysOpensAndResumes) {
  std::int64_t saved = 0;  // the highest step that was ever told to be saved
  int leftovers = 0;
  for (int kill = 0; kill < killCount() && !HasFailure(); ++kill) {
    const bool started = fs::exists(run_ / "checkpoints") && !fs::is_empty(run_ / "checkpoints");
    if (!started) fs::remove_all(run_);  // killed before anything was saved
    const auto moment = started ? static_cast<Moment>(kill % 3) : Moment::Training;
    const auto events = runAndKill(started, moment);
    // One that was killed while it started may not have come as far as its first event.
    if (const auto first = lastNumber(events, "first_step")) {
      EXPECT_GE(*first, saved) << "kill " << kill << ": a checkpoint that was verified is lost";
    } else {
      EXPECT_EQ(moment, Moment::Starting) << "kill " << kill;
    }
    if (const auto last = events.rfind("\"checkpoint_saved\""); last != std::string::npos) {
      saved = std::max(saved, lastNumber(events.substr(0, events.find('\n', last)), "step").value_or(0));
    }
    if (fs::exists(run_ / "checkpoints")) {
      for (const auto& entry : fs::directory_iterator(run_ / "checkpoints")) {
        leftovers += entry.path().filename().string().starts_with("step-") ? 0 : 1;
      }
    }
  }
  EXPECT_GT(saved, 0);
  RecordProperty("kills", killCount());
  RecordProperty("half_written_folders_seen", leftovers);
  std::cout << killCount() << " kills, " << leftovers << " half-written folders left by them, none of them taken\n";

  // After all of it one step more is trained, saved, and can be exported.
  Process last(command(true), environment());
  ASSERT_TRUE(waitFor(last, "\"checkpoint_saved\"", 1)) << last.wait().error;
  last.signal(SIGINT);
  EXPECT_EQ(last.wait().exitCode, 0);
  const auto exported = rosa({"export", run_.string(), "--to", (folder_.path() / "merged").string(), "--json"});
  ASSERT_EQ(exported.exitCode, 0) << exported.error;
  EXPECT_GT(json::parse(exported.output).at("step").get<std::int64_t>(), saved);
}

/// Runs on so much text that its cutting into tokens takes a while.
class CliCutting : public CliFixture {
 protected:
  CliCutting() {
    constexpr std::size_t kBytes = 66'000'000;  // from 64 MB on a cutting is resumed
    std::ifstream in(samples() / "e2e" / "train.csv");
    const std::string lines{std::istreambuf_iterator<char>(in), {}};
    std::ofstream out(text_);
    for (std::size_t written = 0; written < kBytes; written += lines.size()) out << lines;
  }
  [[nodiscard]] std::vector<std::string> command(const fs::path& run) const {
    return {program().string(),
            "train",
            "--model",
            (samples() / "stories260k").string(),
            "--data",
            text_.string(),
            "--task",
            "lm",
            "--steps",
            "1",
            "--validation-split",
            "0",
            "--sample-tokens",
            "0",
            "--events",
            "jsonl",
            "--out",
            run.string()};
  }
  [[nodiscard]] static std::map<std::string, std::string> at(const fs::path& home) {
    return {{"ROSA_HOME", home.string()}};
  }
  /// The files of a store with this ending, temporary ones included.
  [[nodiscard]] static std::vector<fs::path> kept(const fs::path& home, const std::string& ending) {
    std::vector<fs::path> files;
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator(home / "tokens", problem)) {
      if (entry.path().extension() == ending) files.push_back(entry.path());
    }
    return files;
  }
  /// Waits until the journal has so many bytes. False where the process ends before.
  static bool waitForJournal(Process& process, const fs::path& home, std::uintmax_t bytes) {
    while (process.running()) {
      const auto journals = kept(home, ".rosa-cutting");
      std::error_code problem;
      if (!journals.empty() && fs::file_size(journals[0], problem) >= bytes && !problem) return true;
      std::this_thread::sleep_for(microseconds(300));
    }
    return false;
  }
  static std::string bytesOf(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  fs::path text_ = folder_.path() / "a.txt";
};

TEST_F(CliCutting, GoesOnAfterCtrlCAndAfterAKill) {
  const auto whole = folder_.path() / "whole", cut = folder_.path() / "cut";
  ASSERT_EQ(Process(command(folder_.path() / "1"), at(whole)).wait().exitCode, 0);
  ASSERT_EQ(kept(whole, ".rosa-tokens").size(), 1U);
  EXPECT_TRUE(kept(whole, ".rosa-cutting").empty());

  {
    Process process(command(folder_.path() / "2"), at(cut));
    ASSERT_TRUE(waitForJournal(process, cut, 4'000'000));
    process.signal(SIGINT);
    const auto stopped = process.wait();
    EXPECT_EQ(stopped.exitCode, 1);
    EXPECT_NE(stopped.error.find("stopped while it opened"), std::string::npos) << stopped.error;
    EXPECT_TRUE(kept(cut, ".tmp").empty());
    EXPECT_FALSE(fs::exists(folder_.path() / "2"));
  }
  const auto after = fs::file_size(kept(cut, ".rosa-cutting").at(0));
  {
    Process process(command(folder_.path() / "3"), at(cut));
    ASSERT_TRUE(waitForJournal(process, cut, after + 4'000'000));
    process.signal(SIGKILL);
    process.wait();
    EXPECT_EQ(kept(cut, ".tmp").size(), 1U);
  }
  const auto resumed = Process(command(folder_.path() / "4"), at(cut)).wait();
  ASSERT_EQ(resumed.exitCode, 0) << resumed.error;
  EXPECT_TRUE(kept(cut, ".rosa-cutting").empty());
  EXPECT_TRUE(kept(cut, ".tmp").empty());
  ASSERT_EQ(kept(cut, ".rosa-tokens").size(), 1U);
  EXPECT_TRUE(bytesOf(kept(cut, ".rosa-tokens")[0]) == bytesOf(kept(whole, ".rosa-tokens")[0]));
}

}  // namespace
}  // namespace rosa::test
