// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/plan_parameters.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "adapt/frozen_weight.h"
#include "adapt/method.h"
#include "model/virtual_tokens.h"
#include "rosa/method_traits.h"
#include "train/adapted_linears.h"
#include "train/opened_model.h"
#include "train/session.h"
#include "train/start_adapter.h"
#include "train/trained_tensors.h"
#include "train/trained_tokens.h"

namespace rosa::service {
namespace {

adapt::Segment segmentOf(model::Role role) {
  switch (role) {
    case model::Role::Embedding:
      return adapt::Segment::Embedding;
    case model::Role::LinearWeight:
    case model::Role::Convolution:
    case model::Role::DecayLog:
      return adapt::Segment::Dense;
    case model::Role::LinearBias:
      return adapt::Segment::Bias;
    case model::Role::Norm:
      return adapt::Segment::Norm;
    case model::Role::HeadWeight:
    case model::Role::HeadBias:
    case model::Role::HeadNorm:
    case model::Role::Buffer:
      break;
  }
  return adapt::Segment::Head;
}

class ParameterPlanner {
 public:
  ParameterPlanner(const RunConfig& config, model::Model& model, const model::ModelConfig& modelConfig,
                   const text::Tokenizer* tokenizer, const text::TurnEnd& turnEnd)
      : config_(config), model_(model), modelConfig_(modelConfig), tokenizer_(tokenizer), turnEnd_(turnEnd) {}

  TrainedParameters plan() {
    planAll();
    return std::move(planned_);
  }

 private:
  void planAll() {
    auto opened = train::StartAdapter::openFor(config_, model_);
    if (!opened) return fail("adapter", opened.error());
    auto start = *std::move(opened);
    if (start && start->method() != config_.method) start.reset();
    auto also = train::trainedAlso(config_, model_);
    if (!also) return fail("train-also", also.error());
    if (start) {
      const auto saved = start->savedTensors();
      also->insert(also->end(), saved.begin(), saved.end());
    }
    if (!planAdapted(start)) return;
    if (isPrompt(config_.method)) {
      if (config_.virtualTokens < 1) return;  // told with the settings
      const auto kind = train::virtualKindOf(config_.method);
      if (const auto can = model::checkVirtual(kind, modelConfig_); !can) return fail("method", can.error());
      planned_.shapes.push_back(
          {model::virtualShape(kind, config_.virtualTokens, modelConfig_), adapt::Segment::Adapter});
      planned_.count += planned_.shapes.back().shape[0] * planned_.shapes.back().shape[1];
    }
    const auto whole = planWhole(*also);
    if (!planRows(whole)) return;
    if (planned_.count == 0) return fail("method", train::nothingTrains(config_));
    planned_.complete = true;
  }

  /// The layers that the method adapts; false where some cannot be.
  bool planAdapted(const std::optional<train::StartAdapter>& start) {
    const auto chosen = train::adaptedLinears(config_, model_, start);
    if (!chosen) return fail("layers", chosen.error()), false;
    const auto settings = train::settingsOf(config_, Form::Merged, model_, *chosen, start);
    if (!settings) return fail("layer-rank", settings.error()), false;
    // One sentence for all layers: what fits the narrowest fits the others.
    std::optional<Error> misfit;
    std::int64_t narrowest = 0;
    for (std::size_t i = 0; i < chosen->size(); ++i) {
      const auto* slot = model_.linears()[(*chosen)[i]];
      LayerPlan layer;
      layer.name = slot->name();
      layer.inFeatures = slot->weight().size(0);
      layer.outFeatures = slot->weight().size(1);
      const auto numbers = adapt::numbersOf((*settings)[i], layer.inFeatures, layer.outFeatures, layer.name);
      if (!numbers) {
        const auto side = std::min(layer.inFeatures, layer.outFeatures);
        if (!misfit || side < narrowest) misfit = numbers.error();
        narrowest = misfit && narrowest > 0 ? std::min(narrowest, side) : side;
        continue;
      }
      layer.rank = numbers->rank;
      layer.dense = numbers->dense;
      if (layer.dense && adapt::isNarrow(slot->weight())) {
        return fail("weights", train::mustBeWide(layer.name + ".weight")), false;
      }
      planned_.count += numbers->trainable();
      planned_.keptPerToken += numbers->keptPerToken;
      for (const auto& shape : numbers->shapes) {
        planned_.shapes.push_back({shape, numbers->dense ? adapt::Segment::Dense : adapt::Segment::Adapter});
      }
      planned_.layers.push_back(std::move(layer));
      planned_.layerNumbers.push_back(numbers->trainable());
    }
    if (misfit) fail("rank", *misfit);
    return !misfit;
  }

  /// The tensors that train whole, linear weights apart.
  std::vector<std::string> planWhole(const std::vector<std::string>& also) {
    std::vector<std::string> adapted;
    for (const auto& layer : planned_.layers) adapted.push_back(layer.name);
    const auto whole = train::trainedTensors(config_, model_, adapted, also);
    for (const auto& stored : model_.tensors()) {
      const bool linear = stored.role == model::Role::LinearWeight;
      const auto& names = linear ? also : whole;
      if (std::find(names.begin(), names.end(), stored.name) != names.end()) {
        if (adapt::isNarrow(stored.tensor)) fail("weights", train::mustBeWide(stored.name));
        planned_.count += stored.tensor.numel();
        planned_.shapes.push_back({stored.tensor.sizes().vec(), segmentOf(stored.role)});
      }
    }
    return whole;
  }

  /// Rows of single tokens; false where they cannot train.
  bool planRows(const std::vector<std::string>& whole) {
    if (config_.trainTokens.empty() || tokenizer_ == nullptr) return true;
    const auto ids = train::trainedTokens(config_, *tokenizer_, turnEnd_);
    if (!ids) return fail("train-tokens", ids.error()), false;
    const auto rows = train::trainRows(model_, *ids, whole);
    if (!rows) return fail("train-tokens", rows.error()), false;
    for (const auto* parameter : *rows) {
      planned_.count += parameter->value.numel();
      planned_.shapes.push_back({parameter->value.sizes().vec(), parameter->segment});
    }
    return true;
  }

  void fail(std::string key, const Error& error) { planned_.problems.push_back({std::move(key), error.message}); }

  const RunConfig& config_;
  model::Model& model_;
  const model::ModelConfig& modelConfig_;
  const text::Tokenizer* tokenizer_;
  const text::TurnEnd& turnEnd_;
  TrainedParameters planned_;
};

}  // namespace

std::int64_t TrainedParameters::beside() const {
  std::int64_t numbers = 0;
  for (const auto& parameter : shapes) {
    if (parameter.segment != adapt::Segment::Adapter) continue;
    numbers += std::accumulate(parameter.shape.begin(), parameter.shape.end(), std::int64_t{1}, std::multiplies<>());
  }
  return numbers;
}

TrainedParameters planParameters(const RunConfig& config, model::Model& model, const model::ModelConfig& modelConfig,
                                 const text::Tokenizer* tokenizer, const text::TurnEnd& turnEnd) {
  return ParameterPlanner(config, model, modelConfig, tokenizer, turnEnd).plan();
}

}  // namespace rosa::service
