// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/examples.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "base/text.h"
#include "data/chat_example.h"
#include "data/columns.h"
#include "data/completion.h"
#include "data/conversations.h"
#include "data/row_reader.h"
#include "data/shards.h"
#include "data/text_blocks.h"
#include "data/text_source.h"
#include "data/word_labels.h"
#include "rosa/task_traits.h"

namespace rosa::data {
namespace {

/// More classes than this are taken for a column of numbers or texts.
constexpr std::int64_t kMostClasses = 1000;
/// So many rows with a fault and none without end the reading, whether such rows are skipped or not.
constexpr std::int64_t kMostFaultsAtFirst = 100;

std::vector<ColumnRole> rolesOf(const ExampleSpec& spec) {
  switch (spec.task) {
    case Task::LanguageModelling:
    case Task::MaskedLanguageModelling:
      return {{"--text", spec.text, "text", true}};
    case Task::Completion:
      return {{"--prompt", spec.prompt, "prompt"}, {"--completion", spec.completion, "completion"}};
    case Task::TokenClassification:
      return {{"--label", spec.label, "label", false, true}, {"--text", spec.text, "text", false, true}};
    case Task::Classification:
    case Task::Regression:
      break;
  }
  std::vector<ColumnRole> roles{{"--label", spec.label, "label"}, {"--text", spec.text, "text"}};
  if (!spec.textPair.empty()) roles.push_back({"--text-pair", spec.textPair, ""});
  return roles;
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

/// The ids [begin, end) of a text as an example that predicts each id from `firstPredicted` on at the position before.
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

/// A text whose ordinary tokens may be hidden: each is its own target until the masks are drawn.
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

/// How long the examples of a file are, and how many: what is left of them where none is kept.
class Lengths {
 public:
  explicit Lengths(const MeasureLimits& limits) : limits_(limits) {}

  void add(const Example& example) { lengths_.push_back(static_cast<std::int32_t>(example.tokenIds.size())); }
  /// Of so many tokens of a text.
  void addBlocks(std::size_t tokens, const TextBlocks& blocks) {
    const auto add = [&](std::size_t count, std::size_t length) {
      lengths_.insert(lengths_.end(), count, static_cast<std::int32_t>(length + blocks.frame()));
    };
    add(tokens / blocks.room, blocks.room);
    if (const auto rest = blocks.rest(tokens); rest > 0) add(1, rest);
  }
  [[nodiscard]] Status goOn() const {
    if (limits_.giveUp && limits_.giveUp()) return Error{"The question is no longer asked."};
    return {};
  }
  void describe(ExampleFacts& facts) {
    if (lengths_.empty()) return;
    std::ranges::sort(lengths_);
    facts.medianTokens = lengths_[lengths_.size() / 2];
    facts.longestTokens = lengths_.back();
  }

 private:
  const MeasureLimits& limits_;
  std::vector<std::int32_t> lengths_;
};

/// A part's count, for the whole.
std::int64_t inProportion(std::int64_t count, std::int64_t whole, std::int64_t part) {
  return static_cast<std::int64_t>(
      std::llround(static_cast<double>(count) * static_cast<double>(whole) / static_cast<double>(part)));
}

Error nothingToPredict(const std::filesystem::path& file, std::int64_t maxLength) {
  return Error{
      fmt::format("{} has no row with anything to predict: raise --max-length (now {}) or choose other columns.",
                  base::printable(file.native()), maxLength)};
}

Error noRows(const std::filesystem::path& file) {
  const auto format = fileFormat(file);
  const bool named = format && namesItsColumns(*format);
  const bool binary = format && *format == FileFormat::Parquet;
  return Error{fmt::format("{} {}", base::printable(file.native()),
                           binary  ? "has no rows: choose another file."
                           : named ? "has no rows: write one object a line."
                                   : "has no rows below its header: add some, or choose --header no if its one row is "
                                     "data.")};
}

/// Makes the examples of one table file, row by row.
class TableExamples {
 public:
  TableExamples(const std::filesystem::path& file, const ExampleSpec& spec, const TextEncoder& encoder)
      : file_(file), spec_(spec), encoder_(encoder) {
    set_.kind = targetKind(spec.task);
  }

  Expected<ExampleSet> read(const LabelMap* given) {
    ROSA_CHECK(readRows([] { return Status(); }));
    if (hasClasses(spec_.task)) ROSA_CHECK(numberLabels(given));
    if (set_.examples.empty()) return nothingToPredict(file_, spec_.maxLength);
    return std::move(set_);
  }

  Expected<ExampleFacts> measure(const LabelMap* given, const MeasureLimits& limits) {
    constexpr std::int64_t kFewest = 100;  // however long they are
    Lengths lengths(limits);
    ExampleFacts facts;
    std::int64_t cutRows = 0;  // into tokens
    ROSA_CHECK(readRows([&]() -> Status {
      ++facts.rows;
      for (const auto& example : set_.examples) lengths.add(example);
      if (withTokens_) ++cutRows;
      facts.examples += std::ssize(set_.examples);
      set_.examples.clear();
      withTokens_ = withTokens_ && (cutRows < kFewest || textBytes_ <= limits.bytes);
      return lengths.goOn();
    }));
    if (hasClasses(spec_.task)) ROSA_CHECK(numberLabels(given));
    facts.labels = std::move(set_.labels);
    lengths.describe(facts);
    facts.estimated = cutRows < facts.rows;
    facts.truncated = inProportion(set_.truncated, facts.rows, cutRows);
    facts.dropped = inProportion(set_.dropped, facts.rows, cutRows);
    facts.examples = facts.rows - facts.dropped;
    facts.skipped = set_.skipped;
    facts.firstFault = std::move(set_.firstFault);
    facts.endedTurns = set_.endedTurns;
    if (!facts.estimated && facts.examples == 0) return nothingToPredict(file_, spec_.maxLength);
    return facts;
  }

 private:
  /// `rowDone()` follows each row.
  template <typename RowDone>
  Status readRows(RowDone rowDone) {
    const TableReading reading{spec_.header, spec_.quotes};
    if (spec_.shape != Shape::Text && spec_.task == Task::LanguageModelling) {
      ROSA_TRY(auto reader, ConversationReader::open(file_, spec_.shape, spec_.text, reading));
      text::Conversation row;
      return readRowsOf(reader, row, rowDone);
    }
    ROSA_TRY(auto reader, ColumnReader::open(file_, rolesOf(spec_), reading));
    std::vector<std::string> row;
    return readRowsOf(reader, row, rowDone);
  }

  template <typename Reader, typename RowOfReader, typename RowDone>
  Status readRowsOf(Reader& reader, RowOfReader& row, RowDone rowDone) {
    files_.assign(1, reader.file());
    std::int64_t rows = 0;
    while (spec_.maxRows == 0 || rows < spec_.maxRows) {
      const auto found = reader.next(row);
      if (found && !*found) break;
      const bool nextFile = files_.back() != reader.file();
      const bool movedOn = nextFile || reader.line() > line_;
      if (nextFile) files_.push_back(reader.file());
      line_ = reader.line();
      const auto status = found ? addRow(row) : Status(found.error());
      if (!status) {
        // A reader that stays where it is would fail for ever.
        if (!spec_.skipBad || !movedOn) return status;
        if (set_.skipped++ == 0) set_.firstFault = status.error().message;
        // A wrong column or a template that fails is no matter of rows.
        if (rows == 0 && set_.skipped == kMostFaultsAtFirst) return Error{allSkipped()};
        continue;
      }
      ++rows;
      ROSA_CHECK(rowDone());
    }
    if (rows == 0) return set_.skipped > 0 ? Error{allSkipped()} : noRows(file_);
    return {};
  }

  std::string allSkipped() const {
    const auto file = base::printable(file_.native());
    if (set_.skipped < kMostFaultsAtFirst) {
      return fmt::format("Every row of {} has a fault. The first: {}", file, set_.firstFault);
    }
    return fmt::format("Each of the first {} rows of {} has a fault. The first: {}", set_.skipped, file,
                       set_.firstFault);
  }

  Status addRow(text::Conversation& conversation) {
    for (const auto& message : conversation.messages) {
      const auto content = message.find("content");
      if (content != message.end() && content->is_string()) {
        textBytes_ += content->template get_ref<const std::string&>().size();
      }
    }
    if (!withTokens_) return {};
    auto made = makeChatExample(std::move(conversation), spec_.lossOn, encoder_, spec_.maxLength, encoder_.turnEnd());
    if (!made) {
      return Error{fmt::format("{}: {} Correct the row, or leave such rows out with --skip-bad yes.",
                               linePlace(files_.back(), line_), made.error().message)};
    }
    if (made->example.targetCount == 0) {
      ++set_.dropped;
      return {};
    }
    set_.truncated += made->example.truncated ? 1 : 0;
    set_.lostEnds += made->lostEnd ? 1 : 0;
    set_.endedTurns += made->endsTurn ? 1 : 0;
    set_.examples.push_back(std::move(made->example));
    return {};
  }

  Status addRow(const std::vector<std::string>& texts) {
    for (const auto& text : texts) textBytes_ += text.size();
    switch (spec_.task) {
      case Task::LanguageModelling:
        if (withTokens_) addText(encoder_.encode(texts[0]), 0);
        return {};
      case Task::MaskedLanguageModelling:
        if (withTokens_) addMaskable(texts[0]);
        return {};
      case Task::Completion: {
        if (!withTokens_) return {};
        const JoinedText joined = joinCompletion(texts[0], spec_.separator, texts[1]);
        EncodedText encoded = encoder_.encode(joined.text);
        const std::int64_t prompt = promptTokens(encoded, joined.promptCodePoints);
        addText(std::move(encoded), prompt);
        return {};
      }
      case Task::Classification:
        if (base::trim(texts[0]).empty()) return lineError(files_.back(), line_, "has an empty label: fill it in.");
        ROSA_CHECK(addInput(texts, 0));
        if (const auto label = placeOf(base::trim(texts[0])); withTokens_) set_.examples.back().label = label;
        return {};
      case Task::TokenClassification:
        return addWords(texts);
      case Task::Regression:
        break;
    }
    const auto value = number(base::trim(texts[0]));
    if (!value || !std::isfinite(static_cast<float>(*value))) {
      return lineError(
          files_.back(), line_,
          fmt::format("has {} in the label column {}: regression needs a number{}; for classes use --task "
                      "classification.",
                      base::inQuotes(texts[0]), base::inQuotes(spec_.label.empty() ? "label" : spec_.label),
                      value ? " that 32 bits can hold" : ""));
    }
    return addInput(texts, static_cast<float>(*value));
  }

  /// Where a label stands among the different ones: its class until these are numbered.
  std::int32_t placeOf(std::string_view label) {
    const auto [entry, isNew] = placeOfLabel_.emplace(label, static_cast<std::int32_t>(labels_.size()));
    if (isNew) {
      labels_.emplace_back(label);
      labelPlaces_.push_back({files_.size() - 1, line_});
    }
    return entry->second;
  }

  /// A row of words and as many labels.
  Status addWords(const std::vector<std::string>& texts) {
    const auto labels = wordsOfCell(texts[0]);
    const auto words = wordsOfCell(texts[1]);
    if (!labels || !words) {
      const auto& fault = labels ? words.error() : labels.error();
      return lineError(files_.back(), line_,
                       fmt::format("{} in its column of {}: write a list, or words with blanks between them.",
                                   fault.message, labels ? "words" : "labels"));
    }
    if (words->empty()) return lineError(files_.back(), line_, "has no words: fill it in or leave the row out.");
    if (labels->size() != words->size()) {
      return lineError(files_.back(), line_,
                       fmt::format("has {} labels for {} words: write one for each.", labels->size(), words->size()));
    }
    for (const auto& label : *labels) {
      if (base::trim(label).empty()) return lineError(files_.back(), line_, "has an empty label: fill it in.");
    }
    std::vector<std::int32_t> places;
    for (const auto& label : *labels) places.push_back(placeOf(base::trim(label)));
    if (!withTokens_) return {};
    const auto joined = joinWords(*words);
    EncodedText encoded = encoder_.encodeInput(joined.text, std::nullopt, spec_.maxLength);
    Example example;
    for (const auto word : firstTokens(encoded.ends, joined)) {
      example.targets.push_back(word < 0 ? kNoTarget : places[static_cast<std::size_t>(word)]);
      example.targetCount += word < 0 ? 0 : 1;
    }
    if (example.targetCount == 0) {
      ++set_.dropped;
      return {};
    }
    set_.truncated += encoded.truncated ? 1 : 0;
    example.truncated = encoded.truncated;
    example.tokenIds = std::move(encoded.ids);
    example.segmentIds = std::move(encoded.segmentIds);
    set_.examples.push_back(std::move(example));
    return {};
  }

  /// `prompt` leading tokens are not predicted where the loss is on the completion.
  void addText(EncodedText encoded, std::int64_t prompt) {
    auto& ids = encoded.ids;
    const auto end = encoder_.endToken();
    if (end && (ids.empty() || ids.back() != *end)) ids.push_back(*end);
    const auto longest = static_cast<std::size_t>(spec_.maxLength);
    const bool cut = ids.size() > longest;
    if (cut) ids.resize(longest);
    const bool onlyCompletion = spec_.task == Task::Completion && spec_.lossOn != LossOn::All;
    Example example = predictingExample(ids, onlyCompletion ? static_cast<std::size_t>(prompt) : 0);
    if (example.targetCount == 0) {
      ++set_.dropped;
      return;
    }
    example.promptTokens = std::min(prompt, std::ssize(ids));
    example.truncated = cut;
    set_.truncated += cut ? 1 : 0;
    set_.lostEnds += cut && end ? 1 : 0;
    set_.examples.push_back(std::move(example));
  }

  void addMaskable(const std::string& text) {
    EncodedText encoded = encoder_.encodeInput(text, std::nullopt, spec_.maxLength);
    Example example = maskableExample(std::move(encoded.ids), encoder_);
    if (example.targetCount == 0) {
      ++set_.dropped;
      return;
    }
    example.segmentIds = std::move(encoded.segmentIds);
    example.truncated = encoded.truncated;
    set_.truncated += encoded.truncated ? 1 : 0;
    set_.examples.push_back(std::move(example));
  }

  Status addInput(const std::vector<std::string>& texts, float value) {
    if (!withTokens_) return {};
    std::optional<std::string_view> pair;
    if (texts.size() > 2) pair = texts[2];
    EncodedText encoded = encoder_.encodeInput(texts[1], pair, spec_.maxLength);
    if (encoded.ids.empty()) {
      return lineError(files_.back(), line_,
                       fmt::format("has {} of which the model's tokenizer makes no token: fill it in or leave the row "
                                   "out.",
                                   base::trim(texts[1]).empty() ? "an empty text" : "a text"));
    }
    set_.truncated += encoded.truncated ? 1 : 0;
    Example example;
    example.truncated = encoded.truncated;
    example.tokenIds = std::move(encoded.ids);
    example.segmentIds = std::move(encoded.segmentIds);
    example.targetCount = 1;
    example.value = value;
    set_.examples.push_back(std::move(example));
    return {};
  }

  Status numberLabels(const LabelMap* given) {
    if (given != nullptr) {
      set_.labels = *given;
    } else {
      ROSA_CHECK(takeClasses());
    }
    std::vector<std::int32_t> classes;
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      const auto index = set_.labels.indexOf(labels_[i]);
      if (!index) return unknownLabel(i);
      classes.push_back(static_cast<std::int32_t>(*index));
    }
    // None is kept where a file is measured.
    for (auto& example : set_.examples) {
      if (spec_.task == Task::Classification) example.label = classes[static_cast<std::size_t>(example.label)];
      for (auto& target : example.targets) {
        if (target != kNoTarget) target = classes[static_cast<std::size_t>(target)];
      }
    }
    return {};
  }

  /// Makes the file's labels the classes, unless they are of a kind that would train without complaint and mean
  /// nothing.
  Status takeClasses() {
    const auto fractional = std::ranges::find_if(labels_, [](const std::string& label) {
      const auto value = number(label);
      return value && *value != std::floor(*value);
    });
    const bool allNumbers =
        std::ranges::all_of(labels_, [](const std::string& label) { return number(label).has_value(); });
    if (allNumbers && fractional != labels_.end()) {
      const Place& place = labelPlaces_[static_cast<std::size_t>(fractional - labels_.begin())];
      return lineError(files_[place.file], place.line,
                       fmt::format("has the label {}, a score rather than a class: use --task regression, or name the "
                                   "column of classes with --label.",
                                   base::inQuotes(*fractional)));
    }
    set_.labels = LabelMap::fromLabels(labels_);
    if (set_.labels.size() < 2) {
      return Error{
          fmt::format("{} has the label {} {}: classification needs at least two classes, so add rows "
                      "of others, or name another column with --label.",
                      base::printable(file_.native()), base::inQuotes(labels_.front()),
                      spec_.task == Task::Classification ? "in every row" : "for every word")};
    }
    if (set_.labels.size() > kMostClasses) {
      return Error{fmt::format("{} has {} different labels, {} among them: name the column of classes with --label.",
                               base::printable(file_.native()), base::formatCount(set_.labels.size()),
                               base::inQuotes(labels_.front()))};
    }
    return {};
  }

  Error unknownLabel(std::size_t place) const {
    std::string known;
    for (const auto& name : set_.labels.names()) {
      if (known.size() > 200) break;
      known += (known.empty() ? "" : ", ") + base::inQuotes(name);
    }
    return lineError(files_[labelPlaces_[place].file], labelPlaces_[place].line,
                     fmt::format("has the label {}, but the classes are {}: correct it, or leave the row out.",
                                 base::inQuotes(labels_[place]), known));
  }

  const std::filesystem::path& file_;
  const ExampleSpec& spec_;
  const TextEncoder& encoder_;
  ExampleSet set_;
  struct Place {
    std::size_t file = 0;  ///< in files_
    std::int64_t line = 0;
  };
  std::vector<std::filesystem::path> files_;  ///< read so far; several where file_ stands for them
  std::vector<std::string> labels_;           ///< each once, in the order of the file
  std::vector<Place> labelPlaces_;            ///< where each stands first
  std::unordered_map<std::string, std::int32_t> placeOfLabel_;
  std::int64_t line_ = 0;
  bool withTokens_ = true;
  std::size_t textBytes_ = 0;  ///< read so far
};

Error noText(const std::filesystem::path& file) {
  return Error{fmt::format("{} holds no text to learn from: choose another file.", base::printable(file.native()))};
}

/// Calls `use(text)` for each file's text. `maxRows` > 0 keeps only so many lines of all together.
template <typename Use>
Status readTexts(const std::filesystem::path& path, std::int64_t maxRows, Use use) {
  ROSA_TRY(const auto files, shardsOf(path));
  for (const auto& file : files) {
    ROSA_TRY(const std::string text, readTextFile(file, maxRows));
    ROSA_CHECK(use(text));
    if (maxRows == 0) continue;
    maxRows -= std::ranges::count(text, '\n') + (text.empty() || text.ends_with('\n') ? 0 : 1);
    if (maxRows <= 0) break;
  }
  return {};
}

/// No block holds parts of two files.
Expected<ExampleSet> readTextBlocks(const std::filesystem::path& file, const ExampleSpec& spec,
                                    const TextEncoder& encoder) {
  ExampleSet set;
  const Status read = readTexts(file, spec.maxRows, [&](const std::string& text) -> Status {
    const EncodedText encoded = encoder.encode(text);
    ROSA_TRY(const auto blocks, textBlocksOf(encoded, spec, encoder));
    const auto ids = blocks.text;
    for (std::size_t begin = 0; begin + blocks.fewest <= ids.size(); begin += blocks.room) {
      const auto block = ids.subspan(begin, std::min(blocks.room, ids.size() - begin));
      if (spec.task == Task::LanguageModelling) {
        set.examples.push_back(predictingExample(block, 0));
        continue;
      }
      auto framed = blocks.before;
      framed.insert(framed.end(), block.begin(), block.end());
      framed.insert(framed.end(), blocks.after.begin(), blocks.after.end());
      auto example = maskableExample(std::move(framed), encoder);
      if (example.targetCount > 0) set.examples.push_back(std::move(example));
    }
    return {};
  });
  if (!read) return read.error();
  if (set.examples.empty()) return noText(file);
  return set;
}

/// Its blocks follow from its tokens. Cut into them as a whole unless it is too large for that: the tokens at the seams
/// of several parts would not be the text's.
Expected<ExampleFacts> measureTextBlocks(const std::filesystem::path& file, const ExampleSpec& spec,
                                         const TextEncoder& encoder, const MeasureLimits& limits) {
  constexpr std::size_t kPartBytes = std::size_t{128} << 10U;
  ExampleFacts facts;
  std::size_t encodedBytes = 0;
  Lengths lengths(limits);
  const Status read = readTexts(file, spec.maxRows, [&](const std::string& text) -> Status {
    ROSA_CHECK(lengths.goOn());
    const std::size_t part = text.size() > kPartBytes ? text.find('\n', kPartBytes) : std::string::npos;
    const bool estimated = part != std::string::npos && encodedBytes + text.size() > limits.bytes;
    const auto cut = estimated ? part : text.size();
    const EncodedText encoded = encoder.encode(std::string_view(text).substr(0, cut));
    ROSA_TRY(const auto blocks, textBlocksOf(encoded, spec, encoder));
    encodedBytes += cut;
    auto tokens = blocks.text.size();
    if (estimated) {
      tokens = static_cast<std::size_t>(
          inProportion(std::ssize(text), static_cast<std::int64_t>(tokens), static_cast<std::int64_t>(part)));
    }
    facts.estimated = facts.estimated || estimated;
    facts.rows += static_cast<std::int64_t>(tokens / blocks.room + (blocks.rest(tokens) > 0 ? 1 : 0));
    lengths.addBlocks(tokens, blocks);
    return {};
  });
  if (!read) return read.error();
  if (facts.rows == 0) return noText(file);
  facts.examples = facts.rows;
  lengths.describe(facts);
  return facts;
}

/// Whether the task takes a text file as one text.
bool readsTextBlocks(Task task) {
  return task == Task::LanguageModelling || task == Task::MaskedLanguageModelling;
}

/// What no file can be read with.
Status checkSpec(const ExampleSpec& spec) {
  if (spec.maxLength >= 2) return {};
  return Error{"max-length must be at least 2: a token alone has none to predict it from."};
}

}  // namespace

ExampleSpec exampleSpec(const RunConfig& config) {
  return {config.task,      config.text,      config.textPair,
          config.label,     config.prompt,    config.completion,
          config.separator, config.lossOn,    config.shape == Shape::Auto ? Shape::Text : config.shape,
          config.skipBad,   config.maxLength, config.maxRows,
          config.header,    config.quotes};
}

TargetKind targetKind(Task task) {
  switch (task) {
    case Task::Classification:
      return TargetKind::Class;
    case Task::Regression:
      return TargetKind::Value;
    case Task::LanguageModelling:
    case Task::Completion:
    case Task::TokenClassification:
    case Task::MaskedLanguageModelling:
      break;
  }
  return TargetKind::Tokens;
}

std::int64_t ExampleSet::tokens() const {
  return std::transform_reduce(examples.begin(), examples.end(), std::int64_t{0}, std::plus(),
                               [](const Example& example) { return std::ssize(example.tokenIds); });
}

std::int64_t ExampleSet::targets() const {
  return std::transform_reduce(examples.begin(), examples.end(), std::int64_t{0}, std::plus(),
                               [](const Example& example) { return example.targetCount; });
}

Expected<ExampleSet> readExamples(const std::filesystem::path& file, const ExampleSpec& spec,
                                  const TextEncoder& encoder, const LabelMap* given) {
  ROSA_CHECK(checkSpec(spec));
  ROSA_TRY(const FileFormat format, fileFormat(file));
  if (format == FileFormat::Text && readsTextBlocks(spec.task)) return readTextBlocks(file, spec, encoder);
  return TableExamples(file, spec, encoder).read(given);
}

Expected<ExampleFacts> measureExamples(const std::filesystem::path& file, const ExampleSpec& spec,
                                       const TextEncoder& encoder, const LabelMap* given, const MeasureLimits& limits) {
  ROSA_CHECK(checkSpec(spec));
  ROSA_TRY(const FileFormat format, fileFormat(file));
  if (format == FileFormat::Text && readsTextBlocks(spec.task)) {
    return measureTextBlocks(file, spec, encoder, limits);
  }
  return TableExamples(file, spec, encoder).measure(given, limits);
}

}  // namespace rosa::data
