// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <charconv>
#include <map>
#include <memory>
#include <optional>

#include "cli/choice.h"
#include "cli/command.h"
#include "cli/run_names.h"

namespace rosa::cli {
namespace {

std::optional<double> numberOf(const std::string& text) {
  double value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, value);
  if (failed != std::errc() || stop != end) return {};
  return value;
}

/// What a word and its argument ask of a run.
Expected<Command> commandOf(const std::string& word, const std::string& argument) {
  static const std::map<std::string, Command> kPlain = {
      {"pause", PauseRun{}},       {"unpause", UnpauseRun{}}, {"save", SaveRun{}},        {"evaluate", EvaluateRun{}},
      {"resample", ResampleRun{}}, {"stop", StopRun{true}},   {"discard", StopRun{false}}};
  if (word == "sample") return Command(SampleRun{argument});
  if (word == "rate") {
    const auto rate = numberOf(argument);
    if (!rate || !(*rate > 0)) return Error{"rate takes a learning rate above 0: rosa send RUN rate 0.0005"};
    return Command(SetLearningRate{*rate});
  }
  if (!argument.empty()) return Error{fmt::format("{} takes no argument.", word)};
  return kPlain.at(word);
}

}  // namespace

void registerSend(CLI::App& app, Context& context, int& exitCode) {
  auto* command = app.add_subcommand("send", "Ask something of a run that goes on, whoever started it");
  auto run = std::make_shared<std::string>();
  auto word = std::make_shared<std::string>();
  auto argument = std::make_shared<std::string>();
  command->add_option("run", *run, "Run name or folder")->required()->type_name("RUN");
  command
      ->add_option("command", *word, "pause, unpause, save, sample, evaluate, resample, rate, stop (saves) or discard")
      ->required()
      ->check(oneOf({"pause", "unpause", "save", "sample", "evaluate", "resample", "rate", "stop", "discard"}));
  command->add_option("argument", *argument, "of sample: a prompt of your own; of rate: the learning rate");
  auto host = std::make_shared<std::string>();
  addHostOption(*command, *host);
  command->callback([run, word, argument, host, &context, &exitCode] {
    const auto sent = [&]() -> Status {
      ROSA_TRY(const auto asked, commandOf(*word, *argument));
      ROSA_TRY(const auto folder, runFolderAt(context, *run, *host));
      return context.runs().send(folder, asked);
    }();
    if (sent) return;
    printError(sent.error().message);
    exitCode = kWrongInput;
  });
}

}  // namespace rosa::cli
