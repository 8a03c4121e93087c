// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/nlu_tasks.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/atomic_write.h"
#include "base/file.h"
#include "base/json.h"
#include "data/columns.h"

namespace rosa::experiment {

namespace fs = std::filesystem;

namespace {

constexpr std::array kTasks = {
    NluTask{"CoLA", "train.tsv", "dev.tsv", "4", "", "2", Task::Classification, "matthews"},
    NluTask{"SST-2", "train.tsv", "dev.tsv", "sentence", "", "label", Task::Classification, "accuracy"},
    NluTask{"MRPC", "train.tsv", "dev.tsv", "#1 String", "#2 String", "Quality", Task::Classification, "accuracy"},
    NluTask{"RTE", "train.tsv", "dev.tsv", "sentence1", "sentence2", "label", Task::Classification, "accuracy"},
    NluTask{"STS-B", "train.tsv", "dev.tsv", "sentence1", "sentence2", "score", Task::Regression, "pearson"},
    NluTask{"WNLI", "train.tsv", "dev.tsv", "sentence1", "sentence2", "label", Task::Classification, "accuracy"},
    NluTask{"MNLI", "train.tsv", "dev_matched.tsv", "sentence1", "sentence2", "gold_label", Task::Classification,
            "accuracy"},
    NluTask{"QQP", "train.tsv", "dev.tsv", "question1", "question2", "is_duplicate", Task::Classification, "f1"},
    NluTask{"QNLI", "train.tsv", "dev.tsv", "question", "sentence", "label", Task::Classification, "accuracy"},
    NluTask{"BoolQ", "train.jsonl", "val.jsonl", "question", "passage", "label", Task::Classification, "accuracy"},
    // SuperGLUE's diagnostics have no training part: a model of RTE's is asked.
    NluTask{"AX-b", "../RTE/train.tsv", "AX-b.jsonl", "sentence1", "sentence2", "label", Task::Classification,
            "matthews"},
    NluTask{"WiC", "train.jsonl", "val.jsonl", "sentence1", "sentence2", "label", Task::Classification, "accuracy",
            "word"}};

/// Writes the task's columns of `from` to `to`, JSON Lines.
Status copyWithWord(const NluTask& task, const fs::path& from, const fs::path& to) {
  ROSA_TRY(auto reader, data::ColumnReader::open(from, {{"--text", task.word, task.word},
                                                        {"--text", task.text, task.text},
                                                        {"--text-pair", task.textPair, task.textPair},
                                                        {"--label", task.label, task.label}}));
  std::string lines;
  for (std::vector<std::string> cells;;) {
    ROSA_TRY(const bool found, reader.next(cells));
    if (!found) break;
    const base::Json row = {{task.text, cells[0] + ": " + cells[1]}, {task.textPair, cells[2]}, {task.label, cells[3]}};
    lines += row.dump(-1, ' ', false, base::Json::error_handler_t::replace) + "\n";
  }
  return base::writeFileAtomically(base::FileSystem::real(), to, lines);
}

}  // namespace

std::span<const NluTask> nluTasks() {
  return kTasks;
}

const NluTask* findNluTask(const std::string& name) {
  const auto* found = std::ranges::find_if(kTasks, [&](const NluTask& task) { return task.name == name; });
  return found == kTasks.end() ? nullptr : found;
}

Expected<NluFiles> NluFiles::of(const NluTask& task, const fs::path& data) {
  NluFiles files;
  files.train_ = data / task.name / task.train;
  files.valid_ = data / task.name / task.valid;
  if (*task.word == '\0') return files;
  ROSA_TRY(auto folder, base::TemporaryFolder::make("nlu"));
  for (auto* file : {&files.train_, &files.valid_}) {
    const auto copy = folder.path() / file->filename();
    ROSA_CHECK(copyWithWord(task, *file, copy));
    *file = copy;
  }
  files.copies_ = std::move(folder);
  return files;
}

}  // namespace rosa::experiment
