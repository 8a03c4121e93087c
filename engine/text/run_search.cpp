// SPDX-License-Identifier: GPL-3.0-or-later
#include "rosa/run_search.h"

#include <algorithm>

#include "base/text.h"
#include "text/template/character.h"

namespace rosa {
namespace {

std::string folded(std::string_view text) {
  const bool plain = std::ranges::all_of(text, [](char character) { return static_cast<signed char>(character) >= 0; });
  return plain ? base::lowered(text) : text::jinja::caseFolded(text);
}

}  // namespace

std::string searchText(const RunRecord& run, const std::vector<std::string>& shown) {
  std::string text;
  // A line each: no word is found across two of them.
  const auto add = [&text](std::string_view part) {
    text += part;
    text += '\n';
  };
  for (const auto* part : {&run.name, &run.model, &run.data, &run.task, &run.method, &run.status, &run.startedAt,
                           &run.host, &run.notes.note}) {
    add(*part);
  }
  add(run.directory.filename().native());
  for (const auto& tag : run.notes.tags) add(tag);
  for (const auto& part : shown) add(part);
  return folded(text);
}

RunSearch::RunSearch(std::string_view words) {
  const std::string text = folded(words);
  constexpr std::string_view kBlank = " \t\n\r\f\v";
  for (std::size_t from = text.find_first_not_of(kBlank); from != std::string::npos;) {
    const std::size_t end = std::min(text.find_first_of(kBlank, from), text.size());
    words_.push_back(text.substr(from, end - from));
    from = text.find_first_not_of(kBlank, end);
  }
}

bool RunSearch::matches(std::string_view text) const {
  return std::ranges::all_of(words_, [text](const auto& word) { return text.find(word) != std::string_view::npos; });
}

}  // namespace rosa
