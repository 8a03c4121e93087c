// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <cstdint>
#include <memory>

#include "cli/command.h"
#include "cli/json_text.h"
#include "cli/run_names.h"

namespace rosa::cli {
namespace {

Status printQueue(Runs& runs, bool json) {
  ROSA_TRY(const auto queue, runs.queue());
  if (json) {
    auto array = nlohmann::ordered_json::array();
    for (const auto& entry : queue) {
      array.push_back({{"folder", entry.folder.string()}, {"resume", entry.resume}, {"device", entry.device}});
    }
    fmt::print("{}\n", array.dump());
    return {};
  }
  if (queue.empty()) fmt::print("No run waits.\n");
  for (std::size_t place = 0; place < queue.size(); ++place) {
    fmt::print("{:>3}  {:<8} {}{}\n", place + 1, queue[place].device, queue[place].folder.string(),
               queue[place].resume ? "  (goes on)" : "");
  }
  return {};
}

Status chooseAtOnce(Runs& runs, const std::string& count) {
  if (!count.empty()) return runs.setAtOnce(count == "memory" ? AtOnce::AsMemoryAllows : AtOnce::One);
  fmt::print("{}\n", runs.atOnce() == AtOnce::AsMemoryAllows ? "memory" : "one");
  return {};
}

}  // namespace

void registerQueue(CLI::App& app, Context& context, int& exitCode) {
  auto* command = app.add_subcommand("queue", "The runs that wait for their turn, and their order");
  auto json = std::make_shared<bool>(false);
  auto run = std::make_shared<std::string>();
  auto place = std::make_shared<std::int64_t>(1);
  auto* list = command->add_subcommand("list", "The waiting runs, the next one first");
  auto* move = command->add_subcommand("move", "Gives a waiting run another place");
  auto* remove = command->add_subcommand("remove", "Takes a run out of the queue; its folder stays");
  auto* start = command->add_subcommand("start", "Starts what can start, as after a reboot");
  auto* atOnce = command->add_subcommand("at-once", "How many runs of a device train at once; without a word: says it");
  auto count = std::make_shared<std::string>();
  atOnce->add_option("count", *count, "one, or as many as are expected to fit into its memory together")
      ->type_name("one|memory")
      ->check(CLI::IsMember({"one", "memory"}));
  for (auto* one : {command, list}) one->add_flag("--json", *json, "Print the result as JSON");
  for (auto* one : {move, remove}) {
    one->add_option("run", *run, "Run name or folder")->required()->type_name("RUN");
  }
  move->add_option("place", *place, "From 1, the next one")->required()->check(CLI::PositiveNumber);
  auto host = std::make_shared<std::string>();
  for (auto* one : {command, list, move, remove, start, atOnce}) addHostOption(*one, *host);
  command->callback([=, &context, &exitCode] {
    if (!host->empty()) {
      exitCode = passOn(context, *host);
      return;
    }
    const auto done = [&]() -> Status {
      auto& runs = context.runs();
      if (start->parsed()) return runs.startWaiting();
      if (atOnce->parsed()) return chooseAtOnce(runs, *count);
      if (!move->parsed() && !remove->parsed()) return printQueue(runs, *json);
      ROSA_TRY(const auto folder, runFolderOf(context.engine(), *run));
      return move->parsed() ? runs.move(folder, static_cast<std::size_t>(*place - 1)) : runs.withdraw(folder);
    }();
    if (done) return;
    printError(done.error().message);
    exitCode = kWrongInput;
  });
}

}  // namespace rosa::cli
