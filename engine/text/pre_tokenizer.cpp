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

/// Where to cut a text of `size` in which `found` was found. Inverted, what was found is kept and what lies between are
/// the delimiters.
std::vector<Span> cuts(const std::vector<Span>& found, std::size_t size, Behaviour behaviour, bool invert = false) {
  std::vector<std::pair<Span, bool>> all;  // in order, with "is a delimiter"
  std::size_t done = 0;
  for (const auto& span : found) {
    if (span.begin > done) all.push_back({{done, span.begin}, invert});
    all.push_back({span, !invert});
    done = span.end;
  }
  if (done < size) all.push_back({{done, size}, invert});

  std::vector<Span> result;
  bool previous = false;               // whether the part before is a delimiter
  std::optional<std::size_t> pending;  // begin of delimiters that wait for the text after them
  for (const auto& [span, isDelimiter] : all) {
    switch (behaviour) {
      case Behaviour::Removed:
        if (!isDelimiter) result.push_back(span);
        break;
      case Behaviour::Contiguous:
        if (isDelimiter == previous && !result.empty()) {
          result.back().end = span.end;
        } else {
          result.push_back(span);
        }
        break;
      case Behaviour::MergedWithPrevious:
        if (isDelimiter && !previous && !result.empty()) {
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
  if (pending) result.push_back({*pending, size});
  return result;
}

/// Applies `cut(text) -> spans` to every piece.
template <typename Cut>
void cutEach(std::vector<AlignedText>& pieces, const Cut& cut) {
  std::vector<AlignedText> result;
  result.reserve(pieces.size());
  for (const auto& piece : pieces) {
    for (const auto& span : cut(piece)) {
      if (span.end > span.begin) {
        result.emplace_back(piece.begin() + static_cast<std::ptrdiff_t>(span.begin),
                            piece.begin() + static_cast<std::ptrdiff_t>(span.end));
      }
    }
  }
  pieces = std::move(result);
}

class SplitByPattern final : public PreTokenizer {
 public:
  SplitByPattern(Pattern pattern, Behaviour behaviour, bool invert)
      : pattern_(std::move(pattern)), behaviour_(behaviour), invert_(invert) {}
  void apply(std::vector<AlignedText>& pieces) const override {
    cutEach(pieces,
            [this](const AlignedText& text) { return cuts(pattern_.matches(text), text.size(), behaviour_, invert_); });
  }

 private:
  Pattern pattern_;
  Behaviour behaviour_;
  bool invert_;
};

/// Cuts at single code points that satisfy a predicate.
class SplitByKind final : public PreTokenizer {
 public:
  SplitByKind(bool (*isDelimiter)(char32_t), Behaviour behaviour) : isDelimiter_(isDelimiter), behaviour_(behaviour) {}
  void apply(std::vector<AlignedText>& pieces) const override {
    cutEach(pieces, [this](const AlignedText& text) {
      std::vector<Span> found;
      for (std::size_t i = 0; i < text.size(); ++i) {
        if (isDelimiter_(text[i].value)) found.push_back({i, i + 1});
      }
      return cuts(found, text.size(), behaviour_);
    });
  }

 private:
  bool (*isDelimiter_)(char32_t);
  Behaviour behaviour_;
};

class ByteLevel final : public PreTokenizer {
 public:
  ByteLevel(bool prefixSpace, std::optional<Pattern> pattern)
      : prefixSpace_(prefixSpace), pattern_(std::move(pattern)) {}
  void apply(std::vector<AlignedText>& pieces) const override {
    if (prefixSpace_) {
      for (auto& piece : pieces) {
        if (!piece.empty() && piece.front().value != ' ')
          piece.insert(piece.begin(), {U' ', piece.front().begin, piece.front().end});
      }
    }
    if (pattern_) {
      cutEach(pieces, [this](const AlignedText& text) {
        return cuts(pattern_->matches(text), text.size(), Behaviour::Isolated);
      });
    }
    for (auto& piece : pieces) piece = byteLevel(piece);
  }

 private:
  bool prefixSpace_;
  std::optional<Pattern> pattern_;
};

/// Cuts where the script changes, as SentencePiece does in training. A space belongs to what stands before it; spaces
/// before anything else vanish.
class UnicodeScripts final : public PreTokenizer {
 public:
  void apply(std::vector<AlignedText>& pieces) const override {
    cutEach(pieces, [](const AlignedText& text) {
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
  void apply(std::vector<AlignedText>& pieces) const override {
    cutEach(pieces, [this](const AlignedText& text) {
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
  void apply(std::vector<AlignedText>& pieces) const override {
    for (auto& piece : pieces) {
      for (auto& c : piece) {
        if (c.value == ' ') c.value = replacement_;
      }
      if (piece.empty() || piece.front().value == replacement_) continue;
      if (prepend_ == Prepend::Always || (prepend_ == Prepend::First && piece.front().begin == 0)) {
        piece.insert(piece.begin(), {replacement_, piece.front().begin, piece.front().end});
      }
    }
    if (!split_) return;
    cutEach(pieces, [this](const AlignedText& text) {
      std::vector<Span> found;
      for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i].value == replacement_) found.push_back({i, i + 1});
      }
      return cuts(found, text.size(), Behaviour::MergedWithNext);
    });
  }

 private:
  char32_t replacement_;
  Prepend prepend_;
  bool split_;
};

class Sequence final : public PreTokenizer {
 public:
  explicit Sequence(std::vector<std::unique_ptr<PreTokenizer>> parts) : parts_(std::move(parts)) {}
  void apply(std::vector<AlignedText>& pieces) const override {
    for (const auto& part : parts_) part->apply(pieces);
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

AlignedText byteLevel(const AlignedText& text) {
  AlignedText bytes;
  bytes.reserve(text.size());
  std::string utf8;
  for (const auto& c : text) {
    utf8.clear();
    appendUtf8(utf8, c.value);
    for (const char byte : utf8) bytes.push_back({byteCharacters()[static_cast<unsigned char>(byte)], c.begin, c.end});
  }
  return bytes;
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
