// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/text_examples.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "data/cut_journal.h"
#include "data/cut_records.h"
#include "data/ordered_work.h"
#include "data/read_watch.h"
#include "data/shards.h"
#include "data/text_blocks.h"
#include "data/text_pieces.h"
#include "data/text_source.h"

namespace rosa::data {
namespace {

Error noText(const std::filesystem::path& file) {
  return Error{fmt::format("{} holds no text to learn from: choose another file.", base::printable(file.native()))};
}

/// Of one file, in pieces.
class PiecedText {
 public:
  PiecedText(const std::filesystem::path& file, const TextEncoder& encoder, BlockCutter& cutter)
      : file_(file), encoder_(encoder), cutter_(cutter) {}

  /// At most `maxLines` if it is not 0; how many there were.
  Expected<std::int64_t> read(const ReadOptions& options, std::int64_t maxLines) {
    ROSA_TRY(auto pieces, TextPieces::open(file_, maxLines, encoder_.seam()));
    OrderedWork<CutPiece> work(encoder_.parallel() ? options.threads : 1);
    journal_ = options.journal;
    for (;;) {
      auto piece = std::make_shared<TextPiece>();
      ROSA_TRY(const bool more, pieces.next(*piece));
      if (!more) break;
      auto record = journal_ != nullptr ? journal_->next() : std::nullopt;
      work.add([this, piece, record = std::move(record)] { return cut(std::move(*piece), record); });
      while (work.full()) ROSA_CHECK(takeOne(work));
      tellCut(options, file_, pieces.share());
      if (options.giveUp && options.giveUp()) return readingGivenUp();
    }
    while (!work.empty()) ROSA_CHECK(takeOne(work));
    if (joined_) return cannotDivide();
    return pieces.lines();
  }

 private:
  struct CutPiece {
    TextPiece piece;
    PieceTokens tokens;             ///< none: a token reaches beyond the piece's end, or may do so
    std::vector<std::byte> record;  ///< to be added to the journal; empty for one that stands there
  };

  /// On any thread.
  CutPiece cut(TextPiece piece, const std::optional<std::vector<std::byte>>& record) const {
    const auto bytes = piece.end - piece.begin;
    if (record) {
      if (auto kept = tokensOfRecord(*record, bytes)) return {std::move(piece), *std::move(kept), {}};
    }
    CutPiece made{std::move(piece), {}, {}};
    made.tokens = tokensOf(made.piece);
    if (journal_ != nullptr && !record) made.record = recordOfTokens(made.tokens, bytes);
    return made;
  }

  PieceTokens tokensOf(const TextPiece& piece) const {
    auto encoded = encoder_.encodePart(piece.text, piece.begin, piece.end);
    return encoded ? PieceTokens(std::move(encoded->ids)) : std::nullopt;
  }

  Status takeOne(OrderedWork<CutPiece>& work) {
    auto made = work.take();
    if (journal_ != nullptr && !made.record.empty()) journal_->add(made.record);
    if (joined_) {
      joined_->text.resize(joined_->end);
      joined_->text.append(made.piece.text, made.piece.begin);
      joined_->end += made.piece.end - made.piece.begin;
      joined_->last = made.piece.last;
      // Tried again when there is twice as much: the work stays in proportion to the text.
      if (joined_->end < tryAt_ && !joined_->last) return {};
      made.piece = *std::exchange(joined_, std::nullopt);
      made.tokens = tokensOf(made.piece);
    }
    if (made.tokens) return cutter_.take(*made.tokens);
    if (made.piece.end > kLongestTextBytes) return cannotDivide();
    tryAt_ = 2 * made.piece.end;
    joined_ = std::move(made.piece);
    return {};
  }

  [[nodiscard]] Error cannotDivide() const {
    return Error{
        fmt::format("{} has more than {} without a place where its tokens can be told apart: split it, or read only "
                    "its first lines with --max-rows.",
                    base::printable(file_.native()), base::formatBytes(kLongestTextBytes))};
  }

  const std::filesystem::path& file_;
  const TextEncoder& encoder_;
  BlockCutter& cutter_;
  CutJournal* journal_ = nullptr;
  std::optional<TextPiece> joined_;  ///< pieces that could not be cut for themselves
  std::size_t tryAt_ = 0;            ///< bytes
};

}  // namespace

Expected<ExampleSet> readTextBlocks(const std::filesystem::path& file, const ExampleSpec& spec,
                                    const TextEncoder& encoder, const ReadOptions& options, ExampleSink& sink) {
  ExampleSet set;
  BlockCutter cutter(spec, encoder, sink);
  ROSA_TRY(const auto shards, shardsOf(file));
  std::int64_t lines = 0;
  for (const auto& shard : shards) {
    const auto room = spec.maxRows == 0 ? 0 : spec.maxRows - lines;
    if (encoder.seam() != text::Seam::None) {
      const auto any = encoder.encode("a");
      ROSA_CHECK(cutter.begin(unframed(any, encoder)));
      ROSA_TRY(const auto read, PiecedText(shard, encoder, cutter).read(options, room));
      lines += read;
    } else {
      ROSA_TRY(const auto text, readTextFile(shard, room));
      tellCut(options, shard, 0);
      if (options.giveUp && options.giveUp()) return readingGivenUp();
      const auto encoded = encoder.encode(text.text);
      const auto framed = unframed(encoded, encoder);
      ROSA_CHECK(cutter.begin(framed));
      ROSA_CHECK(cutter.take(framed.text));
      lines += text.lines;
    }
    ROSA_CHECK(cutter.end());
    if (spec.maxRows > 0 && lines >= spec.maxRows) break;
  }
  if (!cutter.any()) return noText(file);
  ROSA_TRY(set.examples, sink.finish(set, {}));
  return set;
}

Expected<ExampleFacts> measureTextBlocks(const std::filesystem::path& file, const ExampleSpec& spec,
                                         const TextEncoder& encoder, const MeasureLimits& limits) {
  constexpr std::size_t kPartBytes = std::size_t{128} << 10U;
  ExampleFacts facts;
  std::size_t encodedBytes = 0;
  LengthSink lengths(limits);
  ROSA_TRY(const auto shards, shardsOf(file));
  std::int64_t lines = 0;
  for (const auto& shard : shards) {
    ROSA_CHECK(lengths.goOn());
    const auto room = spec.maxRows == 0 ? 0 : spec.maxRows - lines;
    // What is longer is not kept: its first part will do.
    ROSA_TRY(auto read, readTextFile(shard, room, std::max(limits.bytes, 2 * kPartBytes), limits.giveUp));
    const auto& text = read.text;
    const std::size_t part = read.bytes > kPartBytes ? text.find('\n', kPartBytes) : std::string::npos;
    const bool estimated = part != std::string::npos && encodedBytes + read.bytes > limits.bytes;
    const auto cut = estimated ? part : text.size();
    const EncodedText encoded = encoder.encode(std::string_view(text).substr(0, cut));
    const auto framed = unframed(encoded, encoder);
    ROSA_TRY(const auto blocks, textBlocksOf(framed, spec));
    encodedBytes += cut;
    auto tokens = spec.task == Task::MaskedLanguageModelling ? framed.text.size() : encoded.ids.size();
    if (estimated) {
      tokens = static_cast<std::size_t>(inProportion(
          static_cast<std::int64_t>(read.bytes), static_cast<std::int64_t>(tokens), static_cast<std::int64_t>(part)));
    }
    facts.estimated = facts.estimated || estimated;
    facts.rows += static_cast<std::int64_t>(tokens / blocks.room + (blocks.rest(tokens) > 0 ? 1 : 0));
    lengths.addBlocks(tokens, blocks);
    lines += read.lines;
    if (spec.maxRows > 0 && lines >= spec.maxRows) break;
  }
  if (facts.rows == 0) return noText(file);
  facts.examples = facts.rows;
  lengths.describe(facts);
  return facts;
}

}  // namespace rosa::data
