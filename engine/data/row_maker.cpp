// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/row_maker.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "data/chat_example.h"
#include "data/completion.h"
#include "data/text_source.h"
#include "data/word_labels.h"

namespace rosa::data {

std::size_t textBytesOf(const RowContent& row) {
  std::size_t bytes = 0;
  if (const auto* conversation = std::get_if<text::Conversation>(&row)) {
    for (const auto& message : conversation->messages) {
      const auto content = message.find("content");
      if (content != message.end() && content->is_string()) bytes += content->get_ref<const std::string&>().size();
    }
  } else {
    for (const auto& text : std::get<std::vector<std::string>>(row)) bytes += text.size();
  }
  return bytes;
}

Example predictingExample(std::span<const std::int32_t> ids, std::size_t firstPredicted) {
  Example example;
  example.tokenIds.assign(ids.begin(), ids.end());
  example.targets.assign(ids.size(), kNoTarget);
  for (std::size_t i = std::max<std::size_t>(firstPredicted, 1); i < ids.size(); ++i) {
    example.targets[i - 1] = ids[i];
    ++example.targetCount;
  }
  return example;
}

Example maskableExample(std::vector<std::int32_t> ids, const TextEncoder& encoder) {
  Example example;
  example.targets.assign(ids.size(), kNoTarget);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (encoder.isSpecial(ids[i])) continue;
    example.targets[i] = ids[i];
    ++example.targetCount;
  }
  example.tokenIds = std::move(ids);
  return example;
}

std::optional<double> numberIn(std::string_view text) {
  double value = 0;
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

Expected<MadeRow> RowMaker::make(RowContent row, const std::filesystem::path& file, std::int64_t line,
                                 bool withTokens) const {
  const Place place{file, line};
  if (auto* conversation = std::get_if<text::Conversation>(&row)) {
    return withTokens ? ofConversation(std::move(*conversation), place) : MadeRow();
  }
  return ofTexts(std::get<std::vector<std::string>>(row), place, withTokens);
}

Expected<MadeRow> RowMaker::ofConversation(text::Conversation conversation, const Place& place) const {
  auto made = makeChatExample(std::move(conversation), spec_.lossOn, encoder_, spec_.maxLength, encoder_.turnEnd());
  if (!made) {
    return Error{fmt::format("{}: {} Correct the row, or leave such rows out with --skip-bad yes.",
                             linePlace(place.file, place.line), made.error().message)};
  }
  MadeRow result;
  if (made->example.targetCount == 0) return result;
  result.lostEnd = made->lostEnd;
  result.endsTurn = made->endsTurn;
  result.example = std::move(made->example);
  return result;
}

Expected<MadeRow> RowMaker::ofTexts(const std::vector<std::string>& texts, const Place& place, bool withTokens) const {
  MadeRow made;
  switch (spec_.task) {
    case Task::LanguageModelling:
      return withTokens ? ofText(encoder_.encode(texts[0]), 0) : made;
    case Task::MaskedLanguageModelling:
      return withTokens ? ofMaskable(texts[0]) : made;
    case Task::Completion: {
      if (!withTokens) return made;
      const JoinedText joined = joinCompletion(texts[0], spec_.separator, texts[1]);
      EncodedText encoded = encoder_.encode(joined.text);
      const std::int64_t prompt = promptTokens(encoded, joined.promptCodePoints);
      return ofText(std::move(encoded), prompt);
    }
    case Task::Classification:
      made.labels.emplace_back(base::trim(texts[0]));
      if (made.labels[0].empty()) return lineError(place.file, place.line, "has an empty label: fill it in.");
      if (withTokens) {
        ROSA_TRY(made.example, ofInput(texts, place));
      }
      return made;
    case Task::TokenClassification:
      return ofWords(texts, place, withTokens);
    case Task::Regression:
      break;
  }
  ROSA_TRY(const float value, valueIn(texts[0], place));
  if (withTokens) {
    ROSA_TRY(made.example, ofInput(texts, place));
    made.example->value = value;
  }
  return made;
}

Expected<float> RowMaker::valueIn(const std::string& text, const Place& place) const {
  const auto value = numberIn(base::trim(text));
  if (value && std::isfinite(static_cast<float>(*value))) return static_cast<float>(*value);
  return lineError(place.file, place.line,
                   fmt::format("has {} in the label column {}: regression needs a number{}; for classes use --task "
                               "classification.",
                               base::inQuotes(text), base::inQuotes(spec_.label.empty() ? "label" : spec_.label),
                               value ? " that 32 bits can hold" : ""));
}

Expected<MadeRow> RowMaker::ofWords(const std::vector<std::string>& texts, const Place& place, bool withTokens) const {
  const auto labels = wordsOfCell(texts[0]);
  const auto words = wordsOfCell(texts[1]);
  if (!labels || !words) {
    const auto& fault = labels ? words.error() : labels.error();
    return lineError(place.file, place.line,
                     fmt::format("{} in its column of {}: write a list, or words with blanks between them.",
                                 fault.message, labels ? "words" : "labels"));
  }
  if (words->empty()) return lineError(place.file, place.line, "has no words: fill it in or leave the row out.");
  if (labels->size() != words->size()) {
    return lineError(place.file, place.line,
                     fmt::format("has {} labels for {} words: write one for each.", labels->size(), words->size()));
  }
  MadeRow made;
  for (const auto& label : *labels) {
    if (base::trim(label).empty()) return lineError(place.file, place.line, "has an empty label: fill it in.");
    made.labels.emplace_back(base::trim(label));
  }
  if (!withTokens) return made;
  const auto joined = joinWords(*words);
  EncodedText encoded = encoder_.encodeInput(joined.text, std::nullopt, spec_.maxLength);
  Example example;
  for (const auto word : firstTokens(encoded.ends, joined)) {
    example.targets.push_back(word < 0 ? kNoTarget : static_cast<std::int32_t>(word));
    example.targetCount += word < 0 ? 0 : 1;
  }
  if (example.targetCount == 0) return made;
  example.truncated = encoded.truncated;
  example.tokenIds = std::move(encoded.ids);
  example.segmentIds = std::move(encoded.segmentIds);
  made.example = std::move(example);
  return made;
}

MadeRow RowMaker::ofText(EncodedText encoded, std::int64_t prompt) const {
  auto& ids = encoded.ids;
  const auto end = encoder_.endToken();
  if (end && (ids.empty() || ids.back() != *end)) ids.push_back(*end);
  const auto longest = static_cast<std::size_t>(spec_.maxLength);
  const bool cut = ids.size() > longest;
  if (cut) ids.resize(longest);
  const bool onlyCompletion = spec_.task == Task::Completion && spec_.lossOn != LossOn::All;
  Example example = predictingExample(ids, onlyCompletion ? static_cast<std::size_t>(prompt) : 0);
  MadeRow made;
  if (example.targetCount == 0) return made;
  example.promptTokens = std::min(prompt, std::ssize(ids));
  example.truncated = cut;
  made.lostEnd = cut && end;
  made.example = std::move(example);
  return made;
}

MadeRow RowMaker::ofMaskable(const std::string& text) const {
  EncodedText encoded = encoder_.encodeInput(text, std::nullopt, spec_.maxLength);
  Example example = maskableExample(std::move(encoded.ids), encoder_);
  MadeRow made;
  if (example.targetCount == 0) return made;
  example.segmentIds = std::move(encoded.segmentIds);
  example.truncated = encoded.truncated;
  made.example = std::move(example);
  return made;
}

Expected<Example> RowMaker::ofInput(const std::vector<std::string>& texts, const Place& place) const {
  std::optional<std::string_view> pair;
  if (texts.size() > 2) pair = texts[2];
  EncodedText encoded = encoder_.encodeInput(texts[1], pair, spec_.maxLength);
  if (encoded.ids.empty()) {
    return lineError(place.file, place.line,
                     fmt::format("has {} of which the model's tokenizer makes no token: fill it in or leave the row "
                                 "out.",
                                 base::trim(texts[1]).empty() ? "an empty text" : "a text"));
  }
  Example example;
  example.truncated = encoded.truncated;
  example.tokenIds = std::move(encoded.ids);
  example.segmentIds = std::move(encoded.segmentIds);
  example.targetCount = 1;
  return example;
}

}  // namespace rosa::data
