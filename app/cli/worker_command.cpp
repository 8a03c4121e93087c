// SPDX-License-Identifier: GPL-3.0-or-later
#include <memory>

#include "cli/command.h"
#include "cli/experiment.h"
#include "cli/interrupt.h"
#include "cli/quiet_sink.h"

namespace rosa::cli {
namespace {

int trainAsAsked(Context& context, const WorkRequest& request) {
  const auto experiment = context.runs().experimentOf(request.runDirectory);
  if (!experiment) {
    printError(experiment.error().message);
    return kWrongInput;
  }
  if (*experiment) return workQueuedExperiment(request, **experiment);
  QuietSink sink;
  auto run = context.engine().work(request, sink);
  if (!run) {
    printError(run.error().message);
    return kWrongInput;
  }
  const bool wanted = waitWithInterrupt(**run);
  return wanted && (*run)->succeeded() ? kDone : kFailed;
}

}  // namespace

void registerWorker(CLI::App& app, Context& context, int& exitCode) {
  auto* command = app.add_subcommand("worker", "The process of a run: what the window and the queue start");
  command->group("");  // not for people
  auto order = std::make_shared<WorkerOrder>();
  auto& request = order->request;
  command->add_option("run", request.runDirectory, "Run folder")->required();
  command->add_flag("--resume", request.resume, "Go on from the newest checkpoint");
  command->add_option("--accepted-changes", request.acceptedChanges, "In the data, as they were told");
  command->add_option("--commands-from", request.commandsFrom, "Bytes of commands.jsonl");
  command->add_option("--lock", request.lockDescriptor, "Descriptor that holds the folder's lock");
  command->add_option("--device-lock", order->deviceDescriptor, "Descriptor that holds the device's");
  command->add_flag("--detach", order->detach, "Leave the process that starts this one");
  command->callback([order, &context, &exitCode] {
    exitCode = superviseRun(
        *order, [&] { return trainAsAsked(context, order->request); },
        // Whether another run can begin is no matter of this one's.
        [&] { static_cast<void>(context.runs().startWaiting()); });
  });
}

}  // namespace rosa::cli
