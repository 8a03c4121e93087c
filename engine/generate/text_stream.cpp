// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/text_stream.h"

#include <algorithm>
#include <string_view>

namespace rosa::generate {

namespace {

constexpr std::size_t kContext = 8;   // tokens kept before new ones, or more
constexpr std::size_t kWindow = 24;   // tokens at which the window moves on
constexpr std::size_t kHalfChar = 4;  // most bytes of a character, each of which may be a token
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// The fewest last tokens, at least kContext, whose text alone is the end of the text of all: a cut within a run of
/// byte tokens spoils the whole run.
std::vector<std::int32_t> context(const text::Tokenizer& tokenizer, std::vector<std::int32_t> tokens) {
  if (tokens.size() <= kContext) return tokens;
  const auto text = tokenizer.decode(tokens, true);
  for (auto count = kContext; count < tokens.size(); ++count) {
    const auto last = std::span(tokens).last(count);
    const auto end = tokenizer.decode(last, true);
    if (text.ends_with(end) && !end.starts_with(kReplacement)) return {last.begin(), last.end()};
  }
  return tokens;
}

}  // namespace

TextStream::TextStream(const text::Tokenizer& tokenizer, std::span<const std::int64_t> prompt, StopFilter stops)
    : tokenizer_(&tokenizer), stops_(std::move(stops)) {
  std::vector<std::int32_t> tokens;
  for (const auto id : prompt) tokens.push_back(static_cast<std::int32_t>(id));
  window_ = context(tokenizer, std::move(tokens));
  known_ = tokenizer_->decode(window_, true);
}

std::string TextStream::push(std::int64_t token) {
  window_.push_back(static_cast<std::int32_t>(token));
  ++waiting_;
  // A character's first bytes decode to replacement characters until its last byte is there.
  auto text = tokenizer_->decode(window_, true);
  if (text.ends_with(kReplacement) && waiting_ < kHalfChar) return {};
  return stops_.push(passOn(std::move(text)));
}

std::string TextStream::finish() {
  std::string rest;
  if (waiting_ > 0) rest = stops_.push(passOn(tokenizer_->decode(window_, true)));
  return rest += stops_.finish();
}

std::string TextStream::passOn(std::string text) {
  // Bytes that make no character spoil what was right before them; they are then decoded alone.
  auto piece = text.starts_with(known_) ? text.substr(known_.size())
                                        : tokenizer_->decode(std::span(window_).last(waiting_), true);
  waiting_ = 0;
  known_ = std::move(text);
  if (window_.size() >= kWindow) {
    window_ = context(*tokenizer_, std::move(window_));
    known_ = tokenizer_->decode(window_, true);
  }
  return piece;
}

}  // namespace rosa::generate
