// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/normalizer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "text/charsmap.h"
#include "text/json_fields.h"
#include "text/normal_form.h"
#include "text/pattern.h"
#include "text/pre_tokenizer.h"

namespace rosa::text {
namespace {

constexpr std::string_view kPlace = "normalizer";

/// Replaces every code point by those that `map` gives for it, all with its place in the original.
template <typename Map>
void mapEach(AlignedText& text, const Map& map) {
  AlignedText result;
  result.reserve(text.size());
  for (const auto& c : text) {
    for (const char32_t value : map(c.value)) result.push_back({value, c.begin, c.end});
  }
  text = std::move(result);
}

void lowercase(AlignedText& text) {
  mapEach(text, [](char32_t c) { return lowered(c); });
}

void stripMarks(AlignedText& text) {
  std::erase_if(text, [](const AlignedChar& c) { return isNonspacingMark(c.value); });
}

class Bert final : public Normalizer {
 public:
  Bert(bool clean, bool chinese, bool strip, bool lower)
      : clean_(clean), chinese_(chinese), strip_(strip), lower_(lower) {}
  void apply(AlignedText& text) const override {
    if (clean_) {
      std::erase_if(text, [](const AlignedChar& c) {
        return c.value == 0 || c.value == 0xFFFD ||
               (isControl(c.value) && c.value != '\t' && c.value != '\n' && c.value != '\r');
      });
      for (auto& c : text) {
        if (isWhiteSpace(c.value)) c.value = ' ';
      }
    }
    if (chinese_) {
      mapEach(text, [](char32_t c) { return isChinese(c) ? std::u32string{' ', c, ' '} : std::u32string{c}; });
    }
    if (strip_) {
      normalForm(text, false, false);
      stripMarks(text);
    }
    if (lower_) lowercase(text);
  }
  bool forgets() const override { return true; }

 private:
  bool clean_, chinese_, strip_, lower_;
};

class Unicode final : public Normalizer {
 public:
  Unicode(bool compatibility, bool composing) : compatibility_(compatibility), composing_(composing) {}
  void apply(AlignedText& text) const override { normalForm(text, compatibility_, composing_); }
  bool forgets() const override { return true; }

 private:
  bool compatibility_, composing_;
};

/// SentencePiece's table of replacements. A grapheme cluster of up to 5 bytes is looked up as a whole, and what the
/// table has for its beginning replaces all of it; the characters of others are looked up one by one.
class Precompiled final : public Normalizer {
 public:
  explicit Precompiled(Charsmap map) : map_(std::move(map)) {}
  void apply(AlignedText& text) const override {
    constexpr std::size_t kShort = 6;  // bytes
    std::vector<Change> changes;
    changes.reserve(text.size());
    std::string utf8;
    int state = 0;
    for (std::size_t begin = 0; begin < text.size();) {
      std::size_t end = begin + 1;
      while (end < text.size() && !breaksGrapheme(text[end - 1].value, text[end].value, state)) ++end;
      utf8.clear();
      for (std::size_t i = begin; i < end && utf8.size() < kShort; ++i) appendUtf8(utf8, text[i].value);
      if (utf8.size() >= kShort || !replace(utf8, end - begin, changes)) {
        for (std::size_t i = begin; i < end; ++i) {
          utf8.clear();
          appendUtf8(utf8, text[i].value);
          if (!replace(utf8, 1, changes)) changes.push_back({text[i].value, 0});
        }
      }
      begin = end;
    }
    applyChanges(text, changes);
  }
  bool forgetsBehindWord() const override { return true; }

 private:
  /// False where the table has nothing; `count` is the code points of `part`.
  bool replace(std::string_view part, std::size_t count, std::vector<Change>& changes) const {
    const auto found = map_.find(part);
    if (!found) return false;
    const auto points = codePoints(*found);
    for (std::size_t i = 0; i < points.size(); ++i) changes.push_back({points[i], i < count ? 0 : 1});
    // What is left out counts as taken into the character before it, be it one of another part.
    if (points.size() < count && !changes.empty()) changes.back().change -= static_cast<int>(count - points.size());
    return true;
  }

  Charsmap map_;
};

/// SentencePiece's nmt rules: control characters go, other kinds of space become plain ones.
class Nmt final : public Normalizer {
 public:
  void apply(AlignedText& text) const override {
    std::erase_if(text, [](const AlignedChar& c) {
      const auto v = c.value;
      return (v >= 0x01 && v <= 0x08) || v == 0x0B || (v >= 0x0E && v <= 0x1F) || v == 0x7F || v == 0x8F || v == 0x9F;
    });
    for (auto& c : text) {
      const auto v = c.value;
      if (v == 0x09 || v == 0x0A || v == 0x0C || v == 0x0D || v == 0x1680 || (v >= 0x200B && v <= 0x200F) ||
          v == 0x2028 || v == 0x2029 || v == 0x2581 || v == 0xFEFF || v == 0xFFFD) {
        c.value = ' ';
      }
    }
  }
  bool forgets() const override { return true; }
};

class ByteLevel final : public Normalizer {
 public:
  void apply(AlignedText& text) const override {
    AlignedText bytes;
    appendByteLevel(text, bytes);
    text = std::move(bytes);
  }
  bool forgets() const override { return true; }
};

class Lowercase final : public Normalizer {
 public:
  void apply(AlignedText& text) const override { lowercase(text); }
  bool forgets() const override { return true; }
};

class StripAccents final : public Normalizer {
 public:
  void apply(AlignedText& text) const override {
    std::erase_if(text, [](const AlignedChar& c) { return isCombiningMark(c.value); });
  }
  bool forgets() const override { return true; }
};

class Strip final : public Normalizer {
 public:
  Strip(bool left, bool right) : left_(left), right_(right) {}
  void apply(AlignedText& text) const override {
    const auto isText = [](const AlignedChar& c) { return !isWhiteSpace(c.value); };
    if (right_) text.erase(std::find_if(text.rbegin(), text.rend(), isText).base(), text.end());
    if (left_) text.erase(text.begin(), std::find_if(text.begin(), text.end(), isText));
  }
  bool forgetsBehindWord() const override { return true; }

 private:
  bool left_, right_;
};

class Prepend final : public Normalizer {
 public:
  explicit Prepend(std::u32string prefix) : prefix_(std::move(prefix)) {}
  void apply(AlignedText& text) const override {
    if (text.empty()) return;
    AlignedText front;
    for (const char32_t c : prefix_) front.push_back({c, text.front().begin, text.front().end});
    text.insert(text.begin(), front.begin(), front.end());
  }
  bool forgetsBehindWord() const override { return true; }

 private:
  std::u32string prefix_;
};

class Replace final : public Normalizer {
 public:
  Replace(Pattern pattern, std::u32string content) : pattern_(std::move(pattern)), content_(std::move(content)) {}
  void apply(AlignedText& text) const override {
    if (text.empty()) return;
    AlignedText result;
    result.reserve(text.size());
    std::size_t done = 0;
    for (const auto& match : pattern_.matches(text)) {
      result.insert(result.end(), text.begin() + static_cast<std::ptrdiff_t>(done),
                    text.begin() + static_cast<std::ptrdiff_t>(match.begin));
      // As the reference library has it, all of the content stands for the last character of what it replaces.
      const auto before = match.end > 0 ? text[match.end - 1] : AlignedChar{0, text.front().begin, text.front().begin};
      for (const char32_t c : content_) result.push_back({c, before.begin, before.end});
      done = match.end;
    }
    result.insert(result.end(), text.begin() + static_cast<std::ptrdiff_t>(done), text.end());
    text = std::move(result);
  }
  bool forgets() const override { return pattern_.isCharacter(); }
  bool forgetsBehindWord() const override { return pattern_.isCharacter() || pattern_.keepsToBlanks(); }

 private:
  Pattern pattern_;
  std::u32string content_;
};

class Sequence final : public Normalizer {
 public:
  explicit Sequence(std::vector<std::unique_ptr<Normalizer>> parts) : parts_(std::move(parts)) {}
  void apply(AlignedText& text) const override {
    for (const auto& part : parts_) part->apply(text);
  }
  bool forgets() const override {
    return std::ranges::all_of(parts_, [](const auto& part) { return part->forgets(); });
  }
  bool forgetsBehindWord() const override {
    return std::ranges::all_of(parts_, [](const auto& part) { return part->forgetsBehindWord(); });
  }

 private:
  std::vector<std::unique_ptr<Normalizer>> parts_;
};

using Made = Expected<std::unique_ptr<Normalizer>>;

Made makeBert(const base::Json& json) {
  ROSA_TRY(const bool clean, boolField(json, "clean_text", true, kPlace));
  ROSA_TRY(const bool chinese, boolField(json, "handle_chinese_chars", true, kPlace));
  ROSA_TRY(const bool lower, boolField(json, "lowercase", true, kPlace));
  ROSA_TRY(const bool strip, boolField(json, "strip_accents", lower, kPlace));
  return Made(std::make_unique<Bert>(clean, chinese, strip, lower));
}

}  // namespace

Expected<std::unique_ptr<Normalizer>> makeNormalizer(const base::Json& json) {
  if (json.is_null()) return Made(std::unique_ptr<Normalizer>());
  ROSA_TRY(const auto type, typeOf(json, kPlace));
  if (type == "BertNormalizer") return makeBert(json);
  if (type == "NFC") return Made(std::make_unique<Unicode>(false, true));
  if (type == "NFD") return Made(std::make_unique<Unicode>(false, false));
  if (type == "NFKC") return Made(std::make_unique<Unicode>(true, true));
  if (type == "NFKD") return Made(std::make_unique<Unicode>(true, false));
  if (type == "Precompiled") {
    ROSA_TRY(const auto base64, textField(json, "precompiled_charsmap", kPlace));
    ROSA_TRY(auto map, Charsmap::fromBase64(base64));
    return Made(std::make_unique<Precompiled>(std::move(map)));
  }
  if (type == "Nmt") return Made(std::make_unique<Nmt>());
  if (type == "ByteLevel") return Made(std::make_unique<ByteLevel>());
  if (type == "Lowercase") return Made(std::make_unique<Lowercase>());
  if (type == "StripAccents") return Made(std::make_unique<StripAccents>());
  if (type == "Strip") {
    ROSA_TRY(const bool left, boolField(json, "strip_left", true, kPlace));
    ROSA_TRY(const bool right, boolField(json, "strip_right", true, kPlace));
    return Made(std::make_unique<Strip>(left, right));
  }
  if (type == "Prepend") {
    ROSA_TRY(auto prefix, pointsField(json, "prepend", kPlace));
    return Made(std::make_unique<Prepend>(std::move(prefix)));
  }
  if (type == "Replace") {
    ROSA_TRY(auto pattern, makePattern(member(json, "pattern"), kPlace));
    ROSA_TRY(auto content, pointsField(json, "content", kPlace));
    return Made(std::make_unique<Replace>(std::move(pattern), std::move(content)));
  }
  if (type == "Sequence") {
    std::vector<std::unique_ptr<Normalizer>> parts;
    for (const auto& part : member(json, "normalizers")) {
      ROSA_TRY(auto made, makeNormalizer(part));
      if (made) parts.push_back(std::move(made));
    }
    return Made(std::make_unique<Sequence>(std::move(parts)));
  }
  return unsupported(kPlace, type);
}

}  // namespace rosa::text
