// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/normalizer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "text/json_fields.h"
#include "text/pattern.h"

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

/// A code point on its way through a Unicode normal form, and how it came: 0 stands for one code point of the text,
/// +1 was inserted behind it, -n took n more code points of the text into itself.
struct Changed {
  char32_t value = 0;
  int change = 0;
};

/// The full decomposition in canonical order: marks between two starters are sorted by class, stably (Unicode, D109).
std::vector<Changed> decomposedText(const AlignedText& text, bool compatibility) {
  std::vector<Changed> result;
  result.reserve(text.size());
  for (const auto& c : text) {
    int change = 0;
    for (const char32_t value : decomposed(c.value, compatibility)) {
      result.push_back({value, change});
      change = 1;
    }
  }
  const auto starts = [](const Changed& c) { return combiningClass(c.value) == 0; };
  for (auto first = std::find_if_not(result.begin(), result.end(), starts); first != result.end();) {
    const auto last = std::find_if(first, result.end(), starts);
    std::stable_sort(first, last, [](const Changed& a, const Changed& b) {
      return combiningClass(a.value) < combiningClass(b.value);
    });
    first = std::find_if_not(last, result.end(), starts);
  }
  return result;
}

/// The canonical composition algorithm (Unicode, D117) on a decomposed text.
std::vector<Changed> composedText(const std::vector<Changed>& text) {
  std::vector<Changed> result;
  result.reserve(text.size());
  std::ptrdiff_t starter = -1;
  int lastClass = -1;  // of the marks kept since the starter; -1 = none
  for (const auto& c : text) {
    const int own = combiningClass(c.value);
    if (starter >= 0 && lastClass < own) {
      auto& base = result[static_cast<std::size_t>(starter)];
      if (const char32_t joined = composed(base.value, c.value); joined != 0) {
        base.value = joined;
        base.change += c.change - 1;
        continue;
      }
    }
    if (own == 0) {
      starter = static_cast<std::ptrdiff_t>(result.size());
      lastClass = -1;
    } else {
      lastClass = own;
    }
    result.push_back(c);
  }
  return result;
}

/// A normal form. Places follow from the changes alone, in their order, as the reference library has it: of marks that
/// change places only the code points move.
void normalForm(AlignedText& text, bool compatibility, bool composing) {
  auto changed = decomposedText(text, compatibility);
  if (composing) changed = composedText(changed);
  AlignedText result;
  result.reserve(changed.size());
  std::size_t next = 0;
  for (const auto& [value, change] : changed) {
    const auto place = std::min(change > 0 && next > 0 ? next - 1 : next, text.size() - 1);
    result.push_back({value, text[place].begin, text[place].end});
    if (change <= 0) next += 1 + static_cast<std::size_t>(-change);
  }
  text = std::move(result);
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

 private:
  bool clean_, chinese_, strip_, lower_;
};

class Unicode final : public Normalizer {
 public:
  Unicode(bool compatibility, bool composing) : compatibility_(compatibility), composing_(composing) {}
  void apply(AlignedText& text) const override { normalForm(text, compatibility_, composing_); }

 private:
  bool compatibility_, composing_;
};

class Lowercase final : public Normalizer {
 public:
  void apply(AlignedText& text) const override { lowercase(text); }
};

class StripAccents final : public Normalizer {
 public:
  void apply(AlignedText& text) const override {
    std::erase_if(text, [](const AlignedChar& c) { return isCombiningMark(c.value); });
  }
};

class Strip final : public Normalizer {
 public:
  Strip(bool left, bool right) : left_(left), right_(right) {}
  void apply(AlignedText& text) const override {
    const auto isText = [](const AlignedChar& c) { return !isWhiteSpace(c.value); };
    if (right_) text.erase(std::find_if(text.rbegin(), text.rend(), isText).base(), text.end());
    if (left_) text.erase(text.begin(), std::find_if(text.begin(), text.end(), isText));
  }

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

 private:
  std::u32string prefix_;
};

class Replace final : public Normalizer {
 public:
  Replace(Pattern pattern, std::u32string content) : pattern_(std::move(pattern)), content_(std::move(content)) {}
  void apply(AlignedText& text) const override {
    AlignedText result;
    result.reserve(text.size());
    std::size_t done = 0;
    for (const auto& match : pattern_.matches(text)) {
      result.insert(result.end(), text.begin() + static_cast<std::ptrdiff_t>(done),
                    text.begin() + static_cast<std::ptrdiff_t>(match.begin));
      if (match.end > match.begin) {
        for (const char32_t c : content_) result.push_back({c, text[match.begin].begin, text[match.end - 1].end});
      }
      done = match.end;
    }
    result.insert(result.end(), text.begin() + static_cast<std::ptrdiff_t>(done), text.end());
    text = std::move(result);
  }

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
