// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/json_text.h"
#include "rosa/score.h"

namespace rosa::cli {

void registerScore(CLI::App& app, Context& /*context*/, int& exitCode) {
  auto* command = app.add_subcommand(
      "score", "BLEU, NIST, METEOR, ROUGE-L and CIDEr of generated texts, as the E2E challenge has them");
  auto request = std::make_shared<ScoreRequest>();
  auto json = std::make_shared<bool>(false);
  command->add_option("--hypotheses", request->hypotheses, "Generated texts, one a line; or CSV or TSV: mr, output")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--references", request->references,
                   "Human texts in the same order, a blank line between groups; or CSV or TSV: mr, ref")
      ->required()
      ->type_name("FILE");
  command->add_flag("--json", *json, "Print the result as JSON");
  command->callback([request, json, &exitCode] {
    const auto report = scoreFiles(*request);
    if (!report) {
      printError(report.error().message);
      exitCode = kWrongInput;
      return;
    }
    if (*json) {
      nlohmann::ordered_json object = numbers(report->scores);
      object["hypotheses"] = report->hypotheses;
      object["references"] = report->references;
      fmt::print("{}\n", object.dump());
      return;
    }
    fmt::print("{}\n{} texts, {} references; METEOR without its table of paraphrases and synonyms\n",
               valuesText(report->scores), report->hypotheses, report->references);
  });
}

}  // namespace rosa::cli
