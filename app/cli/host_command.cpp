// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <thread>

#include "cli/command.h"
#include "cli/run_names.h"

namespace rosa::cli {
namespace {

namespace fs = std::filesystem;

std::string standardInput() {
  return {std::istreambuf_iterator<char>(std::cin), {}};
}

bool waitsInQueue(Runs& runs, const fs::path& folder) {
  const auto queue = runs.queue();
  return queue && std::ranges::find(*queue, folder, &QueuedRun::folder) != queue->end();
}

/// Written at once: whoever reads it waits for it.
bool say(std::string_view line) {
  return std::fwrite(line.data(), 1, line.size(), stdout) == line.size() && std::fputc('\n', stdout) != EOF &&
         std::fflush(stdout) == 0;
}

Status answer(Runs& runs, const fs::path& folder) {
  std::ifstream in(folder / "config.yaml", std::ios::binary);
  const std::string yaml{std::istreambuf_iterator<char>(in), {}};
  if (!in) return Error{(folder / "config.yaml").string() + " cannot be read."};
  say(toJson(HostAnswer{folder, yaml, waitsInQueue(runs, folder)}));
  return {};
}

Expected<RunConfig> askedConfig() {
  RunConfig config;
  const auto problems = parseConfig(standardInput(), fs::current_path(), config);
  if (!problems.empty()) return Error{joinProblems(problems)};
  return config;
}

Status startAsked(Runs& runs) {
  ROSA_TRY(const auto config, askedConfig());
  ROSA_TRY(const auto folder, runs.start(config, {}));
  return answer(runs, folder);
}

Status planAsked(Engine& engine) {
  ROSA_TRY(const auto config, askedConfig());
  say(toJson(engine.plan(config)));
  return {};
}

Status sendAsked(Runs& runs, const fs::path& folder) {
  ROSA_TRY(const auto command, commandFromJson(standardInput()));
  return runs.send(folder, command);
}

/// Nobody reads what this process prints: the connection is gone.
bool readerIsGone() {
  pollfd out{STDOUT_FILENO, 0, 0};
  return ::poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

Status followAsked(Runs& runs, const fs::path& folder, std::int64_t from) {
  std::signal(SIGPIPE, SIG_IGN);
  ROSA_CHECK(answer(runs, folder));
  constexpr std::chrono::milliseconds kPause(500);
  while (waitsInQueue(runs, folder) && !readerIsGone()) std::this_thread::sleep_for(kPause);
  return followLines(folder, from, say, readerIsGone);
}

}  // namespace

void registerHost(CLI::App& app, Context& context, int& exitCode) {
  auto* command = app.add_subcommand("host", "What rosa on another machine asks of this one, over ssh");
  command->group("");  // not for people
  command->require_subcommand(1);
  auto run = std::make_shared<std::string>();
  auto from = std::make_shared<std::int64_t>(0);
  auto* start = command->add_subcommand("start", "Starts a run of the YAML on standard input");
  auto* plan = command->add_subcommand("plan", "The plan of it");
  auto* show = command->add_subcommand("show", "Where a run lies");
  auto* resume = command->add_subcommand("resume", "Standard input: the changes in its data that were agreed to");
  auto* send = command->add_subcommand("send", "Standard input: the command");
  auto* follow = command->add_subcommand("follow", "Where it lies, then every stored event above a sequence");
  for (auto* one : {show, resume, send, follow}) one->add_option("run", *run, "Run name or folder")->required();
  follow->add_option("--from", *from, "The sequence");
  command->callback([=, &context, &exitCode] {
    const auto done = [&]() -> Status {
      auto& runs = context.runs();
      if (start->parsed()) return startAsked(runs);
      if (plan->parsed()) return planAsked(context.engine());
      ROSA_TRY(const auto folder, runFolderOf(context.engine(), *run));
      if (send->parsed()) return sendAsked(runs, folder);
      if (follow->parsed()) return followAsked(runs, folder, *from);
      if (resume->parsed()) ROSA_CHECK(runs.resume(folder, standardInput()));
      return answer(runs, folder);
    }();
    if (done) return;
    printError(done.error().message);
    exitCode = kWrongInput;
  });
}

}  // namespace rosa::cli
