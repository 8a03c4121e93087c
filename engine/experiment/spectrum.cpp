// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "experiment/experiment_folder.h"
#include "experiment/layer_spectrum.h"
#include "experiment/method_runs.h"
#include "experiment/parts.h"
#include "experiment/spectrum_page.h"
#include "experiment/weight_history.h"
#include "rosa/engine.h"
#include "rosa/experiment.h"
#include "rosa/method_traits.h"
#include "service/guard.h"

namespace rosa {

namespace {

using base::Json;
using experiment::ExperimentFolder;
using experiment::PartResults;

/// Five digits: plots and tables need no more, and the files stay small.
double rounded(double value) {
  return std::stod(fmt::format("{:.4e}", value));
}
std::vector<double> rounded(std::vector<double> values) {
  for (auto& value : values) value = rounded(value);
  return values;
}

Json jsonOf(const experiment::LayerSpectrum& spectrum) {
  Json moved = Json::array();
  for (const auto& cycle : spectrum.moved) moved.push_back(rounded(cycle));
  return {{"before", rounded(spectrum.before)},   {"after", rounded(spectrum.after)},
          {"change", rounded(spectrum.change)},   {"changed", rounded(spectrum.changed)},
          {"outside", rounded(spectrum.outside)}, {"moved", moved}};
}

class Spectrum {
 public:
  Spectrum(const SpectrumRequest& request, const ExperimentWatch& watch)
      : request_(request), watch_(watch), engine_(createEngine()) {}

  Expected<ExperimentReport> run() {
    ROSA_CHECK(check());
    ROSA_TRY(const auto folder, ExperimentFolder::open(request_.destination, config()));
    std::vector<std::string> names;
    for (const auto& method : request_.methods) names.push_back(method.name);
    return experiment::makeParts(
        folder, watch_, names,
        {[&](std::size_t part) { return measure(folder, request_.methods[part]); },
         [&](const PartResults& results) { return experiment::writeSpectrumPage(folder, request_, results); }});
  }

 private:
  /// Every mistake of every run before the first one trains.
  [[nodiscard]] Status check() const {
    ROSA_CHECK(experiment::checkMethods(request_.methods));
    if (request_.cycles < 2) return Error{"cycles must be 2 or more."};
    if (request_.stepsPerCycle < 1) return Error{"steps-per-cycle must be 1 or more."};
    if (request_.shownLayers < 0) return Error{"shown-layers must be 0 or more."};
    std::string problems;
    for (const auto& method : request_.methods) {
      ROSA_TRY(const auto config, configOf(method));
      if (!adaptsLayers(config.method) || isBottleneck(config.method)) {
        return Error{
            fmt::format("{} leaves the weights of the linear layers as they are; choose other methods.", method.name)};
      }
      const auto mistakes = experiment::mistakesOf(*engine_, config, method.name);
      problems += (problems.empty() || mistakes.empty() ? "" : "\n") + mistakes;
    }
    return problems.empty() ? Status() : Status(Error{problems});
  }

  [[nodiscard]] Json config() const {
    Json config = {{"experiment", "spectrum"},
                   {"data", experiment::modelName(request_.data)},
                   {"cycles", request_.cycles},
                   {"steps_per_cycle", request_.stepsPerCycle},
                   {"shown_layers", request_.shownLayers},
                   {"seed", request_.seed}};
    experiment::describeRuns(config, request_.model, request_.methods, request_.settings, request_.threads);
    return config;
  }

  [[nodiscard]] Expected<RunConfig> configOf(const ExperimentMethod& method) const {
    RunConfig base;
    base.model = request_.model;
    base.data = request_.data;
    base.seed = request_.seed;
    base.threads = request_.threads;
    base.evalEvery = {};
    base.sampleTokens = 0;
    ROSA_TRY(auto config, experiment::configOf(std::move(base), request_.settings, method));
    if (config.steps || config.epochs) {
      return Error{"steps and epochs follow from cycles and steps-per-cycle here; leave them out of the settings."};
    }
    const Interval cycle{Interval::Unit::Steps, static_cast<double>(request_.stepsPerCycle)};
    config.steps = request_.cycles * request_.stepsPerCycle;
    if (hasCycles(config.method)) config.resampleEvery = cycle;
    config.saveEvery = cycle;
    config.saveMinutes = 0;  // the kept checkpoints are those of the cycles
    config.keepCheckpoints = request_.cycles;
    return config;
  }

  [[nodiscard]] Expected<std::optional<Json>> measure(const ExperimentFolder& folder,
                                                      const ExperimentMethod& method) const {
    ROSA_TRY(auto config, configOf(method));
    const experiment::RunPlace place(folder, method.name);
    auto result = experiment::trainRun(*engine_, std::move(config), place, watch_);
    if (!result) return Error{fmt::format("{}: {}", method.name, result.error().message)};
    if (!*result) return result;
    auto& figures = **result;
    std::vector<std::pair<std::string, experiment::SpectrumMeter>> meters;
    ROSA_CHECK(experiment::visitWeights(place.path(), [&](auto layer, const auto& name, const auto& weight) {
      if (layer == meters.size()) {
        meters.emplace_back(name, weight);
      } else {
        meters[layer].second.add(weight);
      }
    }));
    Json layers = Json::object();
    for (auto& [name, meter] : meters) layers[name] = jsonOf(meter.finish());
    figures["method"] = method.name;
    figures["layers"] = layers;
    if (watch_.report) {
      watch_.report(fmt::format("{}: {} layers, loss {:.4f}, {:.0f} s", method.name, layers.size(),
                                experiment::figureOf(figures, "loss"), experiment::figureOf(figures, "seconds")));
    }
    return result;
  }

  const SpectrumRequest& request_;
  const ExperimentWatch& watch_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace

Expected<ExperimentReport> runSpectrumExperiment(const SpectrumRequest& request, const ExperimentWatch& watch) {
  return service::guarded([&] { return Spectrum(request, watch).run(); });
}

}  // namespace rosa
