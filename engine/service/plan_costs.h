// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/build.h"
#include "rosa/config.h"
#include "rosa/estimate.h"
#include "service/plan_data.h"
#include "service/plan_parameters.h"
#include "train/blueprint.h"
#include "train/memory_estimate.h"

namespace rosa::service {

/// What a run takes: steps, memory, disk. What it is made from must outlive it.
class RunCosts {
 public:
  /// `model` was built from `modelConfig` with `options`; `longestTokens` are those of the longest example.
  RunCosts(const RunConfig& config, const model::ModelConfig& modelConfig, const model::BuildOptions& options,
           const model::Model& model, const DataFacts& data, std::int64_t longestTokens,
           const TrainedParameters& trained);

  [[nodiscard]] const train::Counts& counts() const { return counts_; }
  /// Of all directions of ROSA's layers, the share that a run is expected to train; 0 for other methods.
  [[nodiscard]] double expectedCoverage() const;
  /// The expected peak, in micro-batches that fit into the configured memory; all 0 where nothing fits.
  [[nodiscard]] const MemoryParts& memory() const { return memory_; }
  /// What the configured memory changes of the run, as a sentence; empty where it changes nothing.
  [[nodiscard]] const std::string& fitInWords() const { return fitInWords_; }
  /// Where nothing fits into the configured memory: the least that would.
  [[nodiscard]] const std::optional<Error>& tooLarge() const { return tooLarge_; }
  /// Whether micro-batches of so many examples take less than that, without gradient checkpointing.
  [[nodiscard]] bool fits(std::int64_t batch, std::int64_t machineBytes) const;
  /// What would take less than a run that a machine with so much memory has no room for.
  [[nodiscard]] std::string wayToFit(std::int64_t machineBytes) const;
  [[nodiscard]] std::int64_t checkpointBytes() const { return checkpointBytes_; }
  /// Of all checkpoints that are kept at once.
  [[nodiscard]] std::int64_t diskBytes() const {
    return checkpointBytes_ * (config_.keepCheckpoints + config_.keepBest + 1);
  }

 private:
  struct NarrowerFit {
    const char* weights;
    std::int64_t bytes;
  };
  [[nodiscard]] train::Counts countSteps() const;
  void fitMemory(std::int64_t longestTokens, std::int64_t resampleBytes);
  [[nodiscard]] std::int64_t averageBytes() const;
  [[nodiscard]] std::optional<NarrowerFit> narrowerFit(std::int64_t limit) const;

  const RunConfig& config_;
  const model::ModelConfig& modelConfig_;
  const model::BuildOptions& options_;
  const model::Model& model_;
  const DataFacts& data_;
  const TrainedParameters& trained_;
  train::Counts counts_;
  MemoryParts memory_;
  std::string fitInWords_;
  std::optional<Error> tooLarge_;
  std::int64_t leastBytes_ = 0;  ///< with micro-batches of one example and gradient checkpointing
  train::MemoryFacts leastFacts_;
  std::int64_t checkpointBytes_ = 0;
};

}  // namespace rosa::service
