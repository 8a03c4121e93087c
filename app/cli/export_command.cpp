// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "cli/choice.h"
#include "cli/command.h"
#include "cli/json_text.h"
#include "rosa/exported.h"

namespace rosa::cli {

namespace {

/// --check: what the folder is, or why it is not sound.
int checkFolder(const std::filesystem::path& folder, bool json) {
  const auto report = checkExported(folder);
  if (!report) {
    printError(report.error().message);
    return kWrongInput;
  }
  printRemarks(report->remarks);
  if (json) {
    const nlohmann::ordered_json object{{"directory", folder.string()},    {"sound", true},
                                        {"tensors", report->tensors},      {"numbers", report->numbers},
                                        {"dtype", report->dtype},          {"tokens", report->tokens},
                                        {"end_tokens", report->endTokens}, {"chat_template", report->chatTemplate},
                                        {"remarks", report->remarks}};
    fmt::print("{}\n", object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    return kDone;
  }
  std::string ends;
  for (const auto& token : report->endTokens) ends += (ends.empty() ? "; texts end with " : ", ") + token;
  fmt::print("sound: {} tensors of {} numbers, all finite, in {}; a tokenizer of {} tokens{}{}\n", report->tensors,
             report->numbers, report->dtype, report->tokens, ends,
             report->chatTemplate.empty() ? "" : "; conversations by " + report->chatTemplate);
  return kDone;
}

}  // namespace

void registerExport(CLI::App& app, Context& context, int& exitCode) {
  auto* command = app.add_subcommand(
      "export",
      "Write a run as a merged model, a PEFT adapter, a GGUF or a delta file, or merge an adapter, and check it");
  auto request = std::make_shared<ExportRequest>();
  auto json = std::make_shared<bool>(false);
  auto folder = std::make_shared<std::filesystem::path>();
  auto* run =
      command
          ->add_option(
              "run", request->runDirectory,
              "Run folder, folder of a PEFT adapter to merge, or GGUF file to unpack; for --as gguf a model folder too")
          ->type_name("RUN_DIR|ADAPTER_DIR|MODEL_DIR");
  auto* to = command->add_option("--to", request->destination, "New folder for the model, or the GGUF or delta file")
                 ->type_name("DIR|FILE");
  auto* check =
      command
          ->add_option("--check", *folder,
                       "Write nothing: tell whether a folder that was exported is sound, from its files alone")
          ->type_name("DIR");
  command->add_option("--checkpoint", request->checkpoint, "best, last, or a step")->type_name("best|last|STEP");
  const std::map<std::string, ExportForm> forms = {{"merged", ExportForm::Merged},
                                                   {"peft", ExportForm::Peft},
                                                   {"gguf", ExportForm::Gguf},
                                                   {"delta", ExportForm::Delta}};
  const std::map<std::string, GgufType> types = {{"f32", GgufType::F32},
                                                 {"f16", GgufType::F16},
                                                 {"bf16", GgufType::Bf16},
                                                 {"q8_0", GgufType::Q8_0},
                                                 {"q4_k_m", GgufType::Q4_K_M}};
  command
      ->add_option(
          "--as", request->as,
          "The whole model, an adapter beside the base model, one file for llama.cpp, or what changed, for rosa apply")
      ->transform(choice(forms))
      ->type_name("merged|peft|gguf|delta");
  auto* type = command->add_option("--type", request->type, "Numbers of a GGUF file; f16 without it");
  type->transform(choice(types))->type_name("f32|f16|bf16|q8_0|q4_k_m");
  const std::map<std::string, ExportDtype> dtypes = {{"auto", ExportDtype::Auto},
                                                     {"fp32", ExportDtype::Fp32},
                                                     {"bf16", ExportDtype::Bf16},
                                                     {"fp16", ExportDtype::Fp16}};
  command
      ->add_option("--dtype", request->dtype,
                   "Numbers of a merged model; auto: each tensor as the base model's files have it")
      ->transform(choice(dtypes))
      ->type_name("auto|fp32|bf16|fp16");
  const auto size = CLI::Validator(
      [](std::string& text) {
        const auto bytes = parseShardSize(text);
        if (!bytes) return bytes.error().message;
        text = std::to_string(*bytes);
        return std::string();
      },
      "");
  command
      ->add_option("--shard-size", request->shardBytes,
                   "Most that the tensors of one file of a merged model take; 5GB without it")
      ->transform(size)
      ->type_name("SIZE");
  command->add_option("--rank", request->rank, "Largest rank of the adapter; without it the whole change")
      ->check(wholeNumberFrom(1))
      ->type_name("N");
  command->add_option("--model", request->model, "Base model of an adapter, where it does not say")->type_name("DIR");
  command->add_flag("--json", *json, "Print the result as JSON");
  command->callback([=, &context, &exitCode] {
    if (check->count() > 0) {
      const auto others = command->get_options([check](const CLI::Option* option) {
        return option->count() > 0 && option != check && option->get_name() != "--json";
      });
      if (others.empty()) {
        exitCode = checkFolder(*folder, *json);
      } else {
        printError("--check writes nothing and takes nothing beside its folder but --json. Leave the rest out.");
        exitCode = kWrongInput;
      }
      return;
    }
    for (const auto* needed : {run, to}) {
      if (needed->count() == 0) throw CLI::RequiredError(needed->get_name());
    }
    if (type->count() > 0 && request->as != ExportForm::Gguf) {
      printError("--type is of GGUF files. Write --as gguf with it, or leave it out.");
      exitCode = kWrongInput;
      return;
    }
    const auto report = context.engine().exportRun(*request);
    if (!report) {
      printError(report.error().message);
      exitCode = kWrongInput;
      return;
    }
    printRemarks(report->remarks);
    const bool peft = report->as == ExportForm::Peft;
    const bool gguf = report->as == ExportForm::Gguf;
    const bool delta = report->as == ExportForm::Delta;
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
                                    {"as", gguf    ? "gguf"
                                           : peft  ? "peft"
                                           : delta ? "delta"
                                                   : "merged"}};
      if (peft) {
        object["rank"] = report->rank;
        object["residual"] = number(report->residual);
      }
      if (gguf) object["rounding"] = number(report->rounding);
      if (delta) object["whole_bytes"] = report->wholeBytes;
      if (!report->dtype.empty()) {
        object["dtype"] = report->dtype;
        object["rounded"] = report->rounded;
        object["rounded_logit_difference"] = number(report->roundedLogitDifference);
      }
      fmt::print("{}\n", object.dump());
      return;
    }
    fmt::print("{} ({}{}){}\n", report->directory.string(), humanBytes(report->bytes),
               report->dtype.empty() ? "" : ", " + report->dtype,
               report->step > 0 ? fmt::format(", step {}", report->step) : "");
    if (gguf) {
      fmt::print("read back: {} tensors compared; their format rounds {:.2g} of the numbers\n", report->comparedTensors,
                 report->rounding);
      return;
    }
    if (report->comparedTensors == 0) return;  // a file that was unpacked, not a model that was trained
    if (delta) {
      fmt::print("the merged folder that it stands for takes {}, {:.1f} times as much, and was rebuilt from it\n",
                 humanBytes(report->wholeBytes),
                 static_cast<double>(report->wholeBytes) / static_cast<double>(report->bytes));
    }
    if (report->rank > 0)
      fmt::print("rank {}, which leaves out {:.3g} of the change\n", report->rank, report->residual);
    fmt::print("built again from these files: {} tensors and {} logits of {} {} compared, largest difference {:.3g}\n",
               report->comparedTensors, report->comparedLogits, report->comparedTexts,
               report->comparedTexts == 1 ? "text" : "texts", report->largestLogitDifference);
    if (report->rounded) {
      fmt::print(
          "compared with the trained weights rounded once to {}; that rounding moves a logit by {:.3g} at most\n",
          report->dtype, report->roundedLogitDifference);
    }
    if (!report->equal) {
      fmt::print("The answers differ from the trained model's: choose a larger --rank, or export it merged.\n");
    }
  });
}

}  // namespace rosa::cli
