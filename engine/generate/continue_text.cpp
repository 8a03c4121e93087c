// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/continue_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "generate/continue_tokens.h"
#include "generate/prompt_tokens.h"
#include "generate/text_stream.h"

namespace rosa::generate {

namespace {

/// What the positions cost a prompt or its continuations; empty if nothing.
std::string remarkOn(std::size_t prompt, const std::vector<GeneratedText>& texts, std::int64_t positions,
                     std::int64_t asked) {
  if (texts.empty()) return {};
  const auto& first = texts.front();
  if (first.droppedPromptTokens > 0) {
    return fmt::format("Prompt {} has {} tokens where the model takes {}: its first {} are cut off.", prompt + 1,
                       first.promptTokens, positions, first.droppedPromptTokens);
  }
  const auto room = positions - first.promptTokens + 1;
  const bool stopped = std::ranges::any_of(
      texts, [&](const auto& text) { return text.ending == Ending::Length && text.tokens < asked; });
  if (!stopped || room >= asked) return {};
  return fmt::format("Prompt {} has {} tokens, and the model takes {}: its text ends after {} of {} new tokens.",
                     prompt + 1, first.promptTokens, positions, room, asked);
}

GeneratedText textOf(const Continuation& continuation, TextStream stream) {
  GeneratedText made;
  for (const auto token : continuation.tokens) made.text += stream.push(token);
  if (!stream.stopped()) made.text += stream.finish();
  made.tokens = std::ssize(continuation.tokens);
  made.ending = continuation.ending;
  made.score = continuation.score;
  return made;
}

}  // namespace

Expected<GenerationReport> continueTexts(model::Model& model, const text::Tokenizer& tokenizer,
                                         const std::vector<std::string>& prompts, const GenerationSettings& settings,
                                         std::int64_t rows, c10::Device device, const GenerationCallbacks& callbacks) {
  const auto positions = model.config().longestSequence();
  Decoding decoding;
  decoding.settings = settings;
  decoding.rows = rows;
  decoding.device = device;
  ROSA_TRY(decoding.ends, endTokens(model.config(), tokenizer, settings));
  std::vector<Prompt> tokens(prompts.size());
  std::vector<TextStream> streams;  // of the prompts, at their end
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    ROSA_TRY(tokens[i].tokens, promptTokens(model.config(), tokenizer, prompts[i], settings.rendered));
    streams.emplace_back(tokenizer, tokens[i].tokens, StopFilter(settings.stopStrings));
    if (!settings.stopStrings.empty()) tokens[i].text = streams.back();
  }

  GenerationReport report;
  report.prompts.resize(prompts.size());
  auto live = streams;
  const auto tell = [&](std::size_t prompt, const std::string& piece) {
    if (!piece.empty()) callbacks.piece(prompt, piece);
  };
  TokenHooks hooks;
  hooks.giveUp = callbacks.giveUp;
  const bool streaming = callbacks.piece && settings.beams == 1 && settings.returned == 1;
  if (streaming) {
    hooks.made = [&](std::size_t prompt, const MadeToken& made) { tell(prompt, live[prompt].push(made.token)); };
  }
  hooks.finished = [&](std::size_t prompt, const std::vector<Continuation>& continuations) {
    if (streaming && !live[prompt].stopped()) tell(prompt, live[prompt].finish());
    auto& texts = report.prompts[prompt];
    for (const auto& continuation : continuations) {
      texts.push_back(textOf(continuation, streams[prompt]));
      texts.back().promptTokens = std::ssize(tokens[prompt].tokens);
      texts.back().droppedPromptTokens = droppedTokens(texts.back().promptTokens, positions, settings.maxNewTokens);
      report.tokens += texts.back().tokens;
    }
    if (callbacks.finished) callbacks.finished(prompt, texts);
  };
  const auto start = std::chrono::steady_clock::now();
  report.givenUp = !continueTokens(model, tokens, decoding, hooks);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    auto remark = remarkOn(i, report.prompts[i], positions, settings.maxNewTokens);
    if (!remark.empty()) report.remarks.push_back(std::move(remark));
  }
  return report;
}

void endAtTurn(const text::TurnEnd& turnEnd, GenerationSettings& settings) {
  settings.rendered = true;
  if (turnEnd.text.empty()) return;
  (turnEnd.token ? settings.endTokens : settings.stopStrings).push_back(turnEnd.text);
}

std::optional<GeneratedText> continueText(model::Model& model, const text::Tokenizer& tokenizer,
                                          const std::string& prompt, const GenerationSettings& settings,
                                          c10::Device device, const std::function<bool()>& giveUp) {
  GenerationCallbacks callbacks;
  callbacks.giveUp = giveUp;
  const auto report = continueTexts(model, tokenizer, {prompt}, settings, 1, device, callbacks);
  // A sample of an empty prompt that nothing begins.
  if (!report) return GeneratedText();
  if (report->givenUp) return std::nullopt;
  return report->prompts.front().front();
}

}  // namespace rosa::generate
