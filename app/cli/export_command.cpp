// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "cli/choice.h"
#include "cli/command.h"
#include "cli/json_text.h"

namespace rosa::cli {

void registerExport(CLI::App& app, Context& context, int& exitCode) {
  auto* command = app.add_subcommand(
      "export", "Write a run as a merged model or a PEFT adapter, or merge an adapter, and check it");
  auto request = std::make_shared<ExportRequest>();
  auto json = std::make_shared<bool>(false);
  command->add_option("run", request->runDirectory, "Run folder, or folder of a PEFT adapter to merge")
      ->required()
      ->type_name("RUN_DIR|ADAPTER_DIR");
  command->add_option("--to", request->destination, "New folder for the model")->required()->type_name("DIR");
  command->add_option("--checkpoint", request->checkpoint, "best, last, or a step")->type_name("best|last|STEP");
  const std::map<std::string, ExportForm> forms = {{"merged", ExportForm::Merged}, {"peft", ExportForm::Peft}};
  command->add_option("--as", request->as, "The whole model, or an adapter beside the base model")
      ->transform(choice(forms))
      ->type_name("merged|peft");
  command->add_option("--rank", request->rank, "Largest rank of the adapter; without it the whole change")
      ->check(wholeNumberFrom(1))
      ->type_name("N");
  command->add_option("--model", request->model, "Base model of an adapter, where it does not say")->type_name("DIR");
  command->add_flag("--json", *json, "Print the result as JSON");
  command->callback([request, json, &context, &exitCode] {
    const auto report = context.engine().exportRun(*request);
    if (!report) {
      printError(report.error().message);
      exitCode = kWrongInput;
      return;
    }
    printRemarks(report->remarks);
    const bool peft = report->as == ExportForm::Peft;
    if (*json) {
      nlohmann::ordered_json object{{"directory", report->directory.string()},
                                    {"step", report->step},
                                    {"bytes", report->bytes},
                                    {"largest_logit_difference", number(report->largestLogitDifference)},
                                    {"compared_logits", report->comparedLogits},
                                    {"compared_texts", report->comparedTexts},
                                    {"compared_tensors", report->comparedTensors},
                                    {"tolerance", number(report->tolerance)},
                                    {"equal", report->equal},
                                    {"remarks", report->remarks},
                                    {"files", report->files},
                                    {"as", peft ? "peft" : "merged"}};
      if (peft) {
        object["rank"] = report->rank;
        object["residual"] = number(report->residual);
      }
      fmt::print("{}\n", object.dump());
      return;
    }
    fmt::print("{} ({}){}\n", report->directory.string(), humanBytes(report->bytes),
               report->step > 0 ? fmt::format(", step {}", report->step) : "");
    if (report->rank > 0)
      fmt::print("rank {}, which leaves out {:.3g} of the change\n", report->rank, report->residual);
    fmt::print("built again from these files: {} tensors and {} logits of {} {} compared, largest difference {:.3g}\n",
               report->comparedTensors, report->comparedLogits, report->comparedTexts,
               report->comparedTexts == 1 ? "text" : "texts", report->largestLogitDifference);
    if (!report->equal) {
      fmt::print("The answers differ from the trained model's: choose a larger --rank, or export it merged.\n");
    }
  });
}

}  // namespace rosa::cli
