// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/meteor_words.h"

#include <string>
#include <unordered_set>

#include "text/unicode.h"

namespace rosa::metrics {
namespace {

bool isLetterOrDigit(char32_t c) {
  return c != '_' && text::isWordCharacter(c);
}
bool isLetter(char32_t c) {
  return isLetterOrDigit(c) && !text::isNumeric(c);
}

/// Words with blanks between them, so that rules can look at neighbours. Begins and ends with a blank.
std::u32string joined(const Words& words) {
  std::u32string line = U" ";
  for (const auto& word : words) (line += text::codePoints(word)) += ' ';
  return line;
}

std::u32string withMarksApart(const std::u32string& line) {
  std::u32string result;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char32_t c = line[i];
    const bool plain = isLetterOrDigit(c) || c == ' ' || c == '.' || c == '\'' || c == '-';
    const bool inNumber = c == ',' && text::isNumeric(line[i - 1]) && text::isNumeric(line[i + 1]);
    if (plain || inNumber) {
      result += c;
    } else {
      ((result += ' ') += c) += ' ';
    }
  }
  return result;
}

/// A character is part of one pair only, so that "a-b-c" becomes "a b-c".
std::u32string withoutHyphens(const std::u32string& line) {
  std::u32string result;
  for (std::size_t i = 0; i < line.size();) {
    const char32_t c = line[i];
    const bool parts =
        (isLetterOrDigit(c) || c == '.') && i + 2 < line.size() && line[i + 1] == '-' && isLetterOrDigit(line[i + 2]);
    result += c;
    if (parts) (result += ' ') += line[i + 2];
    i += parts ? 3 : 1;
  }
  return result;
}

std::u32string withApostrophesApart(const std::u32string& line) {
  std::u32string result;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\'') {
      result += line[i];
    } else if (isLetter(line[i - 1]) && isLetter(line[i + 1])) {
      result += U" '";
    } else if (text::isNumeric(line[i - 1]) && isLetter(line[i + 1])) {
      result += line[i + 1] == 's' ? U" '" : U"'";
    } else {
      result += U" ' ";
    }
  }
  return result;
}

void appendWord(Words& words, std::u32string& word) {
  if (word.empty()) return;
  const bool dotted = word.size() > 1 && word.back() == '.' && word.find('.') + 1 < word.size();
  if (dotted) std::erase(word, U'.');
  if (!word.empty()) words.push_back(text::toUtf8(word));
  word.clear();
}

/// A point behind a word stays where a word in lower case follows, and is a word of its own elsewhere.
Words withPointsApart(Words words) {
  Words result;
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto& word = words[i];
    const bool goesOn = i + 1 < words.size() && isLetter(text::codePoints(words[i + 1]).front());
    if (word.size() > 1 && word.back() == '.' && !goesOn) {
      word.pop_back();
      result.push_back(std::move(word));
      result.emplace_back(".");
    } else {
      result.push_back(std::move(word));
    }
  }
  return result;
}

}  // namespace

Words meteorWords(const Words& words) {
  const auto line = withApostrophesApart(withoutHyphens(withMarksApart(joined(words))));
  Words result;
  std::u32string word;
  for (const char32_t c : line) {
    if (c == ' ') {
      appendWord(result, word);
    } else {
      word += c;
    }
  }
  return withPointsApart(std::move(result));
}

bool isFunctionWord(std::string_view word) {
  static const std::unordered_set<std::string_view> kWords = {
      ",",     ".",     "\"",   "'",     "-",    "(",     ")",    ":",    ";",     "'s",  "s",     "'t",
      "the",   "a",     "an",   "this",  "that", "these", "of",   "in",   "to",    "for", "on",    "with",
      "at",    "by",    "from", "as",    "into", "about", "over", "up",   "out",   "and", "or",    "but",
      "if",    "than",  "when", "is",    "are",  "was",   "were", "be",   "been",  "has", "have",  "had",
      "will",  "would", "can",  "could", "do",   "not",   "n",    "it",   "its",   "he",  "his",   "him",
      "she",   "her",   "they", "their", "them", "we",    "our",  "i",    "you",   "who", "which", "what",
      "there", "all",   "more", "some",  "one",  "two",   "no",   "also", "after", "so",  "other"};
  return kWords.contains(word);
}

}  // namespace rosa::metrics
