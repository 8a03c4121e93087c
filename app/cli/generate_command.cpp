// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/json_text.h"

namespace rosa::cli {

void registerGenerate(CLI::App& app, Context& context, int& exitCode) {
  auto* command = app.add_subcommand("generate", "Continue a prompt");
  auto request = std::make_shared<GenerationRequest>();
  auto json = std::make_shared<bool>(false);
  command->add_option("--model", request->model, "Model folder")->required()->type_name("DIR");
  command->add_option("--prompt", request->prompt, "Text to continue")->required()->type_name("TEXT");
  command->add_option("--max-new-tokens", request->maxNewTokens, "Longest continuation")->check(CLI::PositiveNumber);
  command->add_option("--temperature", request->temperature, "0 = always the likeliest token")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--top-k", request->topK, "Draw from the k likeliest tokens; 0 = all")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--top-p", request->topP, "Draw from the likeliest tokens that make up this mass")
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--seed", request->seed, "Seed of the draws");
  command->add_option("--threads", request->threads, "0 = all cores")->check(CLI::NonNegativeNumber);
  const std::map<std::string, DeviceChoice> devices = {
      {"auto", DeviceChoice::Auto}, {"cpu", DeviceChoice::Cpu}, {"cuda", DeviceChoice::Cuda}};
  command->add_option("--device", request->device, "auto, cpu or cuda")->transform(CLI::CheckedTransformer(devices));
  command->add_flag("--json", *json, "Print the result as JSON");
  command->callback([request, json, &context, &exitCode] {
    const auto text = context.engine().generate(*request);
    if (!text) {
      printError(text.error().message);
      exitCode = kWrongInput;
      return;
    }
    if (*json) {
      fmt::print("{}\n", nlohmann::ordered_json{{"prompt", request->prompt}, {"text", *text}}.dump(
                             -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    } else {
      fmt::print("{}{}\n", request->prompt, *text);
    }
  });
}

}  // namespace rosa::cli
