// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/temporary_folder.h"
#include "rosa/expected.h"

/// The E2E data (Novikova et al. 2017): properties of a restaurant, and what people wrote for them.
namespace rosa::experiment {

enum class E2ePart { Train, Development, Test };

struct PromptedText {
  std::string prompt;
  std::string text;
};

/// Reads the official CSV, or the linearised text where the folder holds that instead. An error names a file that is
/// missing, or the line that is no example.
[[nodiscard]] Expected<std::vector<PromptedText>> readE2e(const std::filesystem::path& folder, E2ePart part);

/// Places of at most `wanted` among `count` things, spread evenly and in order; all of them for 0.
[[nodiscard]] std::vector<std::size_t> spreadEvenly(std::size_t count, std::int64_t wanted);

/// A prompt with all its texts.
struct PromptGroup {
  std::string prompt;
  std::vector<std::string> texts;
};
/// In the order in which the prompts first occur.
[[nodiscard]] std::vector<PromptGroup> groupByPrompt(const std::vector<PromptedText>& texts);

/// train.jsonl and valid.jsonl, with the keys prompt and completion, in a temporary folder that goes with the object.
class CompletionFiles {
 public:
  [[nodiscard]] static Expected<CompletionFiles> write(const std::vector<PromptedText>& train,
                                                       const std::vector<PromptedText>& valid);

  [[nodiscard]] std::filesystem::path train() const { return folder_.path() / "train.jsonl"; }
  [[nodiscard]] std::filesystem::path valid() const { return folder_.path() / "valid.jsonl"; }

 private:
  explicit CompletionFiles(base::TemporaryFolder folder) : folder_(std::move(folder)) {}

  base::TemporaryFolder folder_;
};

}  // namespace rosa::experiment
