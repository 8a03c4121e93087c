// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/examples.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "data/columns.h"
#include "data/conversations.h"
#include "data/cut_journal.h"
#include "data/cut_records.h"
#include "data/length_sink.h"
#include "data/ordered_work.h"
#include "data/read_watch.h"
#include "data/row_maker.h"
#include "data/row_reader.h"
#include "data/shards.h"
#include "data/text_examples.h"
#include "data/text_source.h"
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
  TableExamples(const std::filesystem::path& file, const ExampleSpec& spec, const TextEncoder& encoder,
                ExampleSink& sink)
      : file_(file), spec_(spec), encoder_(encoder), sink_(sink), maker_(spec, encoder) {
    set_.kind = targetKind(spec.task);
  }

  Expected<ExampleSet> read(const ReadOptions& options) {
    reading_ = &options;
    const auto& giveUp = options.giveUp;
    ROSA_CHECK(readRows(encoder_.parallel() ? options.threads : 1,
                        [&]() -> Status { return giveUp && giveUp() ? Status(readingGivenUp()) : Status(); }));
    std::vector<std::int32_t> classes;
    if (hasClasses(spec_.task)) {
      ROSA_TRY(classes, numberLabels(options.labels));
    }
    if (examples_ == 0 && options.firstRow == 0) return nothingToPredict(file_, spec_.maxLength);
    ROSA_TRY(set_.examples, sink_.finish(set_, std::move(classes)));
    return std::move(set_);
  }

  Expected<ExampleFacts> measure(const LabelMap* given, const MeasureLimits& limits, LengthSink& lengths) {
    constexpr std::int64_t kFewest = 100;  // however long they are
    ExampleFacts facts;
    std::int64_t cutRows = 0;  // into tokens
    ROSA_CHECK(readRows(1, [&]() -> Status {
      ++facts.rows;
      if (withTokens_) ++cutRows;
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
  /// A row as it was read, or why it could not be.
  struct ReadRow {
    Expected<RowContent> content;
    std::int64_t line = 0;
    bool movedOn = true;  ///< beyond the row before it
  };
  /// Rows that stand one after another in one file.
  struct Piece {
    std::filesystem::path file;
    std::vector<ReadRow> rows;
    std::size_t bytes = 0;
  };
  struct MadePiece {
    MadeRows rows;                  ///< fewer than were read where the reading ends early
    Piece piece;                    ///< without the rows' contents
    std::vector<std::byte> record;  ///< to be added to the journal; empty for one that stands there
  };

  /// `rowDone()` follows each row that has no fault, in the order of the file.
  template <typename RowDone>
  Status readRows(std::int64_t threads, RowDone rowDone) {
    const TableReading reading{spec_.header, spec_.quotes};
    if (spec_.shape != Shape::Text && spec_.task == Task::LanguageModelling) {
      ROSA_TRY(auto reader, ConversationReader::open(file_, spec_.shape, spec_.text, reading));
      return readRowsOf<text::Conversation>(reader, threads, rowDone);
    }
    ROSA_TRY(auto reader, ColumnReader::open(file_, rolesOf(spec_), reading));
    return readRowsOf<std::vector<std::string>>(reader, threads, rowDone);
  }

  /// One thread reads, `threads` make examples, and what they make is added in the order of the file.
  template <typename Row, typename Reader, typename RowDone>
  Status readRowsOf(Reader& reader, std::int64_t threads, RowDone rowDone) {
    bool more = true;
    std::atomic<bool> ended = false;
    OrderedWork<MadePiece> work(threads);
    auto* journal = reading_ != nullptr ? reading_->journal : nullptr;
    const auto takeOne = [&]() -> Status {
      auto made = work.take();
      if (journal != nullptr && !made.record.empty()) journal->add(made.record);
      auto status = addPiece(std::move(made), rowDone);
      ended = ended || !status || allTaken();
      return status;
    };
    lastFile_ = reader.file();
    while ((more || carried_) && !ended) {
      const bool withTokens = withTokens_ && (reading_ == nullptr || rows_ >= reading_->firstRow);
      auto piece = std::make_shared<Piece>(nextPiece<Row>(reader, threads > 1 || journal != nullptr, more));
      if (journal == nullptr) {
        work.add([this, piece, withTokens, &ended] { return made(std::move(*piece), withTokens, ended); });
      } else {
        work.add(
            [this, piece, record = journal->next(), &ended] { return recalled(std::move(*piece), record, ended); });
      }
      if (reading_ != nullptr) tellCut(*reading_, file_, reader.share());
      while (work.full() && !ended) ROSA_CHECK(takeOne());
    }
    while (!work.empty() && !ended) ROSA_CHECK(takeOne());
    if (rows_ == 0) return set_.skipped > 0 ? Error{allSkipped()} : noRows(file_);
    return {};
  }

  [[nodiscard]] bool allTaken() const { return spec_.maxRows > 0 && rows_ >= spec_.maxRows; }

  /// `more` becomes false where nothing follows.
  template <typename Row, typename Reader>
  Piece nextPiece(Reader& reader, bool several, bool& more) {
    constexpr std::size_t kMostRows = 256, kMostBytes = std::size_t{128} << 10U;
    Piece piece;
    piece.file = lastFile_;
    if (carried_) piece.rows.push_back(*std::exchange(carried_, std::nullopt));
    if (!more) return piece;
    do {
      Row row;
      const auto found = reader.next(row);
      more = !found || *found;
      if (!more) break;
      const bool nextFile = lastFile_ != reader.file();
      const bool movedOn = nextFile || reader.line() > lastLine_;
      lastFile_ = reader.file();
      lastLine_ = reader.line();
      ReadRow read{found ? Expected<RowContent>(RowContent(std::move(row))) : Expected<RowContent>(found.error()),
                   lastLine_, movedOn};
      // A reader that stays where it is would fail for ever.
      more = found || (spec_.skipBad && movedOn);
      if (read.content) piece.bytes += textBytesOf(*read.content);
      if (piece.rows.empty()) piece.file = lastFile_;
      if (piece.file != lastFile_) {
        carried_ = std::move(read);
        break;
      }
      piece.rows.push_back(std::move(read));
    } while (more && several && piece.rows.size() < kMostRows && piece.bytes < kMostBytes);
    return piece;
  }

  /// On any thread.
  MadePiece made(Piece piece, bool withTokens, const std::atomic<bool>& ended) const {
    MadePiece result;
    for (auto& row : piece.rows) {
      if (ended) break;
      if (row.content) {
        result.rows.emplace_back(maker_.make(std::move(*row.content), piece.file, row.line, withTokens));
      } else {
        result.rows.emplace_back(row.content.error());
      }
    }
    result.piece = std::move(piece);
    return result;
  }

  /// The same, where the journal has no record of it.
  MadePiece recalled(Piece piece, const std::optional<std::vector<std::byte>>& record,
                     const std::atomic<bool>& ended) const {
    if (record) {
      if (auto rows = rowsOfRecord(*record, piece.rows.size(), piece.bytes)) {
        return {*std::move(rows), std::move(piece), {}};
      }
    }
    const auto bytes = piece.bytes;
    auto result = made(std::move(piece), true, ended);
    if (!record) result.record = recordOfRows(result.rows, bytes);
    return result;
  }

  template <typename RowDone>
  Status addPiece(MadePiece made, RowDone& rowDone) {
    const auto& piece = made.piece;
    if (piece.rows.empty()) return {};
    if (files_.empty() || files_.back() != piece.file) files_.push_back(piece.file);
    textBytes_ += piece.bytes;
    for (std::size_t i = 0; i < made.rows.size() && !allTaken(); ++i) {
      line_ = piece.rows[i].line;
      auto& row = made.rows[i];
      if (!row) {
        ROSA_CHECK(skip(row.error(), piece.rows[i].movedOn));
        continue;
      }
      ROSA_CHECK(add(*std::move(row)));
      ++rows_;
      ROSA_CHECK(rowDone());
    }
    return {};
  }

  /// Leaves a row with a fault out, where that is wanted.
  Status skip(const Error& fault, bool movedOn) {
    if (!spec_.skipBad || !movedOn) return fault;
    if (set_.skipped++ == 0) set_.firstFault = fault.message;
    // A wrong column or a template that fails is no matter of rows.
    if (rows_ == 0 && set_.skipped == kMostFaultsAtFirst) return Error{allSkipped()};
    return {};
  }

  Status add(MadeRow row) {
    std::vector<std::int32_t> places;
    for (const auto& label : row.labels) places.push_back(placeOf(label));
    if (!withTokens_ || (reading_ != nullptr && rows_ < reading_->firstRow)) return {};
    if (!row.example) {
      ++set_.dropped;
      return {};
    }
    auto& example = *row.example;
    if (spec_.task == Task::Classification) example.label = places[0];
    if (spec_.task == Task::TokenClassification) {
      for (auto& target : example.targets) {
        if (target != kNoTarget) target = places[static_cast<std::size_t>(target)];
      }
    }
    set_.truncated += example.truncated ? 1 : 0;
    set_.lostEnds += row.lostEnd ? 1 : 0;
    set_.endedTurns += row.endsTurn ? 1 : 0;
    ++examples_;
    return sink_.add(std::move(example));
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

  std::string allSkipped() const {
    const auto file = base::printable(file_.native());
    if (set_.skipped < kMostFaultsAtFirst) {
      return fmt::format("Every row of {} has a fault. The first: {}", file, set_.firstFault);
    }
    return fmt::format("Each of the first {} rows of {} has a fault. The first: {}", set_.skipped, file,
                       set_.firstFault);
  }

  /// The class of each different label.
  Expected<std::vector<std::int32_t>> numberLabels(const LabelMap* given) {
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
    return classes;
  }

  /// Makes the file's labels the classes, unless they are of a kind that would train without complaint and mean
  /// nothing.
  Status takeClasses() {
    const auto fractional = std::ranges::find_if(labels_, [](const std::string& label) {
      const auto value = numberIn(label);
      return value && *value != std::floor(*value);
    });
    const bool allNumbers =
        std::ranges::all_of(labels_, [](const std::string& label) { return numberIn(label).has_value(); });
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
  ExampleSink& sink_;
  RowMaker maker_;
  ExampleSet set_;
  std::int64_t examples_ = 0;
  const ReadOptions* reading_ = nullptr;  ///< null where a file is measured
  struct Place {
    std::size_t file = 0;  ///< in files_
    std::int64_t line = 0;
  };
  std::vector<std::filesystem::path> files_;  ///< read so far; several where file_ stands for them
  std::vector<std::string> labels_;           ///< each once, in the order of the file
  std::vector<Place> labelPlaces_;            ///< where each stands first
  std::unordered_map<std::string, std::int32_t> placeOfLabel_;
  std::int64_t line_ = 0;  ///< of the row that was added last
  std::int64_t rows_ = 0;  ///< without a fault
  bool withTokens_ = true;
  std::size_t textBytes_ = 0;  ///< added so far
  // Of the reading, which is ahead of the adding.
  std::filesystem::path lastFile_;
  std::int64_t lastLine_ = 0;
  std::optional<ReadRow> carried_;  ///< the first row of the next file
};

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

std::int64_t inProportion(std::int64_t count, std::int64_t whole, std::int64_t part) {
  return static_cast<std::int64_t>(
      std::llround(static_cast<double>(count) * static_cast<double>(whole) / static_cast<double>(part)));
}

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

Expected<ExampleSet> readExamples(const std::filesystem::path& file, const ExampleSpec& spec,
                                  const TextEncoder& encoder, const ReadOptions& options) {
  MemorySink sink;
  return readExamples(file, spec, encoder, options, sink);
}

Expected<ExampleSet> readExamples(const std::filesystem::path& file, const ExampleSpec& spec,
                                  const TextEncoder& encoder, const ReadOptions& options, ExampleSink& sink) {
  ROSA_CHECK(checkSpec(spec));
  ROSA_TRY(const FileFormat format, fileFormat(file));
  if (format == FileFormat::Text && readsTextBlocks(spec.task))
    return readTextBlocks(file, spec, encoder, options, sink);
  return TableExamples(file, spec, encoder, sink).read(options);
}

Expected<ExampleFacts> measureExamples(const std::filesystem::path& file, const ExampleSpec& spec,
                                       const TextEncoder& encoder, const LabelMap* given, const MeasureLimits& limits) {
  ROSA_CHECK(checkSpec(spec));
  ROSA_TRY(const FileFormat format, fileFormat(file));
  if (format == FileFormat::Text && readsTextBlocks(spec.task)) {
    return measureTextBlocks(file, spec, encoder, limits);
  }
  LengthSink lengths(limits);
  return TableExamples(file, spec, encoder, lengths).measure(given, limits, lengths);
}

}  // namespace rosa::data
