// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "cli/bench_scale.h"
#include "cli/choice.h"
#include "cli/command.h"
#include "cli/json_text.h"
#include "cli/sampling_flags.h"
#include "rosa/chat.h"

namespace rosa::cli {

namespace {

/// A command below `bench` that takes a run's settings; `measure` gives its result as JSON.
template <typename Measure>
void addMeasurement(CLI::App& command, int& exitCode, Measure measure) {
  command.allow_extras();
  auto flags = std::make_shared<ConfigFlags>(command);
  // Its result is JSON in any case; the flag is there because every command with a result has it.
  command.add_flag_callback(
      "--json", [] {}, "Print the result as JSON, as always");
  command.callback([&command, flags, measure, &exitCode] {
    RunConfig config;
    if (const auto problems = flags->read(command.remaining(), config); !problems.empty()) {
      printError(joinProblems(problems));
      exitCode = kWrongInput;
      return;
    }
    const Expected<nlohmann::ordered_json> result = measure(config);
    if (!result) {
      printError(result.error().message);
      exitCode = kWrongInput;
      return;
    }
    fmt::print("{}\n", result->dump());
  });
}

void addPlace(nlohmann::ordered_json& line, const BenchPlace& place) {
  line["gemm_gflops"] = place.gemmGflops;
  line["threads"] = place.threads;
  line["instructions"] = place.instructions;
}

void addResampleAndLoad(CLI::App& bench, Context& context, int& exitCode) {
  auto* resample =
      bench.add_subcommand("resample", "Time resamples of all layers with a step between; prints one line of JSON");
  auto times = std::make_shared<std::int64_t>(5);
  resample->add_option("--times", *times, "Resamples after the first draw, whose median counts")
      ->check(wholeNumberFrom(1));
  addMeasurement(*resample, exitCode, [times, &context](const RunConfig& config) -> Expected<nlohmann::ordered_json> {
    ROSA_TRY(const auto report, context.engine().benchResample(config, *times));
    nlohmann::ordered_json line{{"layers", report.layers},
                                {"first_seconds", report.firstSeconds},
                                {"times", report.times},
                                {"seconds", report.seconds},
                                {"step_seconds", report.stepSeconds},
                                {"loss_before", number(report.lossBefore)},
                                {"loss_after", number(report.lossAfter)}};
    addPlace(line, report.place);
    return line;
  });
  auto* load = bench.add_subcommand(
      "load", "Time the way from the start of the process to the end of the first step; prints one line of JSON");
  addMeasurement(*load, exitCode, [&context](const RunConfig& config) -> Expected<nlohmann::ordered_json> {
    ROSA_TRY(const auto report, context.engine().benchLoad(config));
    nlohmann::ordered_json line{{"first_step_seconds", report.firstStepSeconds},
                                {"open_seconds", report.openSeconds},
                                {"model_mb", static_cast<double>(report.modelBytes) / 1e6},
                                {"copy_gb_per_second", report.copyGbPerSecond},
                                {"first_loss", number(report.firstLoss)},
                                {"peak_memory_mb", report.peakMemoryMb}};
    addPlace(line, report.place);
    return line;
  });
}

/// Times a text of a fixed length after a prompt; the smallest of a few tries, whose prompt is never the same.
Expected<nlohmann::ordered_json> timeGeneration(Engine& engine, const ModelRequest& request, std::int64_t words,
                                                std::int64_t newTokens, std::int64_t tries) {
  ROSA_TRY(const auto model, engine.openModel(request));
  Completion best;
  for (std::int64_t turn = 0; turn < tries; ++turn) {
    CompletionRequest asked;
    asked.prompt = fmt::format("{}", turn + 1);
    for (std::int64_t word = 1; word < words; ++word) asked.prompt += fmt::format(" {}", (word * 7919 + turn) % 1000);
    asked.settings.minNewTokens = asked.settings.maxNewTokens = newTokens;
    ROSA_TRY(const auto prepared, model->prepare(asked));
    ROSA_TRY(const auto made, model->complete(prepared, {}));
    if (turn == 0 || made.writeSeconds < best.writeSeconds) best = made;
  }
  const auto read = static_cast<double>(best.promptTokens - best.reusedTokens);
  return nlohmann::ordered_json{{"prompt_tokens", best.promptTokens},
                                {"read_tokens_per_second", best.readSeconds > 0 ? read / best.readSeconds : 0},
                                {"tokens", best.tokens},
                                {"tokens_per_second", best.tokensPerSecond()}};
}

}  // namespace

void registerBench(CLI::App& app, Context& context, int& exitCode) {
  auto* bench = app.add_subcommand("bench", "Measure speed and memory");
  bench->require_subcommand(1);
  auto* command = bench->add_subcommand("train", "Time training steps of a model on data; prints one line of JSON");
  auto untimed = std::make_shared<std::int64_t>(5);
  command->add_option("--untimed", *untimed, "First steps that are not timed")->check(wholeNumberFrom(0));
  addMeasurement(*command, exitCode, [untimed, &context](const RunConfig& config) -> Expected<nlohmann::ordered_json> {
    ROSA_TRY(const auto report, context.engine().benchTrain(config, *untimed));
    nlohmann::ordered_json line{{"steps", report.steps},
                                {"tokens_per_second", report.tokensPerSecond},
                                {"step_seconds", report.stepSeconds},
                                {"padding_fraction", report.paddingFraction},
                                {"peak_memory_mb", report.peakMemoryMb},
                                {"estimated_memory_mb", report.estimatedMemoryMb},
                                {"plain_loss", number(report.plainLoss)},
                                {"first_loss", number(report.firstLoss)},
                                {"last_loss", number(report.lastLoss)},
                                {"gradient_norm", number(report.gradientNorm)},
                                {"resample_seconds", report.resampleSeconds},
                                {"share_of_wall", report.shareOfWall}};
    addPlace(line, report.place);
    return line;
  });
  addResampleAndLoad(*bench, context, exitCode);
  auto* tokenize = bench->add_subcommand(
      "tokenize",
      "Time how the training file is cut into tokens; prints one line of JSON. MB are 10^6 bytes of the file");
  addMeasurement(*tokenize, exitCode, [&context](const RunConfig& config) -> Expected<nlohmann::ordered_json> {
    ROSA_TRY(const auto report, context.engine().benchTokenize(config));
    return nlohmann::ordered_json{{"mb_per_second", static_cast<double>(report.bytes) / 1e6 / report.seconds},
                                  {"threads", report.threads},
                                  {"seconds", report.seconds},
                                  {"bytes", report.bytes},
                                  {"examples", report.examples},
                                  {"tokens", report.tokens},
                                  {"sha256", report.sha256}};
  });
  auto* scale = bench->add_subcommand(
      "scale", "Compare --processes of one thread with one such process at as many examples each; one line of JSON");
  auto rounds = std::make_shared<std::int64_t>(3);
  auto warming = std::make_shared<std::int64_t>(5);
  scale->add_option("--rounds", *rounds, "Turns, whose median counts")->check(wholeNumberFrom(1));
  scale->add_option("--untimed", *warming, "First steps that are not timed")->check(wholeNumberFrom(1));
  addMeasurement(*scale, exitCode, [rounds, warming, &context](const RunConfig& config) {
    return benchScale(context.engine(), config, *warming, *rounds);
  });
  struct GenerationOptions {
    ModelRequest request;
    std::int64_t words = 64, newTokens = 64, tries = 3;
  };
  auto* generate = bench->add_subcommand(
      "generate",
      "Time how a model reads a prompt and writes a text; prints one line of JSON, the fastest of some tries");
  auto options = std::make_shared<GenerationOptions>();
  generate->add_option("--model", options->request.model, "Model folder, a run's, or a GGUF file")
      ->required()
      ->type_name("DIR");
  generate->add_option("--prompt-words", options->words, "Numbers in the prompt")->check(wholeNumberFrom(1));
  generate->add_option("--new-tokens", options->newTokens, "Tokens to write")->check(wholeNumberFrom(2));
  generate->add_option("--tries", options->tries, "Tries")->check(wholeNumberFrom(1));
  addPlaceFlags(*generate, options->request.threads, options->request.device, options->request.weights);
  generate->callback([options, &context, &exitCode] {
    const auto result =
        timeGeneration(context.engine(), options->request, options->words, options->newTokens, options->tries);
    exitCode = result ? kDone : kWrongInput;
    if (!result) return printError(result.error().message);
    fmt::print("{}\n", result->dump());
  });
}

}  // namespace rosa::cli
