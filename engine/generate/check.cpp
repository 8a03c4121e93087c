// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "rosa/generate.h"

/// Every rule between settings of a generation that needs neither the model nor its tokenizer.
namespace rosa {

namespace {

class Problems {
 public:
  void addUnless(bool right, std::string_view key, std::string_view sentence) {
    if (!right) found_.push_back({std::string(key), fmt::format("{}: {}", key, sentence)});
  }
  void count(std::string_view key, std::int64_t value, std::int64_t least, std::int64_t most) {
    addUnless(value >= least && value <= most, key, fmt::format("{} must be between {} and {}.", value, least, most));
  }
  [[nodiscard]] std::vector<ConfigProblem> take() { return std::move(found_); }

 private:
  std::vector<ConfigProblem> found_;
};

void checkRanges(const GenerationSettings& settings, Problems& problems) {
  constexpr std::int64_t kMost = 1'000'000;  // far above any use; a slip of the keyboard must not become an allocation
  problems.count("max-new-tokens", settings.maxNewTokens, 1, kMost);
  problems.count("min-new-tokens", settings.minNewTokens, 0, kMost);
  problems.count("top-k", settings.topK, 0, kMost);
  problems.count("no-repeat-ngram", settings.noRepeatNgram, 0, kMost);
  problems.count("beams", settings.beams, 1, 1000);
  problems.count("returned", settings.returned, 1, 1000);
  problems.addUnless(settings.seed >= 0, "seed", fmt::format("{} must not be negative.", settings.seed));
  problems.addUnless(settings.temperature >= 0 && std::isfinite(settings.temperature), "temperature",
                     fmt::format("{} must be 0, for greedy text, or a positive number.", settings.temperature));
  problems.addUnless(settings.topP > 0 && settings.topP <= 1, "top-p",
                     fmt::format("{} must be above 0 and at most 1, which keeps all tokens.", settings.topP));
  problems.addUnless(settings.minP >= 0 && settings.minP <= 1, "min-p",
                     fmt::format("{} must be between 0, which keeps all tokens, and 1.", settings.minP));
  problems.addUnless(settings.repetitionPenalty > 0 && std::isfinite(settings.repetitionPenalty), "repetition-penalty",
                     fmt::format("{} must be a positive number; 1 is no penalty.", settings.repetitionPenalty));
  problems.addUnless(std::isfinite(settings.lengthPenalty) && std::abs(settings.lengthPenalty) <= 100, "length-penalty",
                     fmt::format("{} must be between -100 and 100.", settings.lengthPenalty));
  problems.addUnless(std::ranges::none_of(settings.stopStrings, &std::string::empty), "stop",
                     "A stop string must not be empty.");
}

/// Settings that contradict each other, or of which one would silently do nothing.
void checkTogether(const GenerationSettings& settings, Problems& problems) {
  problems.addUnless(settings.minNewTokens <= settings.maxNewTokens, "min-new-tokens",
                     fmt::format("{} is more than max-new-tokens, {}.", settings.minNewTokens, settings.maxNewTokens));
  const bool beams = settings.beams > 1;
  const bool draws = settings.temperature > 0;
  problems.addUnless(!beams || !draws, "beams",
                     "A beam search draws nothing. Leave --temperature at 0, or --beams at 1.");
  constexpr std::string_view kGreedy =
      "Nothing is drawn at temperature 0. Set --temperature above 0, or leave this out.";
  problems.addUnless(draws || beams || settings.topK <= 0, "top-k", kGreedy);
  problems.addUnless(draws || beams || !(settings.topP > 0 && settings.topP < 1), "top-p", kGreedy);
  problems.addUnless(draws || beams || !(settings.minP > 0 && settings.minP <= 1), "min-p", kGreedy);
  if (beams && !draws) {
    problems.addUnless(settings.topK == 0 && settings.topP >= 1 && settings.minP <= 0, "beams",
                       "A beam search draws nothing. Leave --top-k, --top-p and --min-p out, or --beams at 1.");
  }
  constexpr std::string_view kOnlyBeams = "Only a beam search has it. Set --beams above 1, or leave this out.";
  problems.addUnless(beams || settings.lengthPenalty == 1, "length-penalty", kOnlyBeams);
  problems.addUnless(beams || settings.earlyStopping == EarlyStopping::No, "early-stopping", kOnlyBeams);
  if (beams) {
    problems.addUnless(settings.returned <= settings.beams, "returned",
                       fmt::format("{} is more than beams, {}.", settings.returned, settings.beams));
  } else {
    problems.addUnless(draws || settings.returned == 1, "returned",
                       "Greedy text has one continuation. Set --temperature or --beams for more.");
  }
}

}  // namespace

std::vector<ConfigProblem> checkGeneration(const GenerationRequest& request) {
  Problems problems;
  problems.addUnless(!request.prompts.empty(), "prompt", "Give at least one prompt.");
  problems.count("batch", request.batch, 1, 100'000);
  problems.count("threads", request.threads, 0, 4096);
  checkRanges(request.settings, problems);
  checkTogether(request.settings, problems);
  return problems.take();
}

}  // namespace rosa
