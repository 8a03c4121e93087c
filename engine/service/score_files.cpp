// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/text.h"
#include "data/row_reader.h"
#include "data/text_source.h"
#include "metrics/text_scores.h"
#include "rosa/score.h"

namespace rosa {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kSourceNames = {"mr", "source", "src"};
constexpr std::array<std::string_view, 6> kHypothesisNames = {"output", "out", "system", "sys", "ref", "reference"};
constexpr std::array<std::string_view, 4> kReferenceNames = {"ref", "reference", "target", "human"};

/// A text and, where its file gives one, the source it was made from.
struct SourcedText {
  std::optional<std::string> source;
  std::string text;
};

bool isTable(const fs::path& path) {
  const auto format = data::fileFormat(path);
  return format && (*format == data::FileFormat::Csv || *format == data::FileFormat::Tsv);
}

std::optional<std::size_t> findColumn(const std::vector<std::string>& columns,
                                      std::span<const std::string_view> names) {
  for (const auto name : names) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (base::trim(base::lowered(columns[i])) == name) return i;
    }
  }
  return std::nullopt;
}

Expected<std::vector<SourcedText>> readTable(const fs::path& path, std::span<const std::string_view> textNames) {
  ROSA_TRY(const auto reader, data::openRows(path));
  const auto source = findColumn(reader->columns(), kSourceNames);
  const auto text = findColumn(reader->columns(), textNames);
  if (!source || !text) {
    return Error{fmt::format("{} has no column \"{}\". Name its columns in the first row: \"mr\" and \"{}\".",
                             base::printable(path.native()), source ? textNames.front() : "mr", textNames.front())};
  }
  std::vector<SourcedText> texts;
  for (data::Row row;;) {
    ROSA_TRY(const bool found, reader->next(row));
    if (!found) return texts;
    texts.push_back({row.cells[*source].text, row.cells[*text].text});
  }
}

Expected<std::vector<std::string>> readLines(const fs::path& path) {
  ROSA_TRY(auto reader, data::LineReader::open(path, data::kLongestRowBytes));
  std::vector<std::string> lines;
  for (std::string line;;) {
    ROSA_TRY(const bool found, reader.next(line));
    if (!found) return lines;
    lines.emplace_back(base::trim(line));
  }
}

Expected<std::vector<SourcedText>> readHypotheses(const fs::path& path) {
  if (isTable(path)) return readTable(path, kHypothesisNames);
  ROSA_TRY(auto lines, readLines(path));
  std::vector<SourcedText> texts;
  for (auto& line : lines) texts.push_back({std::nullopt, std::move(line)});
  return texts;
}

struct References {
  std::vector<std::vector<std::string>> groups;
  std::unordered_map<std::string, std::size_t> groupOfSource;  ///< empty for a file of lines
};

Expected<References> groupLines(const fs::path& path) {
  ROSA_TRY(auto lines, readLines(path));
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  References references;
  const bool grouped = std::ranges::find(lines, "") != lines.end();
  bool begins = true;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty()) {
      if (begins) {
        return data::lineError(path, static_cast<std::int64_t>(i + 1),
                               "is blank where a group of references begins: leave one blank line between two groups.");
      }
      begins = true;
      continue;
    }
    if (begins) references.groups.emplace_back();
    references.groups.back().push_back(std::move(lines[i]));
    begins = !grouped;
  }
  return references;
}

Expected<References> readReferences(const fs::path& path) {
  if (!isTable(path)) return groupLines(path);
  ROSA_TRY(auto texts, readTable(path, kReferenceNames));
  References references;
  for (auto& text : texts) {
    const auto [entry, fresh] = references.groupOfSource.try_emplace(*text.source, references.groups.size());
    if (fresh) references.groups.emplace_back();
    references.groups[entry->second].push_back(std::move(text.text));
  }
  return references;
}

}  // namespace

Expected<ScoreReport> scoreFiles(const ScoreRequest& request) {
  ROSA_TRY(auto hypotheses, readHypotheses(request.hypotheses));
  ROSA_TRY(auto references, readReferences(request.references));
  for (const auto& [path, empty] :
       {std::pair{request.hypotheses, hypotheses.empty()}, {request.references, references.groups.empty()}}) {
    if (empty) return Error{fmt::format("{} holds no texts. Check the path.", base::printable(path.native()))};
  }

  ScoreReport report;
  std::vector<std::string> texts;
  std::vector<std::vector<std::string>> groups;
  const bool bySource = hypotheses.front().source && !references.groupOfSource.empty();
  if (!bySource && hypotheses.size() != references.groups.size()) {
    return Error{fmt::format("{} has {} texts and {} has references for {}. Name the two files that belong together.",
                             base::printable(request.hypotheses.native()), hypotheses.size(),
                             base::printable(request.references.native()), references.groups.size())};
  }
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    std::size_t group = i;
    if (bySource) {
      const auto found = references.groupOfSource.find(*hypotheses[i].source);
      if (found == references.groupOfSource.end()) {
        return Error{fmt::format("{} has no reference for {}. Name the references of these hypotheses.",
                                 base::printable(request.references.native()), base::inQuotes(*hypotheses[i].source))};
      }
      group = found->second;
    }
    report.references += static_cast<std::int64_t>(references.groups[group].size());
    groups.push_back(references.groups[group]);
    texts.push_back(std::move(hypotheses[i].text));
  }
  report.hypotheses = static_cast<std::int64_t>(texts.size());
  report.scores = metrics::textScores(texts, groups);
  return report;
}

}  // namespace rosa
