// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "rosa/config.h"

/// What one asks of a model that continues text, and what comes back.
namespace rosa {

/// When a beam search is over before its longest continuation: as soon as it holds as many ended continuations as it
/// has beams (Yes), when no running beam scores better than they do at its present length (No), or when none could at
/// any length (Never). These are transformers' early_stopping true, false and "never".
enum class EarlyStopping { Yes, No, Never };

/// How the next token follows from a model's scores. The defaults are greedy.
struct GenerationSettings {
  std::int64_t maxNewTokens = 64;                   ///< --max-new-tokens
  std::int64_t minNewTokens = 0;                    ///< --min-new-tokens: none of fewer may end with an end token
  double temperature = 0;                           ///< --temperature: 0 = always the likeliest token
  std::int64_t topK = 0;                            ///< --top-k: draw from the likeliest; 0 = all
  double topP = 1;                                  ///< --top-p: from the fewest that make up this mass
  double minP = 0;                                  ///< --min-p: from those with this share of the likeliest's
  double repetitionPenalty = 1;                     ///< --repetition-penalty (Keskar et al. 2019), prompt included
  std::int64_t noRepeatNgram = 0;                   ///< --no-repeat-ngram: tokens in a row that come once; 0 = free
  bool ngramsOfPrompt = true;                       ///< --ngrams-of-prompt: those of the prompt have come already
  std::int64_t beams = 1;                           ///< --beams: 1 = no beam search
  double lengthPenalty = 1;                         ///< --length-penalty: a beam's score is its sum / length^penalty
  EarlyStopping earlyStopping = EarlyStopping::No;  ///< --early-stopping
  std::int64_t returned = 1;                        ///< --returned: continuations of each prompt
  std::vector<std::string> stopStrings;             ///< --stop (repeatable): text that ends a continuation
  std::vector<std::string> endTokens;               ///< --end-token (repeatable): of the vocabulary, beside the model's
  std::int64_t seed = 0;                            ///< --seed of the draws
  bool rendered = false;  ///< a chat template wrote the prompts: no special token is put around them
};

struct GenerationRequest {
  std::filesystem::path model;  ///< --model: folder of a model, or of a run: what its newest checkpoint computes
  std::vector<std::string> prompts;
  GenerationSettings settings;
  std::int64_t batch = 8;  ///< sequences that are computed together; of no influence on a text
  std::int64_t threads = 0;
  DeviceChoice device = DeviceChoice::Auto;
  WeightType weights = WeightType::Auto;  ///< --weights, as in ModelRequest
  std::filesystem::path adapter = {};     ///< --adapter: PEFT folder that is put into the weights; empty = none
  /// --chat: each prompt is what a user says, or a conversation in JSON, and the model's chat template writes it.
  bool chat = false;
  std::string system = {};        ///< --system: what stands before it as the system's message; empty = nothing
  std::string chatTemplate = {};  ///< --chat-template, as a run has it; empty = the run's, or the model's own
};

enum class Ending { EndToken, StopString, Length };

struct GeneratedText {
  std::string text;         ///< what follows the prompt, without what ended it
  std::int64_t tokens = 0;  ///< of the text, the end token not counted
  Ending ending = Ending::Length;
  std::int64_t promptTokens = 0;         ///< of its prompt, those that frame it included
  std::int64_t droppedPromptTokens = 0;  ///< the first of them, which the model has no position for and did not read
  /// Of a beam search: the sum of its tokens' log-probabilities / length^lengthPenalty.
  double score = std::numeric_limits<double>::quiet_NaN();
};

/// The continuations of each prompt, the best first, and what they took without opening the model.
struct GenerationReport {
  std::vector<std::vector<GeneratedText>> prompts;
  std::int64_t tokens = 0;  ///< of all texts
  double seconds = 0;
  bool givenUp = false;              ///< some prompts are unfinished and have no texts
  std::vector<std::string> remarks;  ///< sentences on how model and prompts were read, where that may surprise
};

/// Called on the thread that generates; every member may be empty.
struct GenerationCallbacks {
  /// Text of one prompt as it becomes certain; never of a beam search, nor where several continuations are asked for.
  std::function<void(std::size_t prompt, std::string_view text)> piece;
  /// A prompt is done; they end in any order.
  std::function<void(std::size_t prompt, const std::vector<GeneratedText>& texts)> finished;
  /// Asked before each token.
  std::function<bool()> giveUp;
};

/// Every mistake that shows without the model, each named by its setting.
[[nodiscard]] std::vector<ConfigProblem> checkGeneration(const GenerationRequest& request);

}  // namespace rosa
