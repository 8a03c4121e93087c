// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/e2e_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>
#include <unordered_map>

#include "base/atomic_write.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "data/columns.h"
#include "data/row_reader.h"
#include "data/text_source.h"

namespace rosa::experiment {

namespace fs = std::filesystem;

namespace {

struct FileNames {
  const char* official;
  const char* linearised;
};

FileNames namesOf(E2ePart part) {
  switch (part) {
    case E2ePart::Train:
      return {"trainset.csv", "train.txt"};
    case E2ePart::Development:
      return {"devset.csv", "valid.txt"};
    case E2ePart::Test:
      break;
  }
  return {"testset_w_refs.csv", "test.txt"};
}

Expected<std::vector<PromptedText>> readOfficial(const fs::path& file) {
  ROSA_TRY(auto reader, data::ColumnReader::open(file, {{"--prompt", "mr", "mr"}, {"--completion", "ref", "ref"}}));
  std::vector<PromptedText> texts;
  for (std::vector<std::string> cells;;) {
    ROSA_TRY(const bool found, reader.next(cells));
    if (!found) return texts;
    texts.push_back({cells[0], cells[1]});
  }
}

Expected<std::vector<PromptedText>> readLinearised(const fs::path& file) {
  constexpr std::string_view kBorder = "||";
  ROSA_TRY(auto reader, data::LineReader::open(file, data::kLongestRowBytes));
  std::vector<PromptedText> texts;
  for (std::string line;;) {
    ROSA_TRY(const bool found, reader.next(line));
    if (!found) return texts;
    const auto border = line.find(kBorder);
    if (border == std::string::npos) {
      return data::lineError(file, reader.number(), "is no example: write the prompt, ||, and the text.");
    }
    const std::string_view whole = line;
    texts.push_back({std::string(base::trim(whole.substr(0, border))),
                     std::string(base::trim(whole.substr(border + kBorder.size())))});
  }
}

Status writeLines(const fs::path& file, const std::vector<PromptedText>& texts) {
  std::string lines;
  for (const auto& [prompt, text] : texts) {
    lines += base::Json{{"prompt", prompt}, {"completion", text}}.dump(-1, ' ', false,
                                                                       base::Json::error_handler_t::replace) +
             "\n";
  }
  return base::writeFileAtomically(base::FileSystem::real(), file, lines);
}

}  // namespace

Expected<std::vector<PromptedText>> readE2e(const fs::path& folder, E2ePart part) {
  const auto names = namesOf(part);
  std::error_code ignored;
  const bool official = fs::exists(folder / names.official, ignored);
  if (!official && !fs::exists(folder / names.linearised, ignored)) {
    return Error{fmt::format("{} holds neither {} nor {}. Name the folder of the E2E data with --data.",
                             folder.string(), names.official, names.linearised)};
  }
  ROSA_TRY(auto texts, official ? readOfficial(folder / names.official) : readLinearised(folder / names.linearised));
  if (texts.empty()) {
    return Error{fmt::format("{} holds no examples. Name the folder of the E2E data with --data.",
                             (folder / (official ? names.official : names.linearised)).string())};
  }
  return texts;
}

std::vector<std::size_t> spreadEvenly(std::size_t count, std::int64_t wanted) {
  const auto taken = wanted > 0 ? std::min(count, static_cast<std::size_t>(wanted)) : count;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < taken; ++i) places.push_back(i * count / taken);
  return places;
}

std::vector<PromptGroup> groupByPrompt(const std::vector<PromptedText>& texts) {
  std::vector<PromptGroup> groups;
  std::unordered_map<std::string, std::size_t> places;
  for (const auto& [prompt, text] : texts) {
    const auto [entry, fresh] = places.try_emplace(prompt, groups.size());
    if (fresh) groups.push_back({prompt, {}});
    groups[entry->second].texts.push_back(text);
  }
  return groups;
}

Expected<CompletionFiles> CompletionFiles::write(const std::vector<PromptedText>& train,
                                                 const std::vector<PromptedText>& valid) {
  ROSA_TRY(auto folder, base::TemporaryFolder::make("e2e"));
  CompletionFiles files(std::move(folder));
  ROSA_CHECK(writeLines(files.train(), train));
  ROSA_CHECK(writeLines(files.valid(), valid));
  return files;
}

}  // namespace rosa::experiment
