// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/pre_tokenizer.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "text/json_fields.h"
#include "text/pattern.h"
#include "text/unicode_scripts.h"

namespace rosa::text {
namespace {

constexpr std::string_view kPlace = "pre_tokenizer";
constexpr std::string_view kGpt2 = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

// \w+|[^\w\s]+ with \w as UTS 18 defines it.
constexpr std::string_view kWordsOrOthers =
    R"([\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200c}\x{200d}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200c}\x{200d}\s]+)";

enum class Behaviour { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous };

/// A part of a text in which delimiters were looked for.
struct Part {
  Span span;
  bool isDelimiter = false;
};

/// Appends to `result` where to cut the parts of a text, one behind another and none of them empty.
void cutParts(const std::vector<Part>& parts, Behaviour behaviour, std::vector<Span>& result) {
  const auto before = result.size();   // nothing is joined with what stands there
  bool previous = false;               // whether the part before is a delimiter
  std::optional<std::size_t> pending;  // begin of delimiters that wait for the text after them
  for (const auto& [span, isDelimiter] : parts) {
    switch (behaviour) {
      case Behaviour::Removed:
        if (!isDelimiter) result.push_back(span);
        break;
      case Behaviour::Contiguous:
        if (isDelimiter == previous && result.size() > before) {
          result.back().end = span.end;
        } else {
          result.push_back(span);
        }
        break;
      case Behaviour::MergedWithPrevious:
        if (isDelimiter && !previous && result.size() > before) {
          result.back().end = span.end;
        } else {
          result.push_back(span);
        }
        break;
      case Behaviour::MergedWithNext:
        if (isDelimiter) {
          if (pending) result.push_back({*pending, span.begin});
          pending = span.begin;
        } else {
          result.push_back({pending.value_or(span.begin), span.end});
          pending.reset();
        }
        break;
      case Behaviour::Isolated:
        result.push_back(span);
        break;
    }
    previous = isDelimiter;
  }
  if (pending) result.push_back({*pending, parts.back().span.end});
}

/// Applies `find(text, found)`, which tells delimiters by their places in the piece, to every piece. Inverted, what was
/// found is kept and what lies between are the delimiters.
template <typename Find>
void cutEach(Pieces& pieces, Behaviour behaviour, const Find& find, bool invert = false) {
  std::vector<Span> result;
  std::vector<Span> found;
  std::vector<Part> parts;
  result.reserve(pieces.spans.size());
  for (const auto& piece : pieces.spans) {
    found.clear();
    find(AlignedView(pieces.text).subspan(piece.begin, piece.end - piece.begin), found);
    parts.clear();
    std::size_t done = piece.begin;
    for (const auto& span : found) {
      const Span delimiter{piece.begin + span.begin, piece.begin + span.end};
      if (delimiter.begin > done) parts.push_back({{done, delimiter.begin}, invert});
      parts.push_back({delimiter, !invert});
      done = delimiter.end;
    }
    if (done < piece.end) parts.push_back({{done, piece.end}, invert});
    cutParts(parts, behaviour, result);
  }
  std::erase_if(result, [](const Span& span) { return span.end <= span.begin; });
  pieces.spans = std::move(result);
}

/// Applies `cut(text) -> spans` to every piece.
template <typename Cut>
void cutInto(Pieces& pieces, const Cut& cut) {
  std::vector<Span> result;
  for (const auto& piece : pieces.spans) {
    for (const auto& span : cut(AlignedView(pieces.text).subspan(piece.begin, piece.end - piece.begin))) {
      if (span.end > span.begin) result.push_back({piece.begin + span.begin, piece.begin + span.end});
    }
  }
  pieces.spans = std::move(result);
}

/// Rewrites every piece by `append(piece, text)`.
template <typename Append>
void rewriteEach(Pieces& pieces, const Append& append) {
  Pieces result;
  result.text.reserve(pieces.text.size());
  result.spans.reserve(pieces.spans.size());
  for (const auto& piece : pieces.spans) {
    const auto begin = result.text.size();
    append(AlignedView(pieces.text).subspan(piece.begin, piece.end - piece.begin), result.text);
    result.spans.push_back({begin, result.text.size()});
  }
  pieces = std::move(result);
}

void appendAll(AlignedView piece, AlignedText& text) {
  text.insert(text.end(), piece.begin(), piece.end());
}

class SplitByPattern final : public PreTokenizer {
 public:
  SplitByPattern(Pattern pattern, Behaviour behaviour, bool invert)
      : pattern_(std::move(pattern)), behaviour_(behaviour), invert_(invert) {}
  void apply(Pieces& pieces) const override {
    cutEach(
        pieces, behaviour_, [this](AlignedView text, std::vector<Span>& found) { pattern_.matches(text, found); },
        invert_);
  }
  bool forgets() const override { return !pattern_.looksBack(); }
  bool forgetsBehindWord() const override { return pattern_.isCharacter() && !invert_; }

 private:
  Pattern pattern_;
  Behaviour behaviour_;
  bool invert_;
};

/// Cuts at single code points that satisfy a predicate.
class SplitByKind final : public PreTokenizer {
 public:
  SplitByKind(bool (*isDelimiter)(char32_t), Behaviour behaviour) : isDelimiter_(isDelimiter), behaviour_(behaviour) {}
  void apply(Pieces& pieces) const override {
    cutEach(pieces, behaviour_, [this](AlignedView text, std::vector<Span>& found) {
      for (std::size_t i = 0; i < text.size(); ++i) {
        if (isDelimiter_(text[i].value)) found.push_back({i, i + 1});
      }
    });
  }
  bool forgets() const override { return true; }
  bool forgetsBehindWord() const override { return true; }
  /// Where each character is looked at by itself, the rest of a piece is cut like a piece.
  bool applyWatching(Pieces& pieces, std::optional<std::int32_t> place) const override {
    const bool each =
        behaviour_ == Behaviour::Removed || behaviour_ == Behaviour::Isolated || behaviour_ == Behaviour::Contiguous;
    return PreTokenizer::applyWatching(pieces, place) || (each && place);
  }

 private:
  bool (*isDelimiter_)(char32_t);
  Behaviour behaviour_;
};

class ByteLevel final : public PreTokenizer {
 public:
  ByteLevel(bool prefixSpace, std::optional<Pattern> pattern)
      : prefixSpace_(prefixSpace), pattern_(std::move(pattern)) {}
  void apply(Pieces& pieces) const override {
    if (prefixSpace_) {
      rewriteEach(pieces, [](AlignedView piece, AlignedText& text) {
        if (piece.front().value != ' ') text.push_back({U' ', piece.front().begin, piece.front().end});
        appendAll(piece, text);
      });
    }
    if (pattern_) {
      cutEach(pieces, Behaviour::Isolated,
              [this](AlignedView text, std::vector<Span>& found) { pattern_->matches(text, found); });
    }
    rewriteEach(pieces, appendByteLevel);
  }
  bool forgets() const override { return !prefixSpace_ && !(pattern_ && pattern_->looksBack()); }

 private:
  bool prefixSpace_;
  std::optional<Pattern> pattern_;
};

/// Cuts where the script changes, as SentencePiece does in training. A space belongs to what stands before it; spaces
/// before anything else vanish.
class UnicodeScripts final : public PreTokenizer {
 public:
  void apply(Pieces& pieces) const override {
    cutInto(pieces, [](AlignedView text) {
      std::vector<Span> spans;
      int last = kAnyScript;
      for (std::size_t i = 0; i < text.size(); ++i) {
        const int script = text[i].value == U' ' ? kAnyScript : scriptOf(text[i].value);
        if (script == kAnyScript) continue;
        if (script != last) {
          if (!spans.empty()) spans.back().end = i;
          spans.push_back({i, text.size()});
        }
        last = script;
      }
      return spans;
    });
  }
};

class FixedLength final : public PreTokenizer {
 public:
  explicit FixedLength(std::size_t length) : length_(length) {}
  void apply(Pieces& pieces) const override {
    cutInto(pieces, [this](AlignedView text) {
      std::vector<Span> spans;
      for (std::size_t i = 0; i < text.size(); i += length_) spans.push_back({i, std::min(i + length_, text.size())});
      return spans;
    });
  }

 private:
  std::size_t length_;
};

class Metaspace final : public PreTokenizer {
 public:
  enum class Prepend { Always, First, Never };
  Metaspace(char32_t replacement, Prepend prepend, bool split)
      : replacement_(replacement), prepend_(prepend), split_(split) {}
  void apply(Pieces& pieces) const override {
    for (auto& c : pieces.text) {
      if (c.value == ' ') c.value = replacement_;
    }
    rewriteEach(pieces, [this](AlignedView piece, AlignedText& text) {
      const auto& first = piece.front();
      const bool wanted = prepend_ == Prepend::Always || (prepend_ == Prepend::First && first.begin == 0);
      if (wanted && first.value != replacement_) text.push_back({replacement_, first.begin, first.end});
      appendAll(piece, text);
    });
    if (!split_) return;
    cutEach(pieces, Behaviour::MergedWithNext, [this](AlignedView text, std::vector<Span>& found) {
      for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i].value == replacement_) found.push_back({i, i + 1});
      }
    });
  }
  bool forgetsBehindWord() const override { return true; }

 private:
  char32_t replacement_;
  Prepend prepend_;
  bool split_;
};

class Sequence final : public PreTokenizer {
 public:
  explicit Sequence(std::vector<std::unique_ptr<PreTokenizer>> parts) : parts_(std::move(parts)) {}
  void apply(Pieces& pieces) const override {
    for (const auto& part : parts_) part->apply(pieces);
  }
  bool forgets() const override {
    return std::ranges::all_of(parts_, [](const auto& part) { return part->forgets(); });
  }
  bool forgetsBehindWord() const override {
    return std::ranges::all_of(parts_, [](const auto& part) { return part->forgetsBehindWord(); });
  }
  bool applyWatching(Pieces& pieces, std::optional<std::int32_t> place) const override {
    bool begins = place.has_value();
    for (const auto& part : parts_) begins = part->applyWatching(pieces, place) && begins;
    return begins;
  }

 private:
  std::vector<std::unique_ptr<PreTokenizer>> parts_;
};

using Made = Expected<std::unique_ptr<PreTokenizer>>;

Expected<Behaviour> behaviourOf(const base::Json& json) {
  ROSA_TRY(const auto word, textField(json, "behavior", kPlace));
  if (word == "Removed") return Behaviour::Removed;
  if (word == "Isolated") return Behaviour::Isolated;
  if (word == "MergedWithPrevious") return Behaviour::MergedWithPrevious;
  if (word == "MergedWithNext") return Behaviour::MergedWithNext;
  if (word == "Contiguous") return Behaviour::Contiguous;
  return unsupported("pre_tokenizer.behavior", word);
}

Made makeByteLevel(const base::Json& json) {
  ROSA_TRY(const bool prefixSpace, boolField(json, "add_prefix_space", true, kPlace));
  ROSA_TRY(const bool useRegex, boolField(json, "use_regex", true, kPlace));
  std::optional<Pattern> pattern;
  if (useRegex) {
    ROSA_TRY(pattern, Pattern::expression(kGpt2));
  }
  return Made(std::make_unique<ByteLevel>(prefixSpace, std::move(pattern)));
}

Made makeMetaspace(const base::Json& json) {
  ROSA_TRY(const auto replacement, pointsField(json, "replacement", kPlace));
  if (replacement.size() != 1) return Error{"pre_tokenizer.replacement must be one character."};
  ROSA_TRY(const bool split, boolField(json, "split", true, kPlace));
  ROSA_TRY(const bool oldPrefix, boolField(json, "add_prefix_space", true, kPlace));
  auto prepend = oldPrefix ? Metaspace::Prepend::Always : Metaspace::Prepend::Never;
  if (const auto& scheme = member(json, "prepend_scheme"); scheme.is_string()) {
    const auto word = scheme.get<std::string>();
    if (word == "always") {
      prepend = Metaspace::Prepend::Always;
    } else if (word == "first") {
      prepend = Metaspace::Prepend::First;
    } else if (word == "never") {
      prepend = Metaspace::Prepend::Never;
    } else {
      return unsupported("pre_tokenizer.prepend_scheme", word);
    }
  }
  return Made(std::make_unique<Metaspace>(replacement[0], prepend, split));
}

Made makeSequence(std::vector<std::unique_ptr<PreTokenizer>> parts) {
  return Made(std::make_unique<Sequence>(std::move(parts)));
}

}  // namespace

bool PreTokenizer::beginsAt(const Pieces& pieces, std::int32_t place) {
  const auto found = std::ranges::lower_bound(pieces.spans, place, {},
                                              [&pieces](const Span& span) { return pieces.text[span.begin].begin; });
  // A character of several bytes, or of several characters, begins them all.
  return found != pieces.spans.end() && pieces.text[found->begin].begin == place &&
         (found->begin == 0 || pieces.text[found->begin - 1].end <= place);
}

Expected<std::unique_ptr<PreTokenizer>> makePreTokenizer(const base::Json& json) {
  if (json.is_null()) return Made(std::unique_ptr<PreTokenizer>());
  ROSA_TRY(const auto type, typeOf(json, kPlace));
  if (type == "ByteLevel") return makeByteLevel(json);
  if (type == "Metaspace") return makeMetaspace(json);
  if (type == "WhitespaceSplit") return Made(std::make_unique<SplitByKind>(isWhiteSpace, Behaviour::Removed));
  if (type == "BertPreTokenizer") {
    std::vector<std::unique_ptr<PreTokenizer>> parts;
    parts.push_back(std::make_unique<SplitByKind>(isWhiteSpace, Behaviour::Removed));
    parts.push_back(std::make_unique<SplitByKind>(isPunctuation, Behaviour::Isolated));
    return makeSequence(std::move(parts));
  }
  if (type == "Punctuation") {
    auto behaviour = Behaviour::Isolated;
    if (!member(json, "behavior").is_null()) {
      ROSA_TRY(behaviour, behaviourOf(json));
    }
    return Made(std::make_unique<SplitByKind>(isPunctuation, behaviour));
  }
  if (type == "Digits") {
    ROSA_TRY(const bool individual, boolField(json, "individual_digits", false, kPlace));
    return Made(std::make_unique<SplitByKind>(isNumeric, individual ? Behaviour::Isolated : Behaviour::Contiguous));
  }
  if (type == "Whitespace") {
    ROSA_TRY(auto pattern, Pattern::expression(kWordsOrOthers));
    return Made(std::make_unique<SplitByPattern>(std::move(pattern), Behaviour::Removed, true));
  }
  if (type == "UnicodeScripts") return Made(std::make_unique<UnicodeScripts>());
  if (type == "FixedLength") {
    ROSA_TRY(const auto length, numberField(json, "length", 5, kPlace));
    if (length == 0) return Error{"pre_tokenizer.length must be at least 1."};
    return Made(std::make_unique<FixedLength>(static_cast<std::size_t>(length)));
  }
  if (type == "CharDelimiterSplit") {
    ROSA_TRY(const auto delimiter, pointsField(json, "delimiter", kPlace));
    if (delimiter.size() != 1) return Error{"pre_tokenizer.delimiter must be one character."};
    return Made(std::make_unique<SplitByPattern>(Pattern::literal(delimiter), Behaviour::Removed, false));
  }
  if (type == "Split") {
    ROSA_TRY(auto pattern, makePattern(member(json, "pattern"), kPlace));
    ROSA_TRY(const auto behaviour, behaviourOf(json));
    ROSA_TRY(const bool invert, boolField(json, "invert", false, kPlace));
    return Made(std::make_unique<SplitByPattern>(std::move(pattern), behaviour, invert));
  }
  if (type == "Sequence") {
    std::vector<std::unique_ptr<PreTokenizer>> parts;
    for (const auto& part : member(json, "pretokenizers")) {
      ROSA_TRY(auto made, makePreTokenizer(part));
      if (made) parts.push_back(std::move(made));
    }
    return makeSequence(std::move(parts));
  }
  return unsupported(kPlace, type);
}

void appendByteLevel(AlignedView text, AlignedText& bytes) {
  const auto& table = byteCharacters();
  std::string utf8;
  for (const auto& c : text) {
    if (c.value < 0x80) {
      bytes.push_back({table[c.value], c.begin, c.end});
      continue;
    }
    utf8.clear();
    appendUtf8(utf8, c.value);
    for (const char byte : utf8) bytes.push_back({table[static_cast<unsigned char>(byte)], c.begin, c.end});
  }
}

const std::array<char32_t, 256>& byteCharacters() {
  static const auto kTable = [] {
    std::array<char32_t, 256> table{};
    char32_t next = 256;
    for (char32_t byte = 0; byte < 256; ++byte) {
      const bool printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
      table[byte] = printable ? byte : next++;
    }
    return table;
  }();
  return kTable;
}

}  // namespace rosa::text
