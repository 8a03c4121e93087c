// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/examples.h"
#include "data/mixture.h"
#include "data/token_store.h"
#include "rosa/config.h"
#include "rosa/expected.h"

/// The files of a dataset and its division into training and validation examples.
namespace rosa::data {

struct DataFiles {
  std::filesystem::path train;
  std::optional<std::filesystem::path> validation;  ///< found in the folder
};

/// A file stands for itself, and so does a name with * (data/shards.h). In a folder, the training part is called train
/// or trainset, the validation part dev, valid, validation, val, devset, validset or eval, or for want of those test or
/// testset; upper case counts as lower. A part may be one file, numbered ones (train-00000-of-00002.parquet), which
/// then are written as train-*.parquet, or a folder of files. Where nothing has such a name, all files of the folder
/// are the training part.
[[nodiscard]] Expected<DataFiles> locateData(const std::filesystem::path& data);

struct Dataset {
  DataFiles files;
  ExampleSet train;                  ///< of all sets that are mixed, one behind the other
  std::vector<MixedRange> mix;       ///< their stretches; empty where there is one set
  ExampleSet validation;             ///< empty if none is wanted
  std::vector<std::string> remarks;  ///< what a user should know: rows cut to max-length, rows left out
};

/// The files that a run reads: those of `data`, but in place of the folder's validation part what `valid` names.
[[nodiscard]] Expected<DataFiles> filesOf(const RunConfig& config);

/// With as many threads as the configuration asks for and the machine has cores.
[[nodiscard]] ReadOptions readingOf(const RunConfig& config);

/// The classes that a run is to have, from the labels of its training file.
using ChooseLabels = std::function<LabelMap(const LabelMap& ofData)>;

struct DatasetOptions {
  const LabelMap* known = nullptr;  ///< the classes that the run is to have; null = of the data
  ChooseLabels choose{};            ///< where none are known
  TokenStore store{};
  std::function<bool()> giveUp{};  ///< as of ReadOptions
  Progress progress{};
};

/// Reads the training file with those of `mix` behind it (data/mixture.h) and, in this order of preference, the file
/// that `valid` names, the folder's validation part, or a share `validation-split` of each set's training rows, drawn
/// by the seed and held out. The classes of a classification are the `known` ones where there are any; a label that is
/// none of them is an error. Otherwise they are those of the training file, numbered as `choose` says. What was read
/// before comes from the store.
[[nodiscard]] Expected<Dataset> openDataset(const RunConfig& config, const TextEncoder& encoder,
                                            const DatasetOptions& options = {});

/// What an evaluation of a finished model reads: the validation part of a folder, or the whole of a file. `labels` are
/// the model's classes; null for other tasks.
[[nodiscard]] Expected<ExampleSet> openEvaluationSet(const RunConfig& config, const TextEncoder& encoder,
                                                     const LabelMap* labels, std::vector<std::string>& remarks,
                                                     const TokenStore& store = {});

/// Conversations of which no target ends a turn.
[[nodiscard]] std::string noTurnEnds(const std::filesystem::path& file);

/// Adds a sentence if examples of the file were cut, one if rows had a fault, and one if rows were left out.
void remarkOnCuts(const ExampleSet& set, const std::filesystem::path& file, std::int64_t maxLength,
                  std::vector<std::string>& remarks);

}  // namespace rosa::data
