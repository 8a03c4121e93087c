// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rosa/config.h"
#include "rosa/engine.h"
#include "rosa/runs.h"

/// What every subcommand of `rosa` shares: exit codes, the engine made on demand, the config's keys as flags.
namespace rosa::cli {

enum ExitCode { kDone = 0, kFailed = 1, kWrongInput = 2 };

/// Made by main, used by the one subcommand that runs. The engine is created at its first use, so that `rosa --help`
/// does not load LibTorch's libraries into use.
class Context {
 public:
  [[nodiscard]] Engine& engine();
  /// Runs as processes of this very program.
  [[nodiscard]] Runs& runs();

  /// What this process was called with, its own name left out.
  std::vector<std::string> arguments;

 private:
  std::unique_ptr<Runs> runs_;
  std::unique_ptr<Engine> engine_;
};

/// Adds the subcommand to `app`; its callback sets `exitCode`.
using Register = void (*)(CLI::App& app, Context& context, int& exitCode);
void registerPlan(CLI::App& app, Context& context, int& exitCode);
void registerTrain(CLI::App& app, Context& context, int& exitCode);
void registerResume(CLI::App& app, Context& context, int& exitCode);
void registerExport(CLI::App& app, Context& context, int& exitCode);
void registerApply(CLI::App& app, Context& context, int& exitCode);
void registerEval(CLI::App& app, Context& context, int& exitCode);
void registerChat(CLI::App& app, Context& context, int& exitCode);
void registerServe(CLI::App& app, Context& context, int& exitCode);
void registerMember(CLI::App& app, Context& context, int& exitCode);
void registerGenerate(CLI::App& app, Context& context, int& exitCode);
void registerInspect(CLI::App& app, Context& context, int& exitCode);
void registerRuns(CLI::App& app, Context& context, int& exitCode);
void registerScore(CLI::App& app, Context& context, int& exitCode);
void registerDoctor(CLI::App& app, Context& context, int& exitCode);
void registerInit(CLI::App& app, Context& context, int& exitCode);
void registerBench(CLI::App& app, Context& context, int& exitCode);
void registerExperiment(CLI::App& app, Context& context, int& exitCode);
void registerAttach(CLI::App& app, Context& context, int& exitCode);
void registerSend(CLI::App& app, Context& context, int& exitCode);
void registerQueue(CLI::App& app, Context& context, int& exitCode);
void registerSweep(CLI::App& app, Context& context, int& exitCode);
void registerWorker(CLI::App& app, Context& context, int& exitCode);
void registerHost(CLI::App& app, Context& context, int& exitCode);

/// Every key of the configuration as a flag of `command`, plus --config FILE.
class ConfigFlags {
 public:
  /// With `only`, just these keys are offered.
  ConfigFlags(CLI::App& command, const std::vector<std::string_view>& only = {});

  /// The file first, then the flags over it. Every mistake is collected; unknown flags left over by the parser (pass
  /// `command.remaining()`) name the nearest key.
  [[nodiscard]] std::vector<ConfigProblem> read(const std::vector<std::string>& leftOver, RunConfig& config) const;

 private:
  std::string file_;
  std::map<std::string, std::vector<std::string>> values_;
};

/// Prints the sentences to stderr, one a line.
void printError(std::string_view message);
/// A line each to stderr: what one should know beside the result.
void printRemarks(const std::vector<std::string>& remarks);
/// A name with what is said of it.
struct Fact {
  std::string name, text;
  bool warning = false;
};
/// One a line, the texts below one another, warnings marked.
void printFacts(const std::vector<Fact>& facts);
/// "loss 2.4132, perplexity 11.17" of named values, 4 significant decimals.
[[nodiscard]] std::string valuesText(const NamedValues& values);
[[nodiscard]] std::string humanBytes(std::int64_t bytes);
[[nodiscard]] std::string humanSeconds(double seconds);

}  // namespace rosa::cli
