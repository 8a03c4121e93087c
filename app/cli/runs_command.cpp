// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "cli/choice.h"
#include "cli/command.h"
#include "cli/json_text.h"
#include "cli/run_changes.h"
#include "cli/run_names.h"
#include "rosa/curves.h"
#include "rosa/run_search.h"

namespace rosa::cli {

namespace {

nlohmann::ordered_json toJsonObject(const RunRecord& run) {
  using Members = nlohmann::ordered_json::object_t;
  Members members;
  members.reserve(26);
  // Each key once: looking for it first would take longer, in a list of ten thousand, than all else.
  const auto put = [&members](const char* key, nlohmann::ordered_json value) {
    static_cast<Members::Container&>(members).emplace_back(key, std::move(value));
  };
  put("directory", run.directory.string());
  put("host", run.host);
  put("name", run.name);
  put("model", run.model);
  put("data", run.data);
  put("task", run.task);
  put("method", run.method);
  put("rank", run.rank);
  put("status", run.status);
  put("message", run.message);
  put("started_at", run.startedAt);
  put("seed", run.seed);
  put("step", run.step);
  put("total_steps", run.totalSteps);
  put("trainable_parameters", run.trainableParameters);
  put("resamples", run.resamples);
  put("learning_rate", number(run.learningRate));
  put("last_loss", number(run.lastLoss));
  put("metrics", numbers(run.metrics));
  put("elapsed_seconds", run.elapsedSeconds);
  put("peak_resident_bytes", run.peakResidentBytes);
  put("resumable", run.resumable);
  put("last_export", run.lastExport);
  put("export_difference", run.exportDifference >= 0 ? number(run.exportDifference) : nlohmann::ordered_json());
  put("disk_bytes", run.diskBytes);
  put("tags", run.notes.tags);
  put("note", run.notes.note);
  return members;
}

void printList(const std::vector<RunRecord>& runs, const std::string& words) {
  if (runs.empty()) {
    fmt::print("{}\n", words.empty() ? fmt::format("No runs yet in {}.", rosaHome().string())
                                     : fmt::format("No run matches \"{}\".", words));
    return;
  }
  fmt::print("{:<32} {:<16} {:<6} {:>4} {:<12} {:>11} {:>9}  {}\n", "name", "model", "method", "rank", "status", "step",
             "loss", "folder");
  for (const auto& run : runs) {
    fmt::print("{:<32} {:<16} {:<6} {:>4} {:<12} {:>5}/{:<5} {:>9.4f}  {}\n", run.name, run.model, run.method, run.rank,
               run.status, run.step, run.totalSteps, run.lastLoss, run.directory.string());
  }
}

using Row = std::pair<const char*, std::function<std::string(const RunRecord&)>>;

const std::vector<Row>& comparedRows() {
  static const std::vector<Row> kRows = {
      {"model", [](const RunRecord& run) { return run.model; }},
      {"data", [](const RunRecord& run) { return run.data; }},
      {"method", [](const RunRecord& run) { return run.method; }},
      {"rank", [](const RunRecord& run) { return run.rank; }},
      {"rate", [](const RunRecord& run) { return fmt::format("{:.3g}", run.learningRate); }},
      {"seed", [](const RunRecord& run) { return fmt::format("{}", run.seed); }},
      {"trained", [](const RunRecord& run) { return fmt::format("{}", run.trainableParameters); }},
      {"resamples", [](const RunRecord& run) { return fmt::format("{}", run.resamples); }},
      {"status", [](const RunRecord& run) { return run.status; }},
      {"steps", [](const RunRecord& run) { return fmt::format("{}/{}", run.step, run.totalSteps); }},
      {"last loss", [](const RunRecord& run) { return fmt::format("{:.4f}", run.lastLoss); }},
      {"metrics", [](const RunRecord& run) { return valuesText(run.metrics); }},
      {"peak memory", [](const RunRecord& run) { return humanBytes(run.peakResidentBytes); }},
      {"time", [](const RunRecord& run) { return humanSeconds(run.elapsedSeconds); }},
      {"on disk", [](const RunRecord& run) { return humanBytes(run.diskBytes); }},
      {"tags", [](const RunRecord& run) { return fmt::format("{}", fmt::join(run.notes.tags, ", ")); }},
      {"note", [](const RunRecord& run) { return run.notes.note; }},
      {"export check",
       [](const RunRecord& run) {
         return run.exportDifference < 0 ? std::string() : fmt::format("{:.2g}", run.exportDifference);
       }},
  };
  return kRows;
}

/// One column a run.
void printCompared(const std::vector<RunRecord>& runs) {
  std::vector<std::size_t> widths;
  for (const auto& run : runs) {
    std::size_t width = run.name.size();
    for (const auto& [name, cell] : comparedRows()) width = std::max(width, cell(run).size());
    widths.push_back(width);
  }
  fmt::print("{:<13}", "");
  for (std::size_t i = 0; i < runs.size(); ++i) fmt::print(" {:<{}}", runs[i].name, widths[i]);
  fmt::print("\n");
  for (const auto& [name, cell] : comparedRows()) {
    fmt::print("{:<13}", name);
    for (std::size_t i = 0; i < runs.size(); ++i) fmt::print(" {:<{}}", cell(runs[i]), widths[i]);
    fmt::print("\n");
  }
}

}  // namespace

void registerRuns(CLI::App& app, Context& context, int& exitCode) {
  auto* command = app.add_subcommand("runs", "List, show and compare the runs on this machine");
  auto json = std::make_shared<bool>(false);
  auto names = std::make_shared<std::vector<std::string>>();
  auto words = std::make_shared<std::string>();
  auto* list = command->add_subcommand("list", "All runs, newest first");
  list->add_option("--search", *words,
                   "Only those in which each of these words stands: in name, model, data, method, tags, note, ...")
      ->type_name("WORDS");
  auto* show = command->add_subcommand("show", "One run");
  auto* curves = command->add_subcommand("curves", "Write a run's figures for other programs");
  auto form = std::make_shared<CurvesForm>(CurvesForm::Csv);
  auto to = std::make_shared<std::string>();
  curves->add_option("run", *names, "Run name or folder")->required()->expected(1)->type_name("RUN");
  curves->add_option("--as", *form, "csv (a file) or tensorboard (a folder)")
      ->transform(choice<CurvesForm>({{"csv", CurvesForm::Csv}, {"tensorboard", CurvesForm::TensorBoard}}));
  curves->add_option("--to", *to, "File or folder to write")->required()->type_name("PATH");
  auto* compare = command->add_subcommand("compare", "Several runs side by side");
  show->add_option("run", *names, "Run name or folder")->required()->expected(1)->type_name("RUN");
  compare->add_option("runs", *names, "Run names or folders")->required()->expected(2, 16)->type_name("RUN...");
  auto changes = std::make_shared<RunChanges>(*command);
  for (auto* one : {command, list, show, compare}) one->add_flag("--json", *json, "Print the result as JSON");
  auto host = std::make_shared<std::string>();
  for (auto* one : {command, list, show, compare}) addHostOption(*one, *host);
  command->callback([=, &context, &exitCode] {
    if (!host->empty()) {
      exitCode = passOn(context, *host);
      return;
    }
    if (curves->parsed() || changes->parsed()) {
      const auto done = [&]() -> Status {
        if (changes->parsed()) return changes->apply(context.engine());
        ROSA_TRY(const auto folder, runFolderOf(context.engine(), names->front()));
        return writeCurves(folder, *form, *to);
      }();
      if (!done) printError(done.error().message);
      exitCode = done ? kDone : kWrongInput;
      return;
    }
    auto runs = context.engine().runs();
    if (runs && !names->empty()) runs = pickRuns(*std::move(runs), *names);
    if (runs && !words->empty()) {
      std::erase_if(*runs,
                    [search = RunSearch(*words)](const RunRecord& run) { return !search.matches(searchText(run)); });
    }
    if (!runs) {
      printError(runs.error().message);
      exitCode = kWrongInput;
      return;
    }
    if (*json) {
      // One at a time: ten thousand as one value take longer to put together than to print.
      std::string array;
      for (const auto& run : *runs) array += (array.empty() ? "" : ",") + toJsonObject(run).dump();
      fmt::print("{}\n", show->parsed() ? array : "[" + array + "]");
    } else if (show->parsed() || compare->parsed()) {
      printCompared(*runs);
    } else {
      printList(*runs, *words);
    }
  });
}

}  // namespace rosa::cli
