// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/example_sink.h"
#include "data/example_store.h"
#include "data/flat_batch.h"
#include "data/labels.h"
#include "data/text_encoder.h"
#include "rosa/config.h"
#include "rosa/expected.h"

/// From the rows of a data file to tokenised examples.
///
/// - lm: a table's row is one example that ends with the end token; a text file is one text, cut into consecutive
///   blocks of max-length tokens, each of which predicts all its tokens but the first.
/// - completion: prompt, separator, completion and end token (data/completion.h); the loss is on the completion and the
///   end token, or on everything.
/// - lm with a shape of conversations: a row is one conversation, written by the encoder's chat template
///   (data/chat_example.h); the loss is on what the assistant says, or as loss-on has it.
/// - masked-lm: a table's row is one text as the tokenizer frames it; a text file is one text, cut into consecutive
///   blocks of max-length tokens, each framed so. Which tokens are hidden is drawn later (data/masking.h).
/// - token-classification: the words of a row, a list or a text with blanks between them, and as many labels; each
///   word's label is that of its first token (data/word_labels.h).
/// - classification, regression: one text or a pair as the tokenizer frames it, cut longest first.
namespace rosa::data {

/// The part of a RunConfig that says how rows become examples.
struct ExampleSpec {
  Task task = Task::LanguageModelling;
  std::string text, textPair, label, prompt, completion;  ///< columns; empty = the usual name
  std::optional<std::string> separator;
  LossOn lossOn = LossOn::Auto;
  Shape shape = Shape::Text;  ///< settled (row_shape.h)
  bool skipBad = false;
  std::int64_t maxLength = 256;  ///< tokens of one example
  std::int64_t maxRows = 0;      ///< 0 = all; of a text file, lines
  Reading header = Reading::Auto, quotes = Reading::Auto;
};
[[nodiscard]] ExampleSpec exampleSpec(const RunConfig& config);
[[nodiscard]] TargetKind targetKind(Task task);

struct ExampleSet {
  TargetKind kind = TargetKind::Tokens;
  ExampleStore examples;
  LabelMap labels;              ///< of texts or words
  std::int64_t truncated = 0;   ///< examples cut to max-length tokens
  std::int64_t lostEnds = 0;    ///< of these, those that the end token was cut off from
  std::int64_t dropped = 0;     ///< rows left out because they hold nothing to predict
  std::int64_t skipped = 0;     ///< rows left out because they have a fault
  std::string firstFault;       ///< of these
  std::int64_t endedTurns = 0;  ///< conversations in which a target is the token that ends a turn
};

/// What a plan tells of a file before a run reads it.
struct ExampleFacts {
  std::int64_t rows = 0;  ///< those left out included; of a text file, its blocks
  std::int64_t examples = 0, truncated = 0, dropped = 0, skipped = 0;
  std::string firstFault;       ///< of the rows that were skipped
  std::int64_t endedTurns = 0;  ///< as of an ExampleSet; of the rows that were cut into tokens
  std::int64_t medianTokens = 0, longestTokens = 0;
  std::vector<std::int32_t> lengths;  ///< in tokens, of the examples that were cut into them, in the file's order
  LabelMap labels;                    ///< of texts or words
  bool estimated = false;  ///< only a part was cut into tokens, and the counts that need tokens were reckoned from it
};

struct MeasureLimits {
  /// So much text is cut into tokens, a few seconds' work; reading and checking go on to the end. Bytes and no time, so
  /// that the same file gives the same facts on every machine, however busy.
  std::size_t bytes = std::size_t{8} << 20U;
  std::function<bool()> giveUp;  ///< asked often; true ends the measuring with an error
};

/// The facts of a file, with `readExamples`' errors: all of its rows are read and checked, but no example is kept.
[[nodiscard]] Expected<ExampleFacts> measureExamples(const std::filesystem::path& file, const ExampleSpec& spec,
                                                     const TextEncoder& encoder, const LabelMap* given,
                                                     const MeasureLimits& limits);

class CutJournal;

/// How far a piece of work has come, 0 to 1, and what it is: "Cutting train.jsonl into tokens".
using Progress = std::function<void(double fraction, const std::string& what)>;

struct ReadOptions {
  const LabelMap* labels = nullptr;  ///< the classes; null = those of the file
  std::int64_t threads = 1;          ///< that cut texts into tokens, where the encoder allows several
  std::function<bool()> giveUp;      ///< asked often; true ends the reading with an error
  Progress progress{};               ///< told often, by the caller's thread
  std::int64_t firstRow = 0;         ///< of a table, by one thread: the rows before it are checked and make no example
  CutJournal* journal = nullptr;     ///< what the same reading has cut before, and where it notes what it cuts
};

/// Reads a whole file. Classification takes its classes from the file unless they are given (a validation set's are
/// those of its training set); a label that is not among them is an error that names the line. What comes out is the
/// same for any number of threads. The examples go into `sink` as they are made; without one into memory.
[[nodiscard]] Expected<ExampleSet> readExamples(const std::filesystem::path& file, const ExampleSpec& spec,
                                                const TextEncoder& encoder, const ReadOptions& options = {});
[[nodiscard]] Expected<ExampleSet> readExamples(const std::filesystem::path& file, const ExampleSpec& spec,
                                                const TextEncoder& encoder, const ReadOptions& options,
                                                ExampleSink& sink);

}  // namespace rosa::data
