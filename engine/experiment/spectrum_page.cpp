// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/spectrum_page.h"

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "experiment/e2e_data.h"
#include "experiment/heat_map.h"
#include "experiment/layer_spectrum.h"
#include "experiment/line_chart.h"
#include "experiment/method_runs.h"

namespace rosa::experiment {

namespace {

using base::Json;

/// Of the squared norm of a change.
constexpr double kHeld = 0.9;

struct MethodResult {
  std::string name;
  const Json* result;
};

/// How a method changed the layers, mean over them.
struct Summary {
  double change = 0;
  double held = 0;        ///< directions that hold kHeld of the change
  double topQuarter = 0;  ///< share of the moves along the first quarter of the directions
  double outside = 0;     ///< share of the moves beside all of them
  double overlap = 0;     ///< cosine between the moves of a cycle and those of the next, by direction
};

double square(double value) {
  return value * value;
}

class SpectrumPage {
 public:
  SpectrumPage(const SpectrumRequest& request, const PartResults& results) : request_(request) {
    for (const auto& method : request.methods) {
      const auto found = results.find(method.name);
      if (found != results.end()) methods_.push_back({method.name, &found->second});
    }
    if (methods_.empty()) return;
    for (const auto& [name, layer] : methods_.front().result->at("layers").items()) layers_.push_back(name);
    if (request.shownLayers == 0) return;
    for (const auto place : spreadEvenly(layers_.size(), request.shownLayers)) shown_.push_back(layers_[place]);
  }

  [[nodiscard]] Status write(const ExperimentFolder& folder) const {
    for (const auto& layer : shown_) {
      ROSA_CHECK(folder.write(fmt::format("spectrum-{}.svg", layer), spectrumPlot(layer)));
      ROSA_CHECK(folder.write(fmt::format("moves-{}.svg", layer), movesPlot(layer)));
    }
    ROSA_CHECK(folder.write("spectrum.csv", spectrumCsv()));
    ROSA_CHECK(folder.write("moves.csv", movesCsv()));
    return folder.write("README.md", text());
  }

 private:
  static const Json& layerOf(const MethodResult& method, const std::string& layer) {
    return method.result->at("layers").at(layer);
  }
  static std::vector<double> valuesOf(const Json& layer, const char* key) {
    return layer.at(key).get<std::vector<double>>();
  }
  static std::vector<std::vector<double>> movesOf(const Json& layer) {
    return layer.at("moved").get<std::vector<std::vector<double>>>();
  }

  [[nodiscard]] Summary summaryOf(const MethodResult& method) const {
    Summary mean;
    for (const auto& name : layers_) {
      const auto& layer = layerOf(method, name);
      mean.change += layer.at("change").get<double>();
      mean.held += static_cast<double>(directionsHolding(valuesOf(layer, "changed"), kHeld));
      double all = 0;
      double top = 0;
      double beside = 0;
      double overlap = 0;
      const auto moves = movesOf(layer);
      const auto outside = valuesOf(layer, "outside");
      for (std::size_t cycle = 0; cycle < moves.size(); ++cycle) {
        double product = 0;
        double own = 0;
        double next = 0;
        for (std::size_t i = 0; i < moves[cycle].size(); ++i) {
          own += square(moves[cycle][i]);
          if (i < moves[cycle].size() / 4) top += square(moves[cycle][i]);
          if (cycle + 1 == moves.size()) continue;
          product += moves[cycle][i] * moves[cycle + 1][i];
          next += square(moves[cycle + 1][i]);
        }
        beside += square(outside[cycle]);
        all += own + square(outside[cycle]);
        if (own > 0 && next > 0) overlap += product / std::sqrt(own * next);
      }
      if (all > 0) {
        mean.topQuarter += top / all;
        mean.outside += beside / all;
      }
      mean.overlap += overlap / static_cast<double>(moves.size() - 1);
    }
    const auto count = static_cast<double>(layers_.size());
    for (auto* figure : {&mean.change, &mean.held, &mean.topQuarter, &mean.outside, &mean.overlap}) *figure /= count;
    return mean;
  }

  [[nodiscard]] std::string text() const {
    std::string page = fmt::format(
        "# Singular values and directions: {}\n\nMade by `rosa experiment spectrum`; settings in "
        "[config.json](config.json), raw figures in [raw](raw), singular values of all layers in "
        "[spectrum.csv](spectrum.csv). {} cycles of {} steps on {}; the weights of every linear layer are looked at "
        "after each cycle. A method that resamples does so between cycles; the others train on, their cycles are "
        "stretches of the same length.\n\n",
        modelName(request_.model), request_.cycles, request_.stepsPerCycle, modelName(request_.data));
    page += fmt::format(
        "| method | trainable | validation loss | change | directions of the change | moves in the first quarter | "
        "moves "
        "outside | likeness of cycles |\n|---|---|---|---|---|---|---|---|\n");
    for (const auto& method : methods_) {
      const auto mean = summaryOf(method);
      page += fmt::format("| {} | {} | {:.4f} | {:.1f} % | {:.1f} | {:.1f} % | {:.1f} % | {:.2f} |\n", method.name,
                          method.result->value("trainable", std::int64_t{0}), figureOf(*method.result, "loss"),
                          100 * mean.change, mean.held, 100 * mean.topQuarter, 100 * mean.outside, mean.overlap);
    }
    page += fmt::format(
        "\nMeans over {} layers. Change: norm of W_after - W_before over that of W_before. Directions of the change: "
        "how "
        "many of its singular values hold {:.0f} % of its squared norm. Moves: what a cycle changes along the right "
        "singular vectors of W_before, squared norms; the first quarter are those of the largest singular values, "
        "outside is what lies beside all of them (layers with more outputs than inputs). Likeness: cosine between what "
        "a cycle and the next move, direction by direction; 1 where every cycle moves the same.\n",
        layers_.size(), 100 * kHeld);
    for (const auto& layer : shown_) {
      page += fmt::format(
          "\n## {}\n\n![Cumulative singular values](spectrum-{}.svg)\n\n![Moves by cycle and "
          "direction](moves-{}.svg)\n",
          layer, layer, layer);
    }
    return page;
  }

  [[nodiscard]] std::string spectrumPlot(const std::string& layer) const {
    std::vector<ChartSeries> lines;
    const auto add = [&](std::string name, const Json& of, const char* key, bool dashed) {
      ChartSeries line{std::move(name), {}, cumulativeShare(valuesOf(of, key)), dashed};
      for (std::size_t i = 0; i < line.y.size(); ++i) line.x.push_back(static_cast<double>(i + 1));
      lines.push_back(std::move(line));
    };
    add("before", layerOf(methods_.front(), layer), "before", true);
    for (const auto& method : methods_) add(method.name, layerOf(method, layer), "after", false);
    return lineChart({.title = layer, .xLabel = "singular values, largest first", .yLabel = "share of their sum"},
                     lines);
  }

  [[nodiscard]] std::string movesPlot(const std::string& layer) const {
    std::vector<HeatPanel> panels;
    for (const auto& method : methods_) panels.push_back({method.name, movesOf(layerOf(method, layer))});
    return heatMap({.title = layer + ": how far each cycle moved W",
                    .xLabel = "right singular vectors of the first W, largest singular value first",
                    .yLabel = "cycles"},
                   panels);
  }

  [[nodiscard]] std::string spectrumCsv() const {
    std::string csv = "layer,method,index,value,cumulative\n";
    const auto add = [&](const std::string& layer, const std::string& method, const std::vector<double>& values) {
      const auto cumulative = cumulativeShare(values);
      for (std::size_t i = 0; i < values.size(); ++i) {
        csv += fmt::format("{},{},{},{:.5g},{:.5g}\n", layer, method, i + 1, values[i], cumulative[i]);
      }
    };
    for (const auto& layer : layers_) {
      add(layer, "before", valuesOf(layerOf(methods_.front(), layer), "before"));
      for (const auto& method : methods_) add(layer, method.name, valuesOf(layerOf(method, layer), "after"));
    }
    return csv;
  }

  [[nodiscard]] std::string movesCsv() const {
    std::string csv = "layer,method,cycle,direction,norm\n";
    for (const auto& layer : shown_) {
      for (const auto& method : methods_) {
        const auto moves = movesOf(layerOf(method, layer));
        for (std::size_t cycle = 0; cycle < moves.size(); ++cycle) {
          for (std::size_t i = 0; i < moves[cycle].size(); ++i) {
            csv += fmt::format("{},{},{},{},{:.5g}\n", layer, method.name, cycle + 1, i + 1, moves[cycle][i]);
          }
        }
      }
    }
    return csv;
  }

  const SpectrumRequest& request_;
  std::vector<MethodResult> methods_;
  std::vector<std::string> layers_, shown_;
};

}  // namespace

Status writeSpectrumPage(const ExperimentFolder& folder, const SpectrumRequest& request, const PartResults& results) {
  return SpectrumPage(request, results).write(folder);
}

}  // namespace rosa::experiment
