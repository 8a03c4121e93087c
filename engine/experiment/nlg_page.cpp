// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/nlg_page.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <utility>
#include <vector>

#include "experiment/by_seed.h"
#include "experiment/line_chart.h"
#include "experiment/method_runs.h"

namespace rosa::experiment {

namespace {

using base::Json;

/// A figure of a run, as the tables show it.
struct Column {
  const char* key;
  const char* title;
  int digits;
  bool score;  ///< of the decoded texts
};
constexpr std::array kColumns = {Column{"loss", "validation loss", 4, false},
                                 Column{"bleu", "BLEU", 4, true},
                                 Column{"nist", "NIST", 3, true},
                                 Column{"meteor", "METEOR", 4, true},
                                 Column{"rouge_l", "ROUGE-L", 4, true},
                                 Column{"cider", "CIDEr", 3, true}};

class NlgPage {
 public:
  NlgPage(const NlgRequest& request, std::size_t decodedPrompts, const PartResults& results)
      : request_(request), decodedPrompts_(decodedPrompts), results_(results) {}

  [[nodiscard]] std::string text() const {
    std::string page = fmt::format(
        "# Restaurants in words (E2E): {}\n\nMade by `rosa experiment nlg`; settings in [config.json](config.json), "
        "raw "
        "figures in [raw](raw). {} training rows, validation loss (nats a token of the text) on {} rows of the "
        "development set after the last step; {} Mean ± half of the 95 % interval (Student) over the seeds.{}\n\n{}\n",
        modelName(request_.model), trainingRows(), request_.validRows > 0 ? std::to_string(request_.validRows) : "all",
        decoding(), devicesText(results_), table());
    if (request_.methods.size() > 1) page += differences();
    page += "## Validation loss\n\n![Validation loss by step](loss.svg)\n";
    return page + examples();
  }

  [[nodiscard]] std::string csv() const {
    std::string lines = "method,seed,trainable,seconds,loss";
    for (const auto& column : columns()) lines += column.score ? fmt::format(",{}", column.key) : "";
    lines += "\n";
    for (const auto& method : request_.methods) {
      for (std::int64_t seed = 0; seed < request_.seeds; ++seed) {
        const auto* result = find(method, seed);
        if (result == nullptr) continue;
        lines += fmt::format("{},{},{},{:.1f}", method.name, seed, result->value("trainable", std::int64_t{0}),
                             figureOf(*result, "seconds"));
        for (const auto& column : columns()) lines += fmt::format(",{:.6f}", value(*result, column));
        lines += "\n";
      }
    }
    return lines;
  }

  /// Each method's mean over the seeds.
  [[nodiscard]] std::string plot() const {
    std::vector<ChartSeries> lines;
    for (const auto& method : request_.methods) {
      std::map<std::int64_t, std::pair<double, int>> sums;  // by step
      for (std::int64_t seed = 0; seed < request_.seeds; ++seed) {
        const auto* result = find(method, seed);
        if (result == nullptr) continue;
        for (const auto& evaluation : result->at("by_evaluation")) {
          auto& [sum, count] = sums[evaluation.value("step", std::int64_t{0})];
          sum += figureOf(evaluation, "loss");
          ++count;
        }
      }
      if (sums.empty()) continue;
      auto& line = lines.emplace_back(ChartSeries{method.name, {}, {}});
      for (const auto& [step, sum] : sums) {
        line.x.push_back(static_cast<double>(step));
        line.y.push_back(sum.first / sum.second);
      }
    }
    return lineChart({.title = "E2E, mean over the seeds", .xLabel = "step", .yLabel = "validation loss"}, lines);
  }

 private:
  [[nodiscard]] const Json* find(const ExperimentMethod& method, std::int64_t seed) const {
    const auto found = results_.find(nlgPart(method.name, seed));
    return found == results_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] std::vector<Column> columns() const {
    std::vector<Column> shown;
    for (const auto& column : kColumns) {
      if (!column.score || decodedPrompts_ > 0) shown.push_back(column);
    }
    return shown;
  }
  static double value(const Json& result, const Column& column) {
    return figureOf(column.score ? result.at("scores") : result, column.key);
  }
  [[nodiscard]] BySeed values(const ExperimentMethod& method, const Column& column) const {
    BySeed found;
    for (std::int64_t seed = 0; seed < request_.seeds; ++seed) {
      if (const auto* result = find(method, seed)) found[seed] = value(*result, column);
    }
    return found;
  }

  [[nodiscard]] std::string trainingRows() const {
    if (results_.empty()) return "No";
    return std::to_string(results_.begin()->second.value("training_rows", std::int64_t{0}));
  }
  [[nodiscard]] std::string decoding() const {
    if (decodedPrompts_ == 0) return "no texts are made.";
    const auto& settings = request_.decoding;
    std::string search = settings.beams > 1
                             ? fmt::format("{} beams, length penalty {:g}", settings.beams, settings.lengthPenalty)
                             : "greedy";
    if (settings.noRepeatNgram > 0) {
      search += fmt::format(", no {} tokens in a row twice{}", settings.noRepeatNgram,
                            settings.ngramsOfPrompt ? ", those of the prompt included" : "");
    }
    return fmt::format(
        "scores of the texts for {} distinct prompts of the {} set against all their references ({}). METEOR knows "
        "equal "
        "words and stems, no synonyms and paraphrases: on the challenge's 20 systems it lies 0.005 to 0.009 below "
        "METEOR "
        "1.5.",
        decodedPrompts_, request_.decodeTest ? "test" : "development", search);
  }

  [[nodiscard]] std::string table() const {
    std::string head = "| method | trainable |";
    std::string rule = "|---|---|";
    for (const auto& column : columns()) {
      head += fmt::format(" {} |", column.title);
      rule += "---|";
    }
    std::string lines = head + " training s |\n" + rule + "---|\n";
    for (const auto& method : request_.methods) {
      const Json* any = nullptr;
      BySeed seconds;
      for (std::int64_t seed = 0; seed < request_.seeds; ++seed) {
        const auto* result = find(method, seed);
        if (result == nullptr) continue;
        any = result;
        seconds[seed] = figureOf(*result, "seconds");
      }
      if (any == nullptr) continue;
      lines += fmt::format("| {} | {} |", method.name, any->value("trainable", std::int64_t{0}));
      for (const auto& column : columns())
        lines += fmt::format(" {} |", meanText(values(method, column), column.digits));
      double sum = 0;
      for (const auto& [seed, taken] : seconds) sum += taken;
      lines += fmt::format(" {:.0f} |\n", sum / static_cast<double>(seconds.size()));
    }
    return lines;
  }

  [[nodiscard]] std::string differences() const {
    const auto& first = request_.methods.front();
    std::string lines = fmt::format(
        "## Paired differences to {}\n\nMethod - {}, per seed; mean ± half of the 95 % interval. An interval that "
        "holds "
        "0 decides nothing. A negative validation loss is better than {}'s.\n\n| method |",
        first.name, first.name, first.name);
    std::string rule = "|---|";
    for (const auto& column : columns()) {
      lines += fmt::format(" {} |", column.title);
      rule += "---|";
    }
    lines += "\n" + rule + "\n";
    for (const auto& method : request_.methods) {
      if (&method == &first) continue;
      lines += fmt::format("| {} |", method.name);
      for (const auto& column : columns()) {
        lines += fmt::format(" {} |", differenceText(values(method, column), values(first, column), column.digits));
      }
      lines += "\n";
    }
    return lines + "\n";
  }

  [[nodiscard]] std::string examples() const {
    std::string text;
    for (const auto& method : request_.methods) {
      const auto* result = find(method, 0);
      if (result == nullptr || !result->contains("examples") || result->at("examples").empty()) continue;
      const auto& example = result->at("examples").at(0);
      if (text.empty()) {
        text = fmt::format("\n## One prompt\n\n> {}\n\n- a reference: {}\n", example.value("prompt", ""),
                           example.value("reference", ""));
      }
      text += fmt::format("- {}: {}\n", method.name, example.value("text", ""));
    }
    return text;
  }

  const NlgRequest& request_;
  std::size_t decodedPrompts_;
  const PartResults& results_;
};

}  // namespace

std::string nlgPart(const std::string& method, std::int64_t seed) {
  return fmt::format("{}-s{}", method, seed);
}

Status writeNlgPage(const ExperimentFolder& folder, const NlgRequest& request, std::size_t decodedPrompts,
                    const PartResults& results) {
  const NlgPage page(request, decodedPrompts, results);
  ROSA_CHECK(folder.write("results.csv", page.csv()));
  ROSA_CHECK(folder.write("loss.svg", page.plot()));
  return folder.write("README.md", page.text());
}

}  // namespace rosa::experiment
