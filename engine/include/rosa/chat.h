// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "rosa/expected.h"
#include "rosa/generate.h"

/// A model that is opened once and asked many times: what a chat, a server and the window's Try page talk to.
namespace rosa {

struct ModelRequest {
  std::filesystem::path model;         ///< folder of a model or of a run, or a GGUF file
  std::string checkpoint = "last";     ///< of a run: "best", "last", or a step number
  bool base = false;                   ///< of a run: the model that it began with, in place of what it has trained
  std::filesystem::path adapter = {};  ///< PEFT folder that is put into the weights; empty = none
  std::string chatTemplate = {};       ///< as --chat-template has it; empty = the run's, or the model's own
  std::int64_t threads = 0;
  DeviceChoice device = DeviceChoice::Auto;
  WeightType weights = WeightType::Auto;  ///< how the matrices are kept; a run's as it was trained
};

struct ModelFacts {
  std::filesystem::path folder;  ///< of the model; a run's is its base model's
  std::string architecture;
  bool writes = false;               ///< continues text
  bool classifies = false;           ///< gives a text a class, or a number
  std::vector<std::string> classes;  ///< empty for a number
  std::string noChat;                ///< why it cannot be asked in messages, as a sentence; empty: it can
  std::int64_t positions = 0;        ///< the most tokens of a prompt and its continuation
  std::vector<std::string> remarks;  ///< sentences on how the folder was read, where that may surprise
};

struct ChatMessage {
  std::string role;  ///< "system", "user", "assistant", or another that the template knows
  std::string content;
};

struct CompletionRequest {
  std::string prompt;                 ///< text to go on with, where there are no messages
  std::vector<ChatMessage> messages;  ///< written by the chat template, up to where the model is to speak
  GenerationSettings settings;        ///< of one continuation, without beams
  std::int64_t likeliest = 0;         ///< tokens that each chosen one is told with; 0 = no probability is told
};

/// A request in tokens, checked: what can go wrong with it for a reason of its own has not.
struct PreparedPrompt {
  std::vector<std::int64_t> tokens;
  GenerationSettings settings;  ///< with where the model's turn ends
  std::int64_t likeliest = 0;
};

struct TokenChance {
  std::string text;           ///< as it stands within a text; what is no whole character as U+FFFD
  double logProbability = 0;  ///< by the model's own scores, before temperature and every other rule
};

struct ChosenToken {
  TokenChance chosen;
  std::vector<TokenChance> likeliest;  ///< the likeliest first
};

/// Text that has become certain, and the tokens that it is made of: several where a character or a possible stop string
/// is. Without tokens where none were asked for.
struct TextPiece {
  std::string text;
  std::vector<ChosenToken> tokens;
};

/// Called on the thread that completes; every member may be empty.
struct CompletionCallbacks {
  std::function<void(const TextPiece&)> piece;
  std::function<bool()> giveUp;  ///< asked often: before each token, and between the parts of a long prompt
};

struct Completion {
  std::string text;  ///< without what ended it
  Ending ending = Ending::Length;
  bool givenUp = false;           ///< stopped by `giveUp`; `text` is what there was
  std::int64_t promptTokens = 0;  ///< those that frame it included
  std::int64_t reusedTokens = 0;  ///< of them, read for an earlier completion and not again
  std::int64_t tokens = 0;        ///< of the text, the end token not counted
  double readSeconds = 0;         ///< for the prompt
  double writeSeconds = 0;        ///< for the text
  [[nodiscard]] double tokensPerSecond() const {
    return writeSeconds > 0 ? static_cast<double>(tokens) / writeSeconds : 0;
  }
};

struct Classification {
  struct Class {
    std::string name;
    double probability = 0;
  };
  std::vector<Class> classes;  ///< in the model's order; empty for a number
  double value = 0;            ///< the number
  bool truncated = false;      ///< the text's end did not fit the model's positions
};

/// Any thread may call any member; completions and classifications wait for each other. Must not outlive the engine.
class LoadedModel {
 public:
  virtual ~LoadedModel() = default;

  [[nodiscard]] virtual const ModelFacts& facts() const = 0;
  /// Refuses settings that contradict each other, a conversation that the template refuses, and what does not fit the
  /// model's positions. Waits for nothing.
  [[nodiscard]] virtual Expected<PreparedPrompt> prepare(const CompletionRequest& request) const = 0;
  /// The beginning that this prompt and the last ones, or their answers, have in common is not read again.
  [[nodiscard]] virtual Expected<Completion> complete(const PreparedPrompt& prompt,
                                                      const CompletionCallbacks& callbacks) = 0;
  /// A class for a text, or for a pair of texts where `second` is not empty.
  [[nodiscard]] virtual Expected<Classification> classify(const std::string& text, const std::string& second) = 0;
};

}  // namespace rosa
