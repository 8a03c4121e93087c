// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/nlu_page.h"

#include <fmt/format.h>

#include "experiment/by_seed.h"
#include "experiment/method_runs.h"
#include "experiment/nlu_tasks.h"

namespace rosa::experiment {

namespace {

class NluPage {
 public:
  NluPage(const NluRequest& request, const PartResults& results) : request_(request), results_(results) {}

  [[nodiscard]] Status write(const ExperimentFolder& folder) const {
    const auto& first = request_.methods.front();
    std::string page = fmt::format(
        "# Understanding: {}\n\nMade by `rosa experiment nlu`; settings in [config.json](config.json), raw figures in "
        "[raw](raw). Development sets, after the last epoch; mean ± half of the 95 % interval (Student) over the "
        "seeds.{}{}\n\n| task | figure |",
        modelName(request_.model),
        request_.rows > 0
            ? fmt::format(
                  " Of each task at most the first {} training rows are used: figures of capped tasks are below "
                  "those of all rows.",
                  request_.rows)
            : "",
        devicesText(results_));
    std::string rule = "|---|---|";
    std::string differences = fmt::format(
        "\n## Paired differences to {}\n\nPer seed, mean ± half of the 95 % interval. "
        "An interval that holds 0 decides nothing.\n\n| task |",
        first.name);
    std::string differencesRule = "|---|";
    for (const auto& method : request_.methods) {
      page += fmt::format(" {} |", method.name);
      rule += "---|";
      if (&method == &first) continue;
      differences += fmt::format(" {} - {} |", first.name, method.name);
      differencesRule += "---|";
    }
    page += " training rows |\n" + rule + "---|\n";
    differences += "\n" + differencesRule + "\n";
    std::string csv = "task,figure,method,seed,value\n";
    for (const auto& task : request_.tasks) {
      const std::string metric = findNluTask(task)->metric;
      page += fmt::format("| {} | {} |", task, metric);
      differences += fmt::format("| {} |", task);
      const auto ofFirst = figures(task, first);
      for (const auto& method : request_.methods) {
        const auto values = figures(task, method);
        for (const auto& [seed, value] : values) {
          csv += fmt::format("{},{},{},{},{:.6f}\n", task, metric, method.name, seed, value);
        }
        page += fmt::format(" {} |", meanText(values));
        if (&method != &first) differences += fmt::format(" {} |", differenceText(ofFirst, values));
      }
      page += fmt::format(" {} |\n", trainingRows(task));
      differences += "\n";
    }
    ROSA_CHECK(folder.write("results.csv", csv));
    return folder.write("README.md", page + (request_.methods.size() > 1 ? differences : ""));
  }

 private:
  /// The deciding figure of each seed that is there.
  [[nodiscard]] BySeed figures(const std::string& task, const ExperimentMethod& method) const {
    BySeed found;
    for (std::int64_t seed = 0; seed < request_.seeds; ++seed) {
      const auto result = results_.find(nluPart(task, method.name, seed));
      if (result == results_.end()) continue;
      found[seed] = figureOf(result->second.at("metrics"), findNluTask(task)->metric);
    }
    return found;
  }

  /// How many rows the task trains on; empty before its first run has ended.
  [[nodiscard]] std::string trainingRows(const std::string& task) const {
    for (const auto& method : request_.methods) {
      for (std::int64_t seed = 0; seed < request_.seeds; ++seed) {
        const auto result = results_.find(nluPart(task, method.name, seed));
        if (result == results_.end()) continue;
        const auto rows = result->second.value("training_rows", std::int64_t{0});
        return fmt::format("{}{}", rows, request_.rows > 0 && rows >= request_.rows ? " (capped)" : "");
      }
    }
    return "";
  }

  const NluRequest& request_;
  const PartResults& results_;
};

}  // namespace

std::string nluPart(const std::string& task, const std::string& method, std::int64_t seed) {
  return fmt::format("{}-{}-s{}", task, method, seed);
}

Status writeNluPage(const ExperimentFolder& folder, const NluRequest& request, const PartResults& results) {
  return NluPage(request, results).write(folder);
}

}  // namespace rosa::experiment
