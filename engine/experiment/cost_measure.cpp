// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/cost_measure.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <limits>
#include <memory>
#include <random>
#include <utility>

#include "adapt/rosa.h"
#include "config/values.h"
#include "device/cpu.h"
#include "device/device.h"
#include "device/memory.h"
#include "experiment/one_thread.h"
#include "model/build.h"
#include "model/key_value_cache.h"
#include "rosa/method_traits.h"
#include "service/init_presets.h"
#include "train/assemble_session.h"
#include "train/resampling.h"
#include "train/session.h"
#include "train/stepper.h"

namespace rosa::experiment {

namespace {

using base::Json;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kTimedSteps = 2;  ///< after one that is not timed
constexpr std::int64_t kNextTokens = 16;
constexpr std::int64_t kResamples = 5;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

Expected<model::ModelConfig> shapeOf(const CostRequest& request) {
  ROSA_TRY(const auto json, service::presetConfig(request.arch, request.preset));
  ROSA_TRY(auto config, model::parseModelConfig(json, "the preset's config.json"));
  if (!config.isDecoder()) {
    return Error{fmt::format("{} makes no texts, whose cost is measured. Choose gpt2 or llama.", request.arch)};
  }
  if (request.length + kNextTokens > config.longestSequence()) {
    return Error{fmt::format("{} tokens and {} more are longer than this model's texts, {}. Choose a smaller length.",
                             request.length, kNextTokens, config.longestSequence())};
  }
  return config;
}

std::vector<data::Example> randomTexts(std::int64_t count, std::int64_t length, std::int64_t vocabulary) {
  std::mt19937 random(1);
  std::uniform_int_distribution<std::int32_t> token(0, static_cast<std::int32_t>(vocabulary - 1));
  std::vector<data::Example> texts(static_cast<std::size_t>(count));
  for (auto& text : texts) {
    for (std::int64_t i = 0; i < length; ++i) text.tokenIds.push_back(token(random));
    text.targets.assign(text.tokenIds.begin() + 1, text.tokenIds.end());
    text.targets.push_back(data::kNoTarget);
    text.targetCount = length - 1;
  }
  return texts;
}

/// What a run opens, with random weights and texts.
Expected<std::unique_ptr<train::Session>> open(const CostRequest& request, const std::vector<std::string>& settings) {
  ROSA_TRY(auto shape, shapeOf(request));
  auto session = std::make_unique<train::Session>();
  auto& config = session->config;
  config.task = Task::LanguageModelling;
  config.batch = request.batch;
  config.steps = kTimedSteps + 1;
  config.resampleEvery = {};
  for (const auto& setting : settings) {
    const auto equals = setting.find('=');
    ROSA_CHECK(setConfigField(config, setting.substr(0, equals), setting.substr(equals + 1)));
  }
  session->threads = device::useThreads(request.threads);
  session->training = randomTexts(request.batch, request.length, shape.vocabularySize);
  model::BuildOptions options;
  options.head = model::Head::LanguageModel;
  ROSA_TRY(session->model, model::buildModel(std::move(shape), nullptr, options));
  for (const auto& stored : session->model->tensors()) {
    session->totalParameters += stored.tensor.numel();
    session->weightBytes += static_cast<std::int64_t>(stored.tensor.nbytes());
  }
  ROSA_CHECK(train::assembleSession(*session));
  return session;
}

/// Lets the process's peak begin at what it holds now. False where the system has no such thing.
bool restartResidentPeak() {
  std::ofstream file("/proc/self/clear_refs");
  file << "5" << std::flush;
  return file.good();
}

/// The tokens of one reading: `width` of each text.
model::Batch tokensOf(std::int64_t texts, std::int64_t width, std::int64_t position) {
  model::Batch batch;
  batch.tokenIds = at::arange(texts * width, at::kLong).remainder(97);
  batch.positionIds = at::arange(position, position + width, at::kLong).repeat({texts});
  for (std::int64_t text = 0; text <= texts; ++text) batch.offsets.push_back(text * width);
  return batch;
}

/// Reads so many prompts at once, then goes on token by token: seconds of the prompts and of each token.
std::pair<double, std::vector<double>> timeTexts(model::Model& model, std::int64_t texts, std::int64_t length) {
  model::KeyValueCache cache;
  std::vector<model::KeyValueCache::Sequence> sequences;
  for (std::int64_t text = 0; text < texts; ++text) sequences.push_back(cache.add());
  const auto first = model.config().firstPosition;
  const auto read = [&](std::int64_t width, std::int64_t position) {
    const auto batch = tokensOf(texts, width, position);
    const auto start = Clock::now();
    (void)model.nextLogits(batch, cache, sequences);
    return secondsSince(start);
  };
  const double prompts = read(length, first);
  std::vector<double> tokens;
  for (std::int64_t i = 0; i < kNextTokens; ++i) tokens.push_back(read(1, first + length + i));
  return {prompts, std::move(tokens)};
}

}  // namespace

Expected<std::int64_t> largestCostRank(const CostRequest& request) {
  ROSA_TRY(auto shape, shapeOf(request));
  model::BuildOptions options;
  options.device = c10::DeviceType::Meta;
  ROSA_TRY(const auto model, model::buildModel(std::move(shape), nullptr, options));
  std::int64_t side = std::numeric_limits<std::int64_t>::max();
  for (const auto* slot : model->linears()) {
    side = std::min({side, slot->weight().size(0), slot->weight().size(1)});
  }
  return side;
}

Expected<Json> measureTraining(const CostRequest& request, const std::vector<std::string>& settings) {
  const c10::Device device(c10::DeviceType::CPU);
  device::installCountingAllocator();
  device::releaseCached(device);
  const auto before = device::tensorMemory(device).allocatedBytes;
  const bool resident = restartResidentPeak();
  ROSA_TRY(auto session, open(request, settings));
  const double resample =
      train::awaitsFirstDraw(*session) ? train::resampleLayers(*session, 0, 0).milliseconds / 1000 : 0;
  train::Stepper stepper(*session->model, session->adaptations(), *session->arena, *session->optimizer,
                         session->stepSettings());
  device::resetPeak(device);
  std::vector<double> seconds;
  std::int64_t tokens = 0;
  for (std::int64_t step = 1; step <= kTimedSteps + 1; ++step) {
    const auto batches = session->batches(step);
    const auto start = Clock::now();
    tokens = stepper.run(batches, step, session->learningRate(step)).tokens;
    if (step > 1) seconds.push_back(secondsSince(start));
  }
  const auto arena = session->arena->bytes();
  const auto standing = session->weightBytes + arena.values + arena.gradients + arena.moments;
  const auto& config = session->config;
  return Json{{"form", hasForm(config.method) ? config::formatValue(config.form) : std::string()},
              {"trainable", session->trainableParameters},
              {"resample_seconds", resample},
              {"step_seconds", seconds},
              {"tokens", tokens},
              {"weights", session->weightBytes},
              {"adapters", arena.values},
              {"gradients", arena.gradients},
              {"moments", arena.moments},
              {"activations", device::tensorMemory(device).peakBytes - before - standing},
              {"process_peak", resident ? device::readProcessMemory().peakResidentBytes : 0}};
}

Expected<Json> measureInference(const CostRequest& request, const std::vector<std::string>& settings) {
  ROSA_TRY(const auto session, open(request, settings));
  const at::NoGradGuard noGrad;
  auto& model = *session->model;
  (void)timeTexts(model, 1, request.length);  // brings weights and code into the caches
  const auto one = timeTexts(model, 1, request.length);
  const auto many = timeTexts(model, request.batch, request.length);
  return Json{{"token_seconds", one.second},
              {"batch_token_seconds", many.second},
              {"prompt_seconds", Json::array({many.first})}};
}

Json measureResample(const CostShape& shape, Basis basis, std::int64_t rank) {
  const OneThread oneThread;
  at::manual_seed(1);
  const at::NoGradGuard noGrad;
  adapt::Rosa::Settings settings;
  settings.lowRank.rank = rank;
  settings.basis = basis;
  adapt::Rosa layer(at::randn({shape.in, shape.out}) * 0.02, "layer", settings);
  std::vector<double> seconds;
  for (std::int64_t cycle = 0; cycle <= kResamples; ++cycle) {
    const auto start = Clock::now();
    (void)layer.resample(cycle, {});
    if (cycle > 0) seconds.push_back(secondsSince(start));
  }
  return Json{{"seconds", seconds}};
}

}  // namespace rosa::experiment
