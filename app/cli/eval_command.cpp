// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/command.h"
#include "cli/json_text.h"

namespace rosa::cli {

namespace {

nlohmann::ordered_json asJson(const ClassReview& review) {
  nlohmann::ordered_json mistakes = nlohmann::ordered_json::array();
  for (const auto& mistake : review.mistakes) {
    mistakes.push_back({{"text", mistake.text},
                        {"truth", mistake.truth},
                        {"predicted", mistake.predicted},
                        {"probability", number(mistake.probability)},
                        {"loss", number(mistake.loss)}});
  }
  return {{"classes", review.classes}, {"counts", review.counts}, {"mistakes", std::move(mistakes)}};
}

/// Rows are the true classes, columns what the model took them for.
void printReview(const ClassReview& review) {
  std::size_t width = 8;
  for (const auto& name : review.classes) width = std::max(width, name.size());
  fmt::print("\n{:>{}}  taken for\n{:>{}}", "true", width, "", width);
  for (const auto& name : review.classes) fmt::print("  {:>{}}", name, width);
  fmt::print("\n");
  for (std::size_t truth = 0; truth < review.classes.size(); ++truth) {
    fmt::print("{:>{}}", review.classes[truth], width);
    for (const auto count : review.counts[truth]) fmt::print("  {:>{}}", count, width);
    fmt::print("\n");
  }
  for (const auto& mistake : review.mistakes) {
    fmt::print("\n{} taken for {} ({:.1f} %): {}\n", mistake.truth, mistake.predicted, 100 * mistake.probability,
               mistake.text);
  }
}

}  // namespace

void registerEval(CLI::App& app, Context& context, int& exitCode) {
  auto* command = app.add_subcommand(
      "eval", "Loss, perplexity and the task's metrics of a model on data, or of a run on its own validation rows");
  command->allow_extras();
  auto flags = std::make_shared<ConfigFlags>(
      *command,
      std::vector<std::string_view>{"model",    "adapter",       "data",       "task",      "text",     "text-pair",
                                    "label",    "prompt",        "completion", "header",    "quotes",   "separator",
                                    "shape",    "chat-template", "loss-on",    "mask-rate", "skip-bad", "max-length",
                                    "max-rows", "batch",         "threads",    "device"});
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print the result as JSON");
  auto given = std::make_shared<EvaluationRequest>();
  command->add_option("--checkpoint", given->checkpoint, "Of a run: best, last or a step number; last by default");
  command
      ->add_option("--mistakes", given->mistakes,
                   "Of a classification: which class is taken for which, and so many of the worst mistakes")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  command->callback([command, flags, json, given, &context, &exitCode] {
    auto request = *given;
    const bool reviewed = command->count("--mistakes") > 0;
    if (const auto problems = flags->read(command->remaining(), request.data); !problems.empty()) {
      printError(joinProblems(problems));
      exitCode = kWrongInput;
      return;
    }
    request.model = request.data.model;
    const auto report = context.engine().evaluate(request);
    if (!report) {
      printError(report.error().message);
      exitCode = kWrongInput;
      return;
    }
    printRemarks(report->remarks);
    if (*json) {
      nlohmann::ordered_json object{{"loss", number(report->loss)}};
      object.update(numbers(report->metrics));
      object["examples"] = report->examples;
      object["tokens"] = report->tokens;
      object["seconds"] = report->seconds;
      object["max_length"] = report->maxLength;
      object["truncated_examples"] = report->truncatedExamples;
      object["dropped_examples"] = report->droppedExamples;
      if (!report->remarks.empty()) object["remarks"] = report->remarks;
      if (reviewed && report->review) object["review"] = asJson(*report->review);
      fmt::print("{}\n", object.dump());
      return;
    }
    fmt::print("loss {:.4f}{}{}\n{} examples, {} tokens, {}\n", report->loss, report->metrics.empty() ? "" : ", ",
               valuesText(report->metrics), report->examples, report->tokens, humanSeconds(report->seconds));
    if (reviewed && report->review) printReview(*report->review);
  });
}

}  // namespace rosa::cli
