// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/cost_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>

#include "experiment/line_chart.h"

namespace rosa::experiment {

namespace {

constexpr double kMebi = 1 << 20;

double median(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// All numbers under a key, of all rounds; a list counts number by number.
std::vector<double> all(const CostRow& row, const char* key) {
  std::vector<double> values;
  for (const auto& round : row.rounds) {
    const auto& value = round.at(key);
    if (value.is_array()) {
      for (const double one : value) values.push_back(one);
    } else {
      values.push_back(value.get<double>());
    }
  }
  return values;
}

double middle(const CostRow& row, const char* key) {
  return median(all(row, key));
}

double fastest(const CostRow& row, const char* key) {
  return std::ranges::min(all(row, key));
}

struct Memory {
  double weights, adapters, gradients, moments, activations, process;  ///< MiB; process 0 where it is not known

  [[nodiscard]] double standing() const { return weights + adapters + gradients + moments; }
  [[nodiscard]] double total() const { return standing() + activations; }
};

Memory memoryOf(const CostRow& row) {
  const auto part = [&](const char* key) { return middle(row, key) / kMebi; };
  return {part("weights"), part("adapters"),    part("gradients"),
          part("moments"), part("activations"), part("process_peak")};
}

std::vector<const CostRow*> measured(const std::vector<CostRow>& rows) {
  std::vector<const CostRow*> there;
  for (const auto& row : rows) {
    if (!row.rounds.empty()) there.push_back(&row);
  }
  return there;
}

std::string rankText(const CostRow& row) {
  return row.rank > 0 ? std::to_string(row.rank) : std::string();
}

class Page {
 public:
  Page(const ExperimentFolder& folder, const CostRequest& request, const CostRows& rows)
      : folder_(folder), request_(request), rows_(rows) {}

  Status write() {
    page_ = fmt::format(
        "# What the methods cost\n\nMade by `rosa experiment cost`; settings in [config.json](config.json), raw "
        "figures in "
        "[raw](raw). {} {}, random weights, {} texts of {} tokens, fp32, {}. Every row in {} rounds, the rows of a "
        "round one "
        "after another, so that what else the machine did fell on all of them. Times are medians (fastest in "
        "brackets). "
        "Rank 8 where none is given.\n\n",
        request_.arch, request_.preset, request_.batch, request_.length,
        request_.threads > 0 ? fmt::format("{} thread{}", request_.threads, request_.threads == 1 ? "" : "s")
                             : std::string("all cores"),
        request_.rounds);
    ROSA_CHECK(writeTraining());
    ROSA_CHECK(writeResamples());
    ROSA_CHECK(writeInference());
    return folder_.write("README.md", page_);
  }

 private:
  Status writeTraining() {
    const auto rows = measured(rows_.training);
    if (rows.empty()) return {};
    writeSteps(rows);
    writeMemory(rows);
    std::string csv =
        "method,rank,form,trainable,step_seconds,fastest_step_seconds,tokens_per_second,resample_seconds,weights_bytes,"
        "adapters_bytes,gradients_bytes,moments_bytes,activations_bytes,process_peak_bytes\n";
    for (const auto* row : rows) {
      const double step = middle(*row, "step_seconds");
      csv += fmt::format("{},{},{},{:.0f},{:.4f},{:.4f},{:.1f},{:.4f},{:.0f},{:.0f},{:.0f},{:.0f},{:.0f},{:.0f}\n",
                         row->name, rankText(*row), formOf(*row), middle(*row, "trainable"), step,
                         fastest(*row, "step_seconds"), middle(*row, "tokens") / step, middle(*row, "resample_seconds"),
                         middle(*row, "weights"), middle(*row, "adapters"), middle(*row, "gradients"),
                         middle(*row, "moments"), middle(*row, "activations"), middle(*row, "process_peak"));
    }
    ROSA_CHECK(folder_.write("training.csv", csv));
    ROSA_CHECK(writeChart("step.svg", "Time of a training step", "seconds",
                          [](const CostRow& row) { return middle(row, "step_seconds"); }));
    return writeChart("memory.svg", "Memory at the peak of a step", "MiB",
                      [](const CostRow& row) { return memoryOf(row).total(); });
  }

  static std::string formOf(const CostRow& row) { return row.rounds.front().at("form").get<std::string>(); }

  void writeSteps(const std::vector<const CostRow*>& rows) {
    page_ +=
        "## A training step\n\n![Time of a step by rank](step.svg)\n\n`rosa` and `lora` in the form that a run of this "
        "size chooses, all linear layers adapted. The last column is one resample of all layers.\n\n"
        "| method | rank | form | trainable | step, s | tokens/s | of full's time | resample, s |\n"
        "|---|---|---|---|---|---|---|---|\n";
    const double full = middle(*rows.front(), "step_seconds");
    for (const auto* row : rows) {
      const double step = middle(*row, "step_seconds");
      const double resample = middle(*row, "resample_seconds");
      page_ += fmt::format("| {} | {} | {} | {:.0f} | {:.2f} ({:.2f}) | {:.0f} | {:.2f} | {} |\n", row->name,
                           rankText(*row), formOf(*row), middle(*row, "trainable"), step, fastest(*row, "step_seconds"),
                           middle(*row, "tokens") / step, step / full,
                           resample > 0 ? fmt::format("{:.2f}", resample) : std::string());
    }
  }

  void writeMemory(const std::vector<const CostRow*>& rows) {
    page_ += fmt::format(
        "\n## Memory\n\n![Memory by rank](memory.svg)\n\nMiB. The parts are bytes of live tensors, counted by the "
        "allocator: activations are the highest total within a step beyond the others. They are exact and the same in "
        "every "
        "round. The process's peak is the highest resident memory from before the model was made, in one process for "
        "all "
        "rows: the system's high-water mark is set back before each and the allocator's reserve given back, but what "
        "the "
        "process held by then (program, libraries) is in it{}. The last two columns say how many times as much full "
        "training takes: with activations, and without them as the paper counts (its bound is 4).\n\n"
        "| method | rank | weights | adapters | gradients | moments | activations | sum | process | full / sum | "
        "without "
        "activations |\n|---|---|---|---|---|---|---|---|---|---|---|\n",
        memoryOf(*rows.front()).process > 0 ? "" : "; this system does not tell it");
    const auto full = memoryOf(*rows.front());
    for (const auto* row : rows) {
      const auto memory = memoryOf(*row);
      page_ += fmt::format("| {} | {} | {:.1f} | {:.1f} | {:.1f} | {:.1f} | {:.1f} | {:.0f} | {} | {:.2f} | {:.2f} |\n",
                           row->name, rankText(*row), memory.weights, memory.adapters, memory.gradients, memory.moments,
                           memory.activations, memory.total(),
                           memory.process > 0 ? fmt::format("{:.0f}", memory.process) : std::string(),
                           full.total() / memory.total(), full.standing() / memory.standing());
    }
    page_ += "\n";
  }

  /// ROSA and LoRA by rank, full across.
  template <typename Value>
  Status writeChart(const char* file, const char* title, const char* unit, const Value& value) {
    std::vector<ChartSeries> lines;
    for (const std::string_view name : {"rosa", "lora", "full"}) {
      ChartSeries line{std::string(name), {}, {}, name == "full"};
      for (const auto& row : rows_.training) {
        if (row.name != name || row.rounds.empty()) continue;
        for (const auto rank : row.rank > 0 ? std::vector<std::int64_t>{row.rank} : request_.ranks) {
          line.x.push_back(static_cast<double>(rank));
          line.y.push_back(value(row));
        }
      }
      lines.push_back(std::move(line));
    }
    return folder_.write(file, lineChart({.title = title, .xLabel = "rank", .yLabel = unit}, lines));
  }

  Status writeResamples() {
    const auto rows = measured(rows_.resamples);
    if (rows.empty()) return {};
    page_ += fmt::format(
        "## A resample\n\nOne layer on one thread, rank {}, milliseconds. exact: eigenvectors of the fp64 Gram matrix; "
        "reference: full SVD, as the released code; fast: random orthonormal directions.\n\n| layer |",
        rows.front()->rank);
    std::string rule = "\n|---|";
    for (const auto* row : rows) {
      if (row->shape != rows.front()->shape) break;
      page_ += fmt::format(" {} |", row->name);
      rule += "---|";
    }
    page_ += rule;
    std::string csv = "layer,basis,seconds,fastest_seconds\n";
    std::string_view shape;
    for (const auto* row : rows) {
      if (row->shape != shape) page_ += fmt::format("\n| {} |", row->shape);
      shape = row->shape;
      page_ += fmt::format(" {:.1f} ({:.1f}) |", 1000 * middle(*row, "seconds"), 1000 * fastest(*row, "seconds"));
      csv += fmt::format("{},{},{:.6f},{:.6f}\n", row->shape, row->name, middle(*row, "seconds"),
                         fastest(*row, "seconds"));
    }
    page_ += "\n\n";
    return folder_.write("resample.csv", csv);
  }

  Status writeInference() {
    const auto rows = measured(rows_.inference);
    if (rows.empty()) return {};
    page_ += fmt::format(
        "## Inference\n\nWhat the method leaves beside the weights costs time at every token; a ROSA run leaves "
        "nothing, "
        "nor does any other that is merged. After a prompt of {} tokens, with a cache of keys and values: the next "
        "token of "
        "one text, and of {} texts at once; and reading {} such prompts.\n\n| method | rank | one text, ms a token | "
        "of "
        "merged's time | {} texts, tokens/s | of merged's time | prompts, tokens/s | of merged's time |\n"
        "|---|---|---|---|---|---|---|---|\n",
        request_.length, request_.batch, request_.batch, request_.batch);
    std::string csv = "method,rank,token_seconds,batch_token_seconds,prompt_seconds\n";
    const auto& merged = *rows.front();
    const auto ratio = [&](const CostRow& row, const char* key) { return middle(row, key) / middle(merged, key); };
    const auto batch = static_cast<double>(request_.batch);
    for (const auto* row : rows) {
      const double token = middle(*row, "token_seconds");
      const double together = middle(*row, "batch_token_seconds");
      const double prompt = middle(*row, "prompt_seconds");
      page_ += fmt::format("| {} | {} | {:.2f} ({:.2f}) | {:.2f} | {:.1f} | {:.2f} | {:.0f} | {:.2f} |\n", row->name,
                           rankText(*row), 1000 * token, 1000 * fastest(*row, "token_seconds"),
                           ratio(*row, "token_seconds"), batch / together, ratio(*row, "batch_token_seconds"),
                           batch * static_cast<double>(request_.length) / prompt, ratio(*row, "prompt_seconds"));
      csv += fmt::format("{},{},{:.6f},{:.6f},{:.6f}\n", row->name, rankText(*row), token, together, prompt);
    }
    return folder_.write("inference.csv", csv);
  }

  const ExperimentFolder& folder_;
  const CostRequest& request_;
  const CostRows& rows_;
  std::string page_;
};

}  // namespace

Status writeCostPage(const ExperimentFolder& folder, const CostRequest& request, const CostRows& rows) {
  return Page(folder, request, rows).write();
}

}  // namespace rosa::experiment
