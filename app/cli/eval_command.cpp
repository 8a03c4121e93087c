// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/json_text.h"

namespace rosa::cli {

void registerEval(CLI::App& app, Context& context, int& exitCode) {
  auto* command = app.add_subcommand("eval", "Loss, perplexity and the task's metrics of a model on data");
  command->allow_extras();
  auto flags = std::make_shared<ConfigFlags>(
      *command,
      std::vector<std::string_view>{"model",    "adapter",       "data",       "task",      "text",     "text-pair",
                                    "label",    "prompt",        "completion", "header",    "quotes",   "separator",
                                    "shape",    "chat-template", "loss-on",    "mask-rate", "skip-bad", "max-length",
                                    "max-rows", "batch",         "threads",    "device"});
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print the result as JSON");
  command->callback([command, flags, json, &context, &exitCode] {
    EvaluationRequest request;
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
      fmt::print("{}\n", object.dump());
      return;
    }
    fmt::print("loss {:.4f}{}{}\n{} examples, {} tokens, {}\n", report->loss, report->metrics.empty() ? "" : ", ",
               valuesText(report->metrics), report->examples, report->tokens, humanSeconds(report->seconds));
  });
}

}  // namespace rosa::cli
