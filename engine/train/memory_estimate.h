// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "model/model_config.h"
#include "rosa/config.h"
#include "rosa/estimate.h"
#include "rosa/events.h"

namespace rosa::train {

struct MemoryFacts {
  std::int64_t weightBytes = 0;  ///< of the whole model
  std::int64_t trainableParameters = 0;
  std::int64_t momentBytes = 0;     ///< what the optimizer keeps
  std::int64_t ownParameters = 0;   ///< trainable ones that lie beside the weights
  std::int64_t tokensPerBatch = 0;  ///< of the longest micro-batch
  std::int64_t longestTokens = 0;   ///< of its longest text; 0 = it is one
  bool recomputes = false;          ///< gradient checkpointing
  std::int64_t keptPerToken = 0;    ///< numbers that the method's backward pass needs beside the model's own
  std::int64_t averageBytes = 0;    ///< of averaged weights (ema)
  std::int64_t resampleBytes = 0;   ///< what `resampleBytes` says
  bool halfTable = false;           ///< the token table is kept in half precision
  double predicted = 1;             ///< share of the tokens that a language model's head predicts
};

/// What a run will take before anything is opened: parameters are counted, activations follow from the shapes
/// of a block (what its backward pass keeps a token).
/// A run's own measurement tells everything beyond weights, trained numbers and moments as activations, and so does
/// this.
[[nodiscard]] MemoryParts estimateMemory(const model::ModelConfig& model, const MemoryFacts& facts);

/// What the libraries and the program itself take.
inline constexpr std::int64_t kProcessBytes = 210'000'000;

/// Of the configured memory, what is left to a run's tensors; 0 = no limit.
[[nodiscard]] std::int64_t memoryForTensors(const RunConfig& config);

struct Session;

/// The same of an opened session, with as many tokens in its longest micro-batch.
[[nodiscard]] MemoryParts estimateMemory(const Session& session, std::int64_t tokensPerBatch, bool recomputes);
/// As it stands.
[[nodiscard]] MemoryParts estimateMemory(const Session& session);
/// The session's adapted layers, as far as an estimate asks.
[[nodiscard]] std::vector<LayerPlan> layersOf(const Session& session);

/// Bases of the directions trained so far, which grow with each slice: at the end of the run, in memory and in a
/// checkpoint each (adapt::chooseCoverage).
[[nodiscard]] std::int64_t coverageBytes(const RunConfig& config, const std::vector<LayerPlan>& layers,
                                         std::int64_t draws);
/// Of what `resampleBytes` counts, what a checkpoint stores too.
[[nodiscard]] std::int64_t storedResampleBytes(const RunConfig& config, const std::vector<LayerPlan>& layers);

/// What ROSA's choice of slices takes in these layers: the basis that a sweep keeps from its beginning to its end, or
/// the gradient of the weights that is gathered while all of them are resampled.
[[nodiscard]] std::int64_t resampleBytes(const RunConfig& config, const std::vector<LayerPlan>& layers);

}  // namespace rosa::train
