// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/stream_text.h"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "generate/continue_tokens.h"
#include "generate/prompt_tokens.h"
#include "generate/text_stream.h"

namespace rosa::generate {

namespace {

/// A token's text as it stands behind another: a decoder takes the first space of a text away.
std::string textWithin(const text::Tokenizer& tokenizer, std::int64_t token) {
  const std::array twice = {static_cast<std::int32_t>(token), static_cast<std::int32_t>(token)};
  const auto once = tokenizer.decode(std::span(twice).first(1), false);
  const auto both = tokenizer.decode(twice, false);
  return both.starts_with(once) ? both.substr(once.size()) : once;
}

ChosenToken inWords(const text::Tokenizer& tokenizer, const MadeToken& made) {
  ChosenToken told;
  told.chosen = {textWithin(tokenizer, made.token), made.logProbability};
  for (const auto& [token, logProbability] : made.likeliest) {
    told.likeliest.push_back({textWithin(tokenizer, token), logProbability});
  }
  return told;
}

/// Cuts what comes into pieces that are certain.
class Pieces {
 public:
  Pieces(const text::Tokenizer& tokenizer, const PreparedPrompt& prompt, const CompletionCallbacks& callbacks,
         Completion& made)
      : tokenizer_(tokenizer),
        tellsTokens_(prompt.likeliest > 0),
        stream_(tokenizer, prompt.tokens, StopFilter(prompt.settings.stopStrings)),
        callbacks_(callbacks),
        made_(made) {}

  [[nodiscard]] const TextStream& stream() const { return stream_; }
  void add(const MadeToken& token) {
    ++made_.tokens;
    if (tellsTokens_) waiting_.push_back(inWords(tokenizer_, token));
    tell(stream_.push(token.token));
  }
  void finish() {
    if (!stream_.stopped()) tell(stream_.finish());
  }

 private:
  void tell(std::string text) {
    if (text.empty()) return;
    made_.text += text;
    const TextPiece piece{std::move(text), std::exchange(waiting_, {})};
    if (callbacks_.piece) callbacks_.piece(piece);
  }

  const text::Tokenizer& tokenizer_;
  bool tellsTokens_;
  TextStream stream_;
  const CompletionCallbacks& callbacks_;
  Completion& made_;
  std::vector<ChosenToken> waiting_;  ///< whose text is not certain yet
};

}  // namespace

Expected<Completion> streamText(model::Model& model, const text::Tokenizer& tokenizer, const PreparedPrompt& prompt,
                                ReadBeginnings& beginnings, c10::Device device, const CompletionCallbacks& callbacks) {
  Decoding decoding;
  decoding.settings = prompt.settings;
  decoding.rows = 1;
  decoding.likeliest = prompt.likeliest;
  decoding.device = device;
  decoding.beginnings = &beginnings;
  ROSA_TRY(decoding.ends, endTokens(model.config(), tokenizer, prompt.settings));

  Completion made;
  made.promptTokens = std::ssize(prompt.tokens);
  Pieces pieces(tokenizer, prompt, callbacks, made);
  Prompt tokens;
  tokens.tokens = prompt.tokens;
  if (!prompt.settings.stopStrings.empty()) tokens.text = pieces.stream();

  using Clock = std::chrono::steady_clock;
  const auto secondsSince = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  auto start = Clock::now();
  TokenHooks hooks;
  hooks.giveUp = callbacks.giveUp;
  hooks.begun = [&](std::int64_t reused) {
    made.reusedTokens = reused;
    made.readSeconds = secondsSince(start);
    start = Clock::now();
  };
  hooks.made = [&](std::size_t, const MadeToken& token) { pieces.add(token); };
  hooks.finished = [&](std::size_t, const std::vector<Continuation>& all) { made.ending = all.front().ending; };
  made.givenUp = !continueTokens(model, {tokens}, decoding, hooks);
  made.writeSeconds = secondsSince(start);
  pieces.finish();
  return made;
}

}  // namespace rosa::generate
