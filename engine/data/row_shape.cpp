// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/row_shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "data/row_reader.h"

namespace rosa::data {
namespace {

using base::Json;

/// Lower-case names as published datasets use them.
constexpr std::array<std::string_view, 6> kConversationNames{"messages", "conversations", "conversation",
                                                             "chat",     "dialogue",      "dialog"};
constexpr std::size_t kSampleRows = 20;

/// The columns of a file with the first value of each.
struct Sample {
  std::vector<std::string> columns;
  std::vector<Cell> cells;

  [[nodiscard]] const Cell* find(std::string_view name) const {
    const auto found = std::ranges::find(columns, name);
    return found == columns.end() ? nullptr : &cells[static_cast<std::size_t>(found - columns.begin())];
  }
  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
};

Expected<Sample> sampleOf(const std::filesystem::path& file, const RunConfig& config) {
  RowOptions options;
  ROSA_TRY(options.quotes, readsQuotes(file, config.quotes));
  options.header = config.header != Reading::No;
  ROSA_TRY(const auto reader, openRows(file, options));
  Sample sample;
  Row row;
  for (std::size_t rows = 0; rows < kSampleRows; ++rows) {
    auto found = reader->next(row);
    if (!found || !*found) break;  // whoever reads the rows says what is wrong with them
    sample.cells.resize(std::max(sample.cells.size(), row.cells.size()));
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      if (sample.cells[i].kind == Cell::Kind::Missing) sample.cells[i] = row.cells[i];
    }
  }
  sample.columns = reader->columns();
  sample.cells.resize(sample.columns.size());
  return sample;
}

/// By the keys of the first message of a list of them.
std::optional<Shape> listShape(const Cell& cell) {
  const auto text = base::trim(cell.text);
  if (cell.kind == Cell::Kind::Missing || !text.starts_with('[')) return std::nullopt;
  const auto list = base::parseJson(text, "a conversation", {kLongestRowBytes, 64});
  if (!list || !list->is_array() || list->empty() || !list->front().is_object()) return std::nullopt;
  if (list->front().contains("role")) return Shape::Messages;
  if (list->front().contains("from")) return Shape::Sharegpt;
  return std::nullopt;
}

struct Candidate {
  Shape shape = Shape::Text;
  std::string what;    ///< for a sentence
  std::string remedy;  ///< the flag that chooses it
};

std::vector<Candidate> candidatesOf(const Sample& sample) {
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < sample.columns.size(); ++i) {
    const auto& name = sample.columns[i];
    const bool usual = std::ranges::find(kConversationNames, name) != kConversationNames.end();
    if (!usual && sample.columns.size() > 1) continue;
    if (const auto shape = listShape(sample.cells[i])) {
      candidates.push_back({*shape, fmt::format("conversations in {}", base::inQuotes(name)),
                            "--shape " + std::string(*shape == Shape::Messages ? "messages" : "sharegpt") + " --text " +
                                base::printable(name)});
    }
  }
  if (sample.has("prompt") && sample.has("completion")) {
    candidates.push_back({Shape::PromptCompletion, "prompts with completions", "--shape prompt-completion"});
  }
  if (sample.has("instruction") && sample.has("output")) {
    candidates.push_back({Shape::Alpaca, "instructions with outputs", "--shape alpaca"});
  }
  if (sample.has("text")) candidates.push_back({Shape::Text, "a column \"text\"", "--shape text"});
  return candidates;
}

Error ambiguous(const std::filesystem::path& file, const std::vector<Candidate>& candidates) {
  std::string what;
  std::string remedies;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    what += (i == 0 ? "" : i + 1 == candidates.size() ? " and " : ", ") + candidates[i].what;
    remedies += (i == 0 ? "" : i + 1 == candidates.size() ? " or " : ", ") + candidates[i].remedy;
  }
  return Error{fmt::format("shape: {} has {}. Choose {}.", base::printable(file.native()), what, remedies)};
}

Error preferencePairs(const std::filesystem::path& file) {
  return Error{
      fmt::format("shape: {} holds preference pairs (chosen, rejected), which no method here trains on. To train on "
                  "the chosen answers as conversations, write --shape preference-chosen.",
                  base::printable(file.native()))};
}

bool arePreferencePairs(const Sample& sample, const RunConfig& config) {
  return config.text.empty() && candidatesOf(sample).empty() && sample.has("chosen") && sample.has("rejected");
}

/// What is read where nothing says it.
Expected<Shape> recognised(const Sample& sample, const std::filesystem::path& file, const RunConfig& config) {
  if (!config.text.empty()) {
    const auto* cell = sample.find(config.text);
    return cell == nullptr ? Shape::Text : listShape(*cell).value_or(Shape::Text);
  }
  const auto candidates = candidatesOf(sample);
  if (candidates.size() > 1) return ambiguous(file, candidates);
  if (candidates.size() == 1) return candidates.front().shape;
  if (arePreferencePairs(sample, config)) return preferencePairs(file);
  return Shape::Text;
}

std::string_view nameOf(Shape shape) {
  switch (shape) {
    case Shape::Messages:
      return "messages";
    case Shape::Sharegpt:
      return "sharegpt";
    case Shape::Alpaca:
      return "alpaca";
    case Shape::PromptCompletion:
      return "prompt-completion";
    case Shape::PreferenceChosen:
      return "preference-chosen";
    case Shape::Auto:
    case Shape::Text:
      break;
  }
  return "text";
}

}  // namespace

bool holdsConversations(const RunConfig& config) {
  return config.task == Task::LanguageModelling && config.shape != Shape::Auto && config.shape != Shape::Text;
}

Expected<bool> holdsPreferencePairs(const RunConfig& config, const std::filesystem::path& trainingFile) {
  if (config.task != Task::LanguageModelling || config.shape != Shape::Auto) return false;
  ROSA_TRY(const FileFormat format, fileFormat(trainingFile));
  if (format == FileFormat::Text) return false;
  ROSA_TRY(const auto sample, sampleOf(trainingFile, config));
  return arePreferencePairs(sample, config);
}

Expected<RunConfig> settleShape(RunConfig config, const std::filesystem::path& trainingFile,
                                std::vector<std::string>& remarks) {
  if (config.task != Task::LanguageModelling) return config;
  const bool asked = config.shape != Shape::Auto;
  ROSA_TRY(const FileFormat format, fileFormat(trainingFile));
  Sample sample;
  if (format != FileFormat::Text) {
    ROSA_TRY(sample, sampleOf(trainingFile, config));
  } else if (asked && config.shape != Shape::Text) {
    return Error{fmt::format("shape: {} is plain text and has no columns. Write --shape text, or name a table.",
                             base::printable(trainingFile.native()))};
  }
  if (!asked) {
    ROSA_TRY(config.shape, recognised(sample, trainingFile, config));
  }
  const auto file = base::printable(trainingFile.filename().native());
  if (config.shape == Shape::Text) {
    if (config.lossOn == LossOn::Assistant || config.lossOn == LossOn::LastAssistant) {
      return Error{
          fmt::format("loss-on: {} is read as plain text, in which no assistant speaks. Write --loss-on all, or "
                      "choose the conversations with --shape.",
                      file)};
    }
    return config;
  }
  if (config.shape == Shape::PromptCompletion) {
    const auto* completion = sample.find(config.completion.empty() ? "completion" : config.completion);
    if (completion == nullptr || !listShape(*completion)) {
      config.task = Task::Completion;
      if (config.prompt.empty()) config.prompt = "prompt";
      if (config.completion.empty()) config.completion = "completion";
      if (!asked) remarks.push_back(fmt::format("{} holds prompts with completions (shape prompt-completion).", file));
      return config;
    }
    if (config.lossOn == LossOn::Auto) config.lossOn = LossOn::Completion;
  }
  // What both answers have in common is asked, whoever says it.
  if (config.lossOn == LossOn::Auto) {
    config.lossOn = config.shape == Shape::PreferenceChosen ? LossOn::Completion : LossOn::Assistant;
  }
  if (!asked) remarks.push_back(fmt::format("{} holds conversations (shape {}).", file, nameOf(config.shape)));
  return config;
}

std::string conversationColumn(const std::vector<std::string>& columns, const std::string& given) {
  if (!given.empty()) return std::ranges::find(columns, given) == columns.end() ? std::string() : given;
  for (const auto name : kConversationNames) {
    if (std::ranges::find(columns, name) != columns.end()) return std::string(name);
  }
  return columns.size() == 1 ? columns.front() : std::string();
}

}  // namespace rosa::data
