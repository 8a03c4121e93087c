// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "base/text.h"
#include "data/order.h"
#include "data/row_reader.h"
#include "data/row_shape.h"
#include "data/shards.h"
#include "rosa/task_traits.h"

namespace rosa::data {
namespace {

constexpr std::array<std::string_view, 2> kTrainNames{"train", "trainset"};
/// In order of preference; a test part is often without labels, so it comes last.
constexpr std::array<std::string_view, 9> kValidationNames{"dev",      "valid", "validation", "val",    "devset",
                                                           "validset", "eval",  "test",       "testset"};

using Paths = std::vector<std::filesystem::path>;

std::string lowerCaseStem(const std::filesystem::path& path) {
  return base::lowered(path.stem().string());
}

/// "train" of "train-00000-of-00002-1a2b3c": the stem without a shard's number.
std::string partOf(const std::string& stem) {
  const auto dash = stem.find_first_of("-_");
  const bool numbered =
      dash != std::string::npos && dash + 1 < stem.size() && stem[dash + 1] >= '0' && stem[dash + 1] <= '9';
  return numbered ? stem.substr(0, dash) : stem;
}

/// The files with the first of the names that occurs at all, in alphabetical order. Numbered files of one part and
/// ending, as train-00000-of-00002.parquet, count as one, written with * for what differs.
Paths filesCalled(const Paths& files, std::span<const std::string_view> names) {
  for (const std::string_view name : names) {
    Paths found;
    for (const auto& file : files) {
      const std::string stem = lowerCaseStem(file);
      if (partOf(stem) != name) continue;
      const auto alike = [&](const auto& other) {
        return other.extension() == file.extension() && partOf(lowerCaseStem(other)) == name &&
               lowerCaseStem(other) != name;
      };
      if (stem == name || std::ranges::count_if(files, alike) == 1) {
        found.push_back(file);
        continue;
      }
      auto pattern = file.parent_path() / (file.stem().string().substr(0, name.size() + 1) + "*");
      pattern += file.extension();
      if (std::ranges::find(found, pattern) == found.end()) found.push_back(std::move(pattern));
    }
    if (!found.empty()) return found;
  }
  return {};
}

std::string namesOf(const Paths& files) {
  std::string names;
  for (const auto& file : files) names += (names.empty() ? "" : ", ") + file.filename().string();
  return base::printable(names);
}

/// A folder that has a part's name and holds its files.
bool isPart(const std::filesystem::path& folder) {
  const std::string name = lowerCaseStem(folder);
  const bool named = std::ranges::find(kTrainNames, name) != kTrainNames.end() ||
                     std::ranges::find(kValidationNames, name) != kValidationNames.end();
  return named && fileFormat(folder);
}

Expected<DataFiles> locateInFolder(const std::filesystem::path& dataset) {
  const std::string name = base::printable(dataset.native());
  std::error_code problem;
  Paths files;
  for (std::filesystem::directory_iterator entry(dataset, problem), end; !problem && entry != end;
       entry.increment(problem)) {
    std::error_code ignored;
    const bool folder = std::filesystem::is_directory(entry->path(), ignored);
    if (folder ? isPart(entry->path()) : fileFormat(entry->path()).hasValue()) files.push_back(entry->path());
  }
  if (problem) return Error{fmt::format("{} cannot be listed ({}): check its permissions.", name, problem.message())};
  std::ranges::sort(files);

  const Paths train = filesCalled(files, kTrainNames);
  if (train.empty() && (files.empty() || !filesCalled(files, kValidationNames).empty())) {
    return Error{
        fmt::format("{} holds no train.csv, train.jsonl, train.parquet or the like: name the data file itself.", name)};
  }
  if (train.empty()) {
    // Files that no name tells apart are parts of one set.
    ROSA_CHECK(shardsOf(dataset));
    return DataFiles{dataset, std::nullopt};
  }
  if (train.size() > 1) return Error{fmt::format("{} holds {}: name the one to use.", name, namesOf(train))};

  DataFiles result{train.front(), std::nullopt};
  const Paths validation = filesCalled(files, kValidationNames);
  const auto alike = std::ranges::find(validation, train.front().extension(), &std::filesystem::path::extension);
  if (alike != validation.end()) {
    result.validation = *alike;
  } else if (!validation.empty()) {
    result.validation = validation.front();
  }
  return result;
}

/// Moves the held-out rows from `set` to `validation`, behind what it holds.
void holdOut(ExampleSet& set, double fraction, std::int64_t seed, ExampleSet& validation) {
  const auto held =
      std::make_shared<const std::vector<std::int64_t>>(heldOutRows(std::ssize(set.examples), fraction, seed));
  validation.kind = set.kind;
  validation.labels = set.labels;
  if (held->empty()) return;
  validation.examples = validation.examples.followedBy(set.examples.chosen(held));
  set.examples = set.examples.without(held);
}

/// Puts a further set behind what was read.
void append(ExampleSet& all, const ExampleSet& set) {
  all.examples = all.examples.followedBy(set.examples);
  all.truncated += set.truncated;
  all.lostEnds += set.lostEnds;
  all.dropped += set.dropped;
  all.skipped += set.skipped;
  all.endedTurns += set.endedTurns;
}

/// Gives the classes the order, and the spelling, of `labels`, which has all of them.
void renumber(ExampleSet& set, LabelMap labels) {
  std::vector<std::int32_t> classes;
  for (const auto& name : set.labels.names()) {
    classes.push_back(static_cast<std::int32_t>(labels.indexOf(name).value_or(std::ssize(classes))));
  }
  set.examples = set.examples.renumbered(std::move(classes));
  set.labels = std::move(labels);
}

/// --header yes holds for both files. Where only one of them has such a row, the other's first row is lost as names.
Status remarkOnHeaders(const RunConfig& config, const DataFiles& files, std::vector<std::string>& remarks) {
  if (config.header != Reading::Yes) return {};
  const auto namesIn = [&](const std::filesystem::path& file) -> Expected<std::vector<std::string>> {
    ROSA_TRY(const FileFormat format, fileFormat(file));
    if (namesItsColumns(format) || format == FileFormat::Text) return std::vector<std::string>();
    RowOptions options;
    ROSA_TRY(options.quotes, readsQuotes(file, config.quotes));
    ROSA_TRY(const auto reader, openRows(file, options));
    return std::vector<std::string>(reader->columns().begin(), reader->columns().end());
  };
  ROSA_TRY(const auto train, namesIn(files.train));
  ROSA_TRY(const auto validation, namesIn(*files.validation));
  if (train.empty() || validation.empty() || train == validation) return {};
  const auto shown = [](const std::filesystem::path& file) { return base::printable(file.filename().native()); };
  remarks.push_back(fmt::format(
      "--header yes holds for both files: the first row of {}, which differs from that of {}, is read as the "
      "names of its columns and not as data.",
      shown(*files.validation), shown(files.train)));
  return {};
}

}  // namespace

Expected<DataFiles> locateData(const std::filesystem::path& data) {
  if (data.filename().native().find('*') != std::string::npos) {
    ROSA_CHECK(shardsOf(data));
    return DataFiles{data, std::nullopt};
  }
  std::error_code ignored;
  const auto kind = std::filesystem::status(data, ignored);
  if (!std::filesystem::exists(kind)) {
    return Error{fmt::format("{} does not exist: check the path of the data.", base::printable(data.native()))};
  }
  if (std::filesystem::is_directory(kind)) return locateInFolder(data);
  return DataFiles{data, std::nullopt};
}

ReadOptions readingOf(const RunConfig& config) {
  ReadOptions options;
  const auto cores = static_cast<std::int64_t>(std::max(1U, std::thread::hardware_concurrency()));
  options.threads = config.threads > 0 ? std::min(config.threads, cores) : cores;
  return options;
}

Expected<DataFiles> filesOf(const RunConfig& config) {
  ROSA_TRY(DataFiles files, locateData(config.data));
  if (config.valid) files.validation = config.valid;
  return files;
}

Expected<Dataset> openDataset(const RunConfig& config, const TextEncoder& encoder, const DatasetOptions& options) {
  const auto* known = options.known;
  ExampleSpec spec = exampleSpec(config);
  Dataset dataset;
  ROSA_TRY(dataset.files, filesOf(config));
  const auto& files = dataset.files;
  const bool classes = hasClasses(config.task);
  auto reading = readingOf(config);
  reading.giveUp = options.giveUp;
  reading.progress = options.progress;
  ROSA_TRY(const auto sets, trainingSets(config, files.train, dataset.remarks));
  for (const auto& one : sets) {
    const bool first = dataset.mix.empty();
    reading.labels = !classes ? nullptr : first ? known : &dataset.train.labels;
    ROSA_TRY(ExampleSet read, readStoredExamples(one.file, one.spec, encoder, reading, options.store));
    if (first && classes && known == nullptr && options.choose) renumber(read, options.choose(read.labels));
    remarkOnCuts(read, one.file, spec.maxLength, dataset.remarks);
    if (encoder.turnEnd() && read.endedTurns == 0) dataset.remarks.push_back(noTurnEnds(one.file));
    if (!files.validation) holdOut(read, config.validationSplit, config.seed, dataset.validation);
    dataset.mix.push_back({std::ssize(dataset.train.examples), std::ssize(read.examples), one.weight});
    if (first) {
      dataset.train = std::move(read);
    } else {
      append(dataset.train, read);
    }
  }
  if (auto told = mixtureInWords(sets, dataset.mix); !told.empty()) dataset.remarks.push_back(std::move(told));
  if (sets.size() == 1) dataset.mix.clear();
  if (!files.validation) return dataset;
  ROSA_CHECK(remarkOnHeaders(config, files, dataset.remarks));
  spec.maxRows = 0;  // it is the training rows of which a part is asked for
  reading.labels = classes ? &dataset.train.labels : nullptr;
  ROSA_TRY(dataset.validation, readStoredExamples(*files.validation, spec, encoder, reading, options.store));
  remarkOnCuts(dataset.validation, *files.validation, spec.maxLength, dataset.remarks);
  return dataset;
}

Expected<ExampleSet> openEvaluationSet(const RunConfig& config, const TextEncoder& encoder, const LabelMap* labels,
                                       std::vector<std::string>& remarks, const TokenStore& store) {
  ROSA_TRY(const DataFiles files, locateData(config.data));
  const auto& file = files.validation ? *files.validation : files.train;
  auto reading = readingOf(config);
  reading.labels = labels;
  ROSA_TRY(ExampleSet set, readStoredExamples(file, exampleSpec(config), encoder, reading, store));
  remarkOnCuts(set, file, config.maxLength, remarks);
  return set;
}

std::string noTurnEnds(const std::filesystem::path& file) {
  return fmt::format(
      "No token that counts in the loss of {} ends the model's turn, so that it does not learn to stop. "
      "Raise max-length, or choose another chat-template or loss-on; where the model never learned that token, "
      "--train-tokens auto trains its row too.",
      base::printable(file.filename().native()));
}

void remarkOnCuts(const ExampleSet& set, const std::filesystem::path& file, std::int64_t maxLength,
                  std::vector<std::string>& remarks) {
  const std::string name = base::printable(file.filename().native());
  if (set.truncated > 0) {
    const bool one = set.truncated == 1;
    const auto cut = fmt::format("{} of {} examples of {} {} cut to {} tokens and {} {} end",
                                 base::formatCount(set.truncated), base::formatCount(std::ssize(set.examples)), name,
                                 one ? "is" : "are", maxLength, one ? "loses" : "lose", one ? "its" : "their");
    const char* stop = set.lostEnds > 0 ? ", and with it the end token from which the model learns to stop" : "";
    remarks.push_back(fmt::format("{}{}; raise max-length to keep {} whole.", cut, stop, one ? "it" : "them"));
  }
  if (set.skipped > 0) {
    const bool one = set.skipped == 1;
    remarks.push_back(fmt::format("{} {} of {} with a fault {} left out (skip-bad). The first: {}",
                                  base::formatCount(set.skipped), one ? "row" : "rows", name, one ? "is" : "are",
                                  set.firstFault));
  }
  if (set.dropped > 0) {
    const bool one = set.dropped == 1;
    remarks.push_back(fmt::format("{} {} of {} {} left out: within {} tokens {} nothing to predict.",
                                  base::formatCount(set.dropped), one ? "row" : "rows", name, one ? "is" : "are",
                                  maxLength, one ? "it holds" : "they hold"));
  }
}

}  // namespace rosa::data
