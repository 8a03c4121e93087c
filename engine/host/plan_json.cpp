// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

#include "rosa/estimate.h"

namespace rosa {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<const char*, 3> kStates = {"good", "warning", "missing"};

const char* nameOf(ReadinessCheck::State state) {
  return kStates.at(static_cast<std::size_t>(state));
}

/// A name of another version counts as the worst.
ReadinessCheck::State stateOf(const std::string& name) {
  const auto found = std::ranges::find(kStates, name);
  return static_cast<ReadinessCheck::State>(std::min<std::ptrdiff_t>(found - kStates.begin(), 2));
}

Json jsonOf(const RunPlan& plan) {
  auto problems = Json::array();
  for (const auto& problem : plan.problems) problems.push_back({{"key", problem.key}, {"message", problem.message}});
  auto checks = Json::array();
  for (const auto& check : plan.checks) {
    checks.push_back({{"subject", check.subject}, {"state", nameOf(check.state)}, {"text", check.text}});
  }
  auto layers = Json::array();
  for (const auto& layer : plan.layers) {
    layers.push_back({{"name", layer.name},
                      {"in_features", layer.inFeatures},
                      {"out_features", layer.outFeatures},
                      {"rank", layer.rank},
                      {"dense", layer.dense}});
  }
  auto usual = Json::array();
  for (const auto& setting : plan.usual) {
    usual.push_back({{"key", setting.key}, {"value", setting.value}, {"source", setting.source}});
  }
  const auto& memory = plan.memory;
  return {{"rosa", "plan"},
          {"problems", problems},
          {"checks", checks},
          {"remarks", plan.remarks},
          {"usual", usual},
          {"total_parameters", plan.totalParameters},
          {"trainable_parameters", plan.trainableParameters},
          {"layers", layers},
          {"data_rows", plan.dataRows},
          {"train_rows", plan.trainRows},
          {"validation_rows", plan.validationRows},
          {"median_tokens", plan.medianTokens},
          {"longest_tokens", plan.longestTokens},
          {"truncated_examples", plan.truncatedExamples},
          {"dropped_examples", plan.droppedExamples},
          {"estimated", plan.estimated},
          {"steps_per_epoch", plan.stepsPerEpoch},
          {"total_steps", plan.totalSteps},
          {"resample_every_steps", plan.resampleEverySteps},
          {"expected_resamples", plan.expectedResamples},
          {"expected_coverage", plan.expectedCoverage},
          {"memory_bytes",
           {{"weights", memory.weightsBytes},
            {"trainable", memory.trainableBytes},
            {"moments", memory.momentsBytes},
            {"activations", memory.activationsBytes},
            {"other", memory.otherBytes},
            {"total", memory.totalBytes()}}},
          {"memory_limit_bytes", plan.memoryLimitBytes},
          {"disk_bytes", plan.diskBytes},
          {"disk_free_bytes", plan.diskFreeBytes},
          {"truncated_validation", plan.truncatedValidation},
          {"dropped_validation", plan.droppedValidation},
          {"estimated_seconds", plan.estimatedSeconds},
          {"run_directory", plan.runDirectory.string()}};
}

/// Throws where a value is missing or of another kind.
RunPlan planOf(const Json& json) {
  RunPlan plan;
  for (const auto& problem : json.at("problems")) plan.problems.push_back({problem.at("key"), problem.at("message")});
  for (const auto& check : json.at("checks")) {
    plan.checks.push_back({check.at("subject"), stateOf(check.at("state")), check.at("text")});
  }
  for (const auto& layer : json.at("layers")) {
    plan.layers.push_back(
        {layer.at("name"), layer.at("in_features"), layer.at("out_features"), layer.at("rank"), layer.at("dense")});
  }
  for (const auto& setting : json.at("usual")) {
    plan.usual.push_back({setting.at("key"), setting.at("value"), setting.at("source")});
  }
  plan.remarks = json.at("remarks").get<std::vector<std::string>>();
  plan.totalParameters = json.at("total_parameters");
  plan.trainableParameters = json.at("trainable_parameters");
  plan.dataRows = json.at("data_rows");
  plan.trainRows = json.at("train_rows");
  plan.validationRows = json.at("validation_rows");
  plan.medianTokens = json.at("median_tokens");
  plan.longestTokens = json.at("longest_tokens");
  plan.truncatedExamples = json.at("truncated_examples");
  plan.droppedExamples = json.at("dropped_examples");
  plan.truncatedValidation = json.at("truncated_validation");
  plan.droppedValidation = json.at("dropped_validation");
  plan.estimated = json.at("estimated");
  plan.stepsPerEpoch = json.at("steps_per_epoch");
  plan.totalSteps = json.at("total_steps");
  plan.resampleEverySteps = json.at("resample_every_steps");
  plan.expectedResamples = json.at("expected_resamples");
  plan.expectedCoverage = json.at("expected_coverage");
  const auto& memory = json.at("memory_bytes");
  plan.memory = {memory.at("weights"), memory.at("trainable"), memory.at("moments"), memory.at("activations"),
                 memory.at("other")};
  plan.memoryLimitBytes = json.at("memory_limit_bytes");
  plan.diskBytes = json.at("disk_bytes");
  plan.diskFreeBytes = json.at("disk_free_bytes");
  plan.estimatedSeconds = json.at("estimated_seconds");
  plan.runDirectory = json.at("run_directory").get<std::string>();
  return plan;
}

}  // namespace

std::string toJson(const RunPlan& plan) {
  return jsonOf(plan).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Expected<RunPlan> planFromJson(std::string_view line) {
  const auto json = Json::parse(line, nullptr, false);
  if (!json.is_object() || json.value("rosa", Json()) != "plan") return Error{"The line is no plan of a run."};
  try {
    return planOf(json);
  } catch (const Json::exception&) {
    return Error{"The plan of the run lacks a value, or is of another version of this program."};
  }
}

}  // namespace rosa
