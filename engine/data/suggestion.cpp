// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/suggestion.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "data/row_shape.h"

namespace rosa::data {
namespace {

using NamePair = std::pair<std::string_view, std::string_view>;

// Lower-case names as published datasets use them.
constexpr std::array<NamePair, 10> kCompletions{{{"mr", "ref"},
                                                 {"prompt", "completion"},
                                                 {"prompt", "response"},
                                                 {"instruction", "response"},
                                                 {"question", "answer"},
                                                 {"input", "output"},
                                                 {"input", "target"},
                                                 {"source", "target"},
                                                 {"context", "completion"},
                                                 {"context", "response"}}};
constexpr std::array<NamePair, 7> kTextPairs{{{"sentence1", "sentence2"},
                                              {"#1 string", "#2 string"},
                                              {"premise", "hypothesis"},
                                              {"question1", "question2"},
                                              {"question", "sentence"},
                                              {"text1", "text2"},
                                              {"text_a", "text_b"}}};
constexpr std::array<std::string_view, 7> kTexts{"text",    "sentence", "review",  "content",
                                                 "comment", "tweet",    "document"};
constexpr std::array<std::string_view, 12> kLabels{"label",    "labels",       "quality",   "class",
                                                   "category", "score",        "sentiment", "rating",
                                                   "target",   "is_duplicate", "intent",    "stars"};

/// Of a column, in whatever use.
bool isUsualName(std::string_view field) {
  const auto name = base::lowered(base::trim(field));
  const auto either = [&](const NamePair& pair) { return name == pair.first || name == pair.second; };
  return std::ranges::find(kTexts, name) != kTexts.end() || std::ranges::find(kLabels, name) != kLabels.end() ||
         std::ranges::any_of(kTextPairs, either) || std::ranges::any_of(kCompletions, either);
}

bool readsAsNumber(std::string_view text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc() && end == text.data() + text.size();
}

bool isWholeNumber(std::string_view text) {
  return readsAsNumber(text) && text.find_first_of(".eE") == std::string_view::npos;
}

/// Looks at columns by name, whatever their case, and by what the sample holds in them.
class Columns {
 public:
  Columns(std::span<const std::string> names, SampleRows sample) : names_(names), sample_(sample) {}

  [[nodiscard]] std::optional<std::size_t> called(std::string_view name) const {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (base::lowered(names_[i]) == name) return i;
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<std::size_t> calledOneOf(std::span<const std::string_view> wanted) const {
    for (const auto name : wanted) {
      if (const auto place = called(name)) return place;
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<std::pair<std::size_t, std::size_t>> calledPair(std::span<const NamePair> wanted) const {
    for (const auto& [first, second] : wanted) {
      const auto a = called(first);
      const auto b = called(second);
      if (a && b) return std::pair(*a, *b);
    }
    return std::nullopt;
  }

  /// Texts: most of the sample's rows have several words.
  [[nodiscard]] bool holdsText(std::size_t column) const {
    const auto wordy =
        std::ranges::count_if(sample_, [column](const auto& row) { return std::ranges::count(row[column], ' ') >= 2; });
    return 2 * wordy > std::ssize(sample_);
  }
  /// Labels: a few short values without spaces, none of them missing, that come again and again.
  [[nodiscard]] bool holdsLabels(std::size_t column) const {
    constexpr std::size_t kMostLabels = 20;
    constexpr std::size_t kLongestLabel = 32;
    std::set<std::string_view> values;
    for (const auto& row : sample_) {
      const std::string& value = row[column];
      if (value.empty() || value.size() > kLongestLabel || value.find(' ') != std::string::npos) return false;
      values.insert(value);
      if (values.size() > kMostLabels) return false;
    }
    return values.size() >= 2 && 2 * values.size() <= sample_.size();
  }
  template <typename Predicate>
  [[nodiscard]] bool all(std::size_t column, Predicate predicate) const {
    return std::ranges::all_of(sample_, [&](const auto& row) { return predicate(base::trim(row[column])); });
  }
  /// Scores rather than classes: numbers, some of them written with a fraction.
  [[nodiscard]] bool holdsScores(std::size_t column) const {
    return all(column, readsAsNumber) && !all(column, isWholeNumber);
  }

  [[nodiscard]] const std::string& name(std::size_t column) const { return names_[column]; }
  [[nodiscard]] std::size_t count() const { return names_.size(); }

 private:
  std::span<const std::string> names_;
  SampleRows sample_;
};

void suggestLabelled(DataSummary& summary, const Columns& columns, std::size_t label) {
  summary.suggestedLabel = columns.name(label);
  summary.suggestedTask = columns.holdsScores(label) ? "regression" : "classification";
}

/// Lists of words and of as many labels, by the names that data sets of named entities have.
bool suggestWords(DataSummary& summary, const Columns& columns) {
  constexpr std::array<std::string_view, 2> kWords = {"tokens", "words"};
  constexpr std::array<std::string_view, 5> kWordLabels = {"ner_tags", "tags", "labels", "ner", "pos_tags"};
  const auto isList = [](std::string_view cell) { return cell.starts_with('['); };
  const auto words = columns.calledOneOf(kWords);
  const auto labels = columns.calledOneOf(kWordLabels);
  if (!words || !labels || !columns.all(*words, isList) || !columns.all(*labels, isList)) return false;
  summary.suggestedTask = "token-classification";
  summary.suggestedText = columns.name(*words);
  summary.suggestedLabel = columns.name(*labels);
  return true;
}

bool suggestByName(DataSummary& summary, const Columns& columns) {
  const auto label = columns.calledOneOf(kLabels);
  if (const auto pair = columns.calledPair(kTextPairs); pair && label) {
    summary.suggestedText = columns.name(pair->first);
    summary.suggestedTextPair = columns.name(pair->second);
    suggestLabelled(summary, columns, *label);
    return true;
  }
  const auto text = columns.calledOneOf(kTexts);
  if (text && label) {
    summary.suggestedText = columns.name(*text);
    suggestLabelled(summary, columns, *label);
    return true;
  }
  if (const auto pair = columns.calledPair(kCompletions)) {
    summary.suggestedTask = "completion";
    summary.suggestedPrompt = columns.name(pair->first);
    summary.suggestedCompletion = columns.name(pair->second);
    return true;
  }
  if (text) {
    summary.suggestedTask = "lm";
    summary.suggestedText = columns.name(*text);
    return true;
  }
  return false;
}

void suggestByContent(DataSummary& summary, const Columns& columns) {
  std::vector<std::size_t> texts;
  std::optional<std::size_t> label;
  for (std::size_t i = 0; i < columns.count(); ++i) {
    if (columns.holdsText(i)) {
      texts.push_back(i);
    } else if (columns.holdsLabels(i) &&
               (!label || (columns.all(i, isWholeNumber) && !columns.all(*label, isWholeNumber)))) {
      label = i;
    }
  }
  if (label && (texts.size() == 1 || texts.size() == 2)) {
    summary.suggestedText = columns.name(texts[0]);
    if (texts.size() == 2) summary.suggestedTextPair = columns.name(texts[1]);
    suggestLabelled(summary, columns, *label);
  } else if (texts.size() == 1 && columns.count() == 1) {
    summary.suggestedTask = "lm";
    summary.suggestedText = columns.name(texts[0]);
  }
}

}  // namespace

bool looksLikeHeader(std::span<const std::string> firstRow, SampleRows below) {
  constexpr std::size_t kLongestName = 64;
  for (std::size_t i = 0; i < firstRow.size(); ++i) {
    const std::string& field = firstRow[i];
    if (field.size() > kLongestName || readsAsNumber(field)) return false;
    const bool comesAgain = std::ranges::any_of(below, [&](const auto& row) { return row[i] == field; });
    if (comesAgain && !field.empty()) return false;
  }
  return true;
}

bool isPlainlyHeader(std::span<const std::string> firstRow, SampleRows below) {
  if (below.empty() || !looksLikeHeader(firstRow, below)) return false;
  const Columns columns(firstRow, below);
  bool differs = false;
  bool alike = false;
  for (std::size_t i = 0; i < firstRow.size(); ++i) {
    const std::string& field = firstRow[i];
    if (isUsualName(field)) return true;
    if (field.empty()) continue;
    const bool wordy = std::ranges::count(field, ' ') >= 2;
    alike = alike || (wordy && columns.holdsText(i));
    differs = differs || columns.all(i, readsAsNumber) || columns.holdsLabels(i) || (!wordy && columns.holdsText(i));
  }
  return differs && !alike;
}

void suggestTask(DataSummary& summary, SampleRows sample) {
  const Columns columns(summary.columns, sample);
  const auto conversations = conversationColumn(summary.columns, {});
  const auto place =
      static_cast<std::size_t>(std::ranges::find(summary.columns, conversations) - summary.columns.begin());
  if (!conversations.empty() &&
      std::ranges::any_of(sample, [&](const auto& row) { return row[place].starts_with("[{"); })) {
    summary.suggestedTask = "lm";
    if (std::ranges::find(summary.columns, "text") != summary.columns.end()) summary.suggestedText = conversations;
    return;
  }
  // Alpaca's rows are conversations too: its inputs would be lost to a prompt and a completion.
  const auto has = [&](std::string_view name) {
    return std::ranges::find(summary.columns, name) != summary.columns.end();
  };
  if (has("instruction") && has("output")) {
    summary.suggestedTask = "lm";
    return;
  }
  if (sample.empty() || suggestWords(summary, columns) || suggestByName(summary, columns)) return;
  suggestByContent(summary, columns);
}

}  // namespace rosa::data
