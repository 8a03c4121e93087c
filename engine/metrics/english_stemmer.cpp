// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/english_stemmer.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace rosa::metrics {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::array<Pair, 18> kWholeWords = {{{"skis", "ski"},
                                               {"skies", "sky"},
                                               {"dying", "die"},
                                               {"lying", "lie"},
                                               {"tying", "tie"},
                                               {"idly", "idl"},
                                               {"gently", "gentl"},
                                               {"ugly", "ugli"},
                                               {"early", "earli"},
                                               {"only", "onli"},
                                               {"singly", "singl"},
                                               {"sky", "sky"},
                                               {"news", "news"},
                                               {"howe", "howe"},
                                               {"atlas", "atlas"},
                                               {"cosmos", "cosmos"},
                                               {"bias", "bias"},
                                               {"andes", "andes"}}};
constexpr std::array<std::string_view, 8> kDoneAfterPlurals = {"inning",  "outing",  "canning", "herring",
                                                               "earring", "proceed", "exceed",  "succeed"};
constexpr std::array<std::string_view, 3> kLongPrefixes = {"gener", "commun", "arsen"};

/// Longest first where one ends in another; a rule without condition replaces its ending when that lies in R1.
constexpr std::array<Pair, 24> kStep2 = {
    {{"ization", "ize"}, {"ational", "ate"}, {"fulness", "ful"}, {"ousness", "ous"}, {"iveness", "ive"},
     {"tional", "tion"}, {"biliti", "ble"},  {"lessli", "less"}, {"entli", "ent"},   {"ation", "ate"},
     {"alism", "al"},    {"aliti", "al"},    {"ousli", "ous"},   {"iviti", "ive"},   {"fulli", "ful"},
     {"enci", "ence"},   {"anci", "ance"},   {"abli", "able"},   {"izer", "ize"},    {"ator", "ate"},
     {"alli", "al"},     {"bli", "ble"},     {"ogi", "og"},      {"li", ""}}};
constexpr std::array<Pair, 9> kStep3 = {{{"ational", "ate"},
                                         {"tional", "tion"},
                                         {"alize", "al"},
                                         {"icate", "ic"},
                                         {"iciti", "ic"},
                                         {"ative", ""},
                                         {"ical", "ic"},
                                         {"ness", ""},
                                         {"ful", ""}}};
constexpr std::array<std::string_view, 18> kStep4 = {"ement", "ance", "ence", "able", "ible", "ment",
                                                     "ant",   "ent",  "ism",  "ate",  "iti",  "ous",
                                                     "ive",   "ize",  "ion",  "al",   "er",   "ic"};

bool isVowel(char c) {
  return std::string_view("aeiouy").find(c) != std::string_view::npos;
}

/// A y that counts as a consonant is written Y meanwhile.
class Stemmer {
 public:
  explicit Stemmer(std::string_view word) : word_(word) {}

  std::string stem() {
    if (word_.size() <= 2) return word_;
    if (word_.front() == '\'') word_.erase(0, 1);
    for (const auto& [word, stem] : kWholeWords) {
      if (word_ == word) return std::string(stem);
    }
    markConsonantY();
    markRegions();
    removePossessive();
    removePlural();
    if (std::ranges::find(kDoneAfterPlurals, word_) == kDoneAfterPlurals.end()) {
      removePast();
      turnFinalY();
      replaceSuffix();
      replaceShortSuffix();
      removeSuffix();
      removeFinalLetter();
    }
    std::ranges::replace(word_, 'Y', 'y');
    return std::move(word_);
  }

 private:
  [[nodiscard]] bool ends(std::string_view ending) const { return std::string_view(word_).ends_with(ending); }
  [[nodiscard]] bool endingIn(std::size_t region, std::string_view ending) const {
    return word_.size() - ending.size() >= region;
  }
  void replaceEnding(std::size_t length, std::string_view by) {
    word_.erase(word_.size() - length);
    word_ += by;
  }
  [[nodiscard]] bool hasVowelBefore(std::size_t end) const {
    return std::any_of(word_.begin(), word_.begin() + static_cast<std::ptrdiff_t>(end), isVowel);
  }

  void markConsonantY() {
    for (std::size_t i = 0; i < word_.size(); ++i) {
      if (word_[i] == 'y' && (i == 0 || isVowel(word_[i - 1]))) word_[i] = 'Y';
    }
  }
  /// Behind the first consonant that follows a vowel, from `from` on.
  [[nodiscard]] std::size_t regionFrom(std::size_t from) const {
    std::size_t i = from;
    while (i < word_.size() && !isVowel(word_[i])) ++i;
    while (i < word_.size() && isVowel(word_[i])) ++i;
    return std::min(i + 1, word_.size());
  }
  void markRegions() {
    const auto prefix = std::ranges::find_if(
        kLongPrefixes, [&](std::string_view start) { return std::string_view(word_).starts_with(start); });
    r1_ = prefix != kLongPrefixes.end() ? prefix->size() : regionFrom(0);
    r2_ = regionFrom(r1_);
  }
  /// A vowel between consonants (the last not w, x or Y), or a vowel that begins the word before a consonant.
  [[nodiscard]] bool endsInShortSyllable(std::size_t end) const {
    if (end < 2 || isVowel(word_[end - 1]) || !isVowel(word_[end - 2])) return false;
    if (end == 2) return true;
    const char last = word_[end - 1];
    return last != 'w' && last != 'x' && last != 'Y' && !isVowel(word_[end - 3]);
  }

  // Step 0
  void removePossessive() {
    for (const std::string_view ending : {"'s'", "'s", "'"}) {
      if (ends(ending)) return replaceEnding(ending.size(), "");
    }
  }
  // Step 1a
  void removePlural() {
    if (ends("sses")) {
      replaceEnding(2, "");
    } else if (ends("ied") || ends("ies")) {
      replaceEnding(3, word_.size() > 4 ? "i" : "ie");
    } else if (ends("s") && !ends("us") && !ends("ss") && word_.size() >= 2 && hasVowelBefore(word_.size() - 2)) {
      replaceEnding(1, "");
    }
  }
  // Step 1b
  void removePast() {
    for (const std::string_view ending : {"eedly", "eed"}) {
      if (!ends(ending)) continue;
      if (endingIn(r1_, ending)) replaceEnding(ending.size(), "ee");
      return;
    }
    for (const std::string_view ending : {"ingly", "edly", "ing", "ed"}) {
      if (!ends(ending)) continue;
      if (!hasVowelBefore(word_.size() - ending.size())) return;
      replaceEnding(ending.size(), "");
      const std::size_t size = word_.size();
      if (ends("at") || ends("bl") || ends("iz")) {
        word_ += 'e';
      } else if (size >= 2 && word_[size - 1] == word_[size - 2] &&
                 std::string_view("bdfgmnprt").find(word_[size - 1]) != std::string_view::npos) {
        word_.pop_back();
      } else if (r1_ >= size && endsInShortSyllable(size)) {
        word_ += 'e';
      }
      return;
    }
  }
  // Step 1c
  void turnFinalY() {
    const std::size_t size = word_.size();
    if (size > 2 && (word_.back() == 'y' || word_.back() == 'Y') && !isVowel(word_[size - 2])) word_.back() = 'i';
  }
  // Step 2
  void replaceSuffix() {
    const auto rule = std::ranges::find_if(kStep2, [&](const Pair& pair) { return ends(pair.first); });
    if (rule == kStep2.end() || !endingIn(r1_, rule->first)) return;
    const std::size_t before = word_.size() - rule->first.size();
    if (rule->first == "ogi" && (before == 0 || word_[before - 1] != 'l')) return;
    if (rule->first == "li" &&
        (before == 0 || std::string_view("cdeghkmnrt").find(word_[before - 1]) == std::string_view::npos))
      return;
    replaceEnding(rule->first.size(), rule->second);
  }
  // Step 3
  void replaceShortSuffix() {
    const auto rule = std::ranges::find_if(kStep3, [&](const Pair& pair) { return ends(pair.first); });
    if (rule == kStep3.end() || !endingIn(rule->first == "ative" ? r2_ : r1_, rule->first)) return;
    replaceEnding(rule->first.size(), rule->second);
  }
  // Step 4
  void removeSuffix() {
    const auto ending = std::ranges::find_if(kStep4, [&](std::string_view suffix) { return ends(suffix); });
    if (ending == kStep4.end() || !endingIn(r2_, *ending)) return;
    const std::size_t before = word_.size() - ending->size();
    if (*ending == "ion" && (before == 0 || (word_[before - 1] != 's' && word_[before - 1] != 't'))) return;
    replaceEnding(ending->size(), "");
  }
  // Step 5
  void removeFinalLetter() {
    if (ends("e")) {
      if (endingIn(r2_, "e") || (endingIn(r1_, "e") && !endsInShortSyllable(word_.size() - 1))) word_.pop_back();
    } else if (ends("ll") && endingIn(r2_, "l")) {
      word_.pop_back();
    }
  }

  std::string word_;
  std::size_t r1_ = 0;
  std::size_t r2_ = 0;
};

}  // namespace

std::string englishStem(std::string_view word) {
  return Stemmer(word).stem();
}

}  // namespace rosa::metrics
