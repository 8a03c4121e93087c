// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <exception>

#include "cli/command.h"
#include "cli/parse_error.h"

/// `rosa`: the engine in a terminal. One file per subcommand.
int main(int argc, char** argv) {
  CLI::App app("Fine-tune language models with ROSA, and export merged checkpoints.", "rosa");
  app.require_subcommand(1);
  app.set_version_flag("--version", ROSA_VERSION);

  rosa::cli::Context context;
  context.arguments.assign(argv + 1, argv + argc);
  int exitCode = rosa::cli::kDone;
  for (const rosa::cli::Register add :
       {rosa::cli::registerPlan,     rosa::cli::registerTrain,      rosa::cli::registerResume,
        rosa::cli::registerExport,   rosa::cli::registerApply,      rosa::cli::registerEval,
        rosa::cli::registerGenerate, rosa::cli::registerInspect,    rosa::cli::registerRuns,
        rosa::cli::registerScore,    rosa::cli::registerDoctor,     rosa::cli::registerInit,
        rosa::cli::registerBench,    rosa::cli::registerExperiment, rosa::cli::registerAttach,
        rosa::cli::registerSend,     rosa::cli::registerQueue,      rosa::cli::registerSweep,
        rosa::cli::registerWorker,   rosa::cli::registerChat,       rosa::cli::registerServe,
        rosa::cli::registerMember,   rosa::cli::registerHost}) {
    add(app, context, exitCode);
  }

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help and --version
    rosa::cli::printError(rosa::cli::sentenceOf(error, app, argc > 1 ? argv[1] : ""));
    return rosa::cli::kWrongInput;
  } catch (const std::exception& error) {
    rosa::cli::printError(error.what());
    return rosa::cli::kFailed;
  }
  return exitCode;
}
