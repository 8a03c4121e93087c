// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/per_thread.h"
#include "rosa/expected.h"
#include "text/aligned_text.h"

namespace rosa::text {

/// An expression ran into the limits on its work: what it would have found in the rest of the text is unknown, and so
/// are the tokens. Thrown, because nothing between here and whoever asked for the text could go on.
class PatternLimit : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What a tokenizer searches for: a literal string or a regular expression (in Ruby's syntax, matched by PCRE2 with
/// limits on its work, because the pattern comes from a file). Copies share the compiled form; any number of threads
/// may match.
class Pattern {
 public:
  [[nodiscard]] static Pattern literal(std::u32string text);
  [[nodiscard]] static Expected<Pattern> expression(std::string_view regex);

  /// Whether what stands before a place may decide what matches there.
  [[nodiscard]] bool looksBack() const;
  /// Whether it is a literal of one character.
  [[nodiscard]] bool isCharacter() const { return compiled_ == nullptr && literal_.size() == 1; }

  /// Whether no match reaches from a word into the blanks beside it, and those inside the blanks are the same whatever
  /// word stands before: it is a literal without blanks, or a run of spaces.
  [[nodiscard]] bool keepsToBlanks() const;

  /// Puts into `found` the matches from left to right that do not overlap, empty ones among them. Throws PatternLimit.
  void matches(AlignedView text, std::vector<Span>& found) const;
  [[nodiscard]] std::vector<Span> matches(AlignedView text) const {
    std::vector<Span> found;
    matches(text, found);
    return found;
  }

 private:
  struct Compiled;
  /// What a search works with.
  struct Scratch;
  std::u32string literal_;
  std::shared_ptr<const Compiled> compiled_;
  std::shared_ptr<const base::PerThread<Scratch>> scratch_;
};

/// From {"String": "..."} or {"Regex": "..."}.
[[nodiscard]] Expected<Pattern> makePattern(const base::Json& json, std::string_view place);

}  // namespace rosa::text
