// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/continue_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "generate/continue_tokens.h"
#include "generate/text_stream.h"

namespace rosa::generate {

namespace {

std::vector<std::int64_t> promptTokens(const text::Tokenizer& tokenizer, const std::string& prompt) {
  std::vector<std::int64_t> ids;
  for (const auto& token : tokenizer.encode(prompt).tokens) ids.push_back(token.id);
  if (ids.empty()) {
    const auto begin = tokenizer.roleId(text::Role::Begin);
    ids.push_back(begin ? *begin : tokenizer.roleId(text::Role::End).value_or(0));
  }
  return ids;
}

Expected<std::vector<std::int64_t>> endTokens(const model::ModelConfig& config, const text::Tokenizer& tokenizer,
                                              const GenerationSettings& settings) {
  auto ends = config.eosIds;
  if (const auto end = tokenizer.roleId(text::Role::End)) ends.push_back(*end);
  for (const auto& token : settings.endTokens) {
    const auto id = tokenizer.find(token);
    if (!id) {
      return Error{fmt::format(
          "end-token: \"{}\" is no token of the model's vocabulary. Use --stop for text that is not one token.",
          token)};
    }
    ends.push_back(*id);
  }
  // A beam search looks at more candidates the more end tokens there are.
  std::ranges::sort(ends);
  const auto repeated = std::ranges::unique(ends);
  ends.erase(repeated.begin(), repeated.end());
  return ends;
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
  Decoding decoding;
  decoding.settings = settings;
  decoding.rows = rows;
  decoding.device = device;
  ROSA_TRY(decoding.ends, endTokens(model.config(), tokenizer, settings));
  std::vector<Prompt> tokens(prompts.size());
  std::vector<TextStream> streams;  // of the prompts, at their end
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    tokens[i].tokens = promptTokens(tokenizer, prompts[i]);
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
    hooks.made = [&](std::size_t prompt, std::int64_t token) { tell(prompt, live[prompt].push(token)); };
  }
  hooks.finished = [&](std::size_t prompt, const std::vector<Continuation>& continuations) {
    if (streaming && !live[prompt].stopped()) tell(prompt, live[prompt].finish());
    auto& texts = report.prompts[prompt];
    for (const auto& continuation : continuations) {
      texts.push_back(textOf(continuation, streams[prompt]));
      report.tokens += texts.back().tokens;
    }
    if (callbacks.finished) callbacks.finished(prompt, texts);
  };
  const auto start = std::chrono::steady_clock::now();
  report.givenUp = !continueTokens(model, tokens, decoding, hooks);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

std::optional<std::string> continueText(model::Model& model, const text::Tokenizer& tokenizer,
                                        const std::string& prompt, std::int64_t maxNewTokens, c10::Device device,
                                        const std::function<bool()>& giveUp) {
  GenerationSettings settings;
  settings.maxNewTokens = maxNewTokens;
  GenerationCallbacks callbacks;
  callbacks.giveUp = giveUp;
  const auto report = continueTexts(model, tokenizer, {prompt}, settings, 1, device, callbacks);
  // Without end tokens of its own there is nothing to be wrong.
  if (report->givenUp) return std::nullopt;
  return report->prompts.front().front().text;
}

}  // namespace rosa::generate
