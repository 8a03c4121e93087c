// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/values.h"
#include "experiment/cost_measure.h"
#include "experiment/cost_page.h"
#include "experiment/experiment_folder.h"
#include "experiment/parts.h"
#include "rosa/experiment.h"
#include "service/guard.h"

namespace rosa {

namespace {

using base::Json;
using experiment::CostRow;
using experiment::CostRows;
using experiment::ExperimentFolder;
using experiment::PartResults;

constexpr std::int64_t kResampledRank = 8;

struct Measured {
  const char* name;
  std::vector<std::string> settings;
  bool everyRank = false;  ///< measured at each of the experiment's ranks
};

const std::vector<Measured>& trainingMethods() {
  static const std::vector<Measured> kMethods = {{"full", {"method=full"}},
                                                 {"rosa", {"method=rosa"}, true},
                                                 {"lora", {"method=lora"}, true},
                                                 {"rosa-merged", {"method=rosa", "rank=8", "form=merged"}},
                                                 {"rosa-b-only", {"method=rosa", "rank=8", "adapt=b"}},
                                                 {"rosa-fast", {"method=rosa", "rank=8", "basis=fast"}},
                                                 {"dora", {"method=dora", "rank=8"}},
                                                 {"ia3", {"method=ia3"}},
                                                 {"galore", {"method=galore", "rank=8"}},
                                                 {"bitfit", {"method=bitfit"}},
                                                 {"houlsby", {"method=houlsby", "rank=64"}},
                                                 {"pfeiffer", {"method=pfeiffer", "rank=64"}},
                                                 {"prompt", {"method=prompt"}},
                                                 {"prefix", {"method=prefix"}}};
  return kMethods;
}

/// What is left beside the weights; bottlenecks, prompts and prefixes cannot be merged. BitFit leaves nothing, so it
/// stands for every model that is merged.
const std::vector<Measured>& inferenceMethods() {
  static const std::vector<Measured> kMethods = {{"merged", {"method=bitfit"}},
                                                 {"lora-beside", {"method=lora", "form=branch"}, true},
                                                 {"dora-beside", {"method=dora"}, true},
                                                 {"ia3-beside", {"method=ia3"}},
                                                 {"houlsby", {"method=houlsby", "rank=64"}},
                                                 {"pfeiffer", {"method=pfeiffer", "rank=64"}},
                                                 {"prompt", {"method=prompt"}},
                                                 {"prefix", {"method=prefix"}}};
  return kMethods;
}

constexpr std::array kBases = {Basis::Exact, Basis::Reference, Basis::Fast};

/// One measurement, stored under its name.
struct Part {
  std::string name;
  CostRow* row = nullptr;
  std::function<Expected<Json>()> measure;
};

class Cost {
 public:
  Cost(const CostRequest& request, const ExperimentWatch& watch) : request_(request), watch_(watch) {}

  Expected<ExperimentReport> run() {
    ROSA_CHECK(check());
    ROSA_TRY(auto folder, ExperimentFolder::open(request_.destination, config()));
    listParts();
    std::vector<std::string> names;
    for (const auto& part : parts_) names.push_back(part.name);
    return experiment::makeParts(folder, watch_, names,
                                 {[&](std::size_t part) { return make(parts_[part]); },
                                  [&](const PartResults& results) { return writePage(folder, results); }});
  }

 private:
  [[nodiscard]] Status check() const {
    if (request_.batch < 1 || request_.length < 2 || request_.rounds < 1) {
      return Error{"Batch and rounds must be 1 or more, and a text needs 2 tokens or more."};
    }
    ROSA_TRY(const auto largest, experiment::largestCostRank(request_));
    for (const auto* ranks : {&request_.ranks, &request_.inferenceRanks}) {
      for (const auto rank : *ranks) {
        if (rank >= 1 && rank <= largest) continue;
        return Error{fmt::format("The rank {} does not fit: the smallest side of a layer is {}.", rank, largest)};
      }
    }
    return {};
  }

  [[nodiscard]] Json config() const {
    Json shapes = Json::array();
    for (const auto& shape : request_.shapes) shapes.push_back({shape.in, shape.out});
    return {{"experiment", "cost"},      {"arch", request_.arch},
            {"preset", request_.preset}, {"batch", request_.batch},
            {"length", request_.length}, {"ranks", request_.ranks},
            {"shapes", shapes},          {"inference_ranks", request_.inferenceRanks},
            {"rounds", request_.rounds}, {"threads", request_.threads}};
  }

  [[nodiscard]] Expected<std::optional<Json>> make(const Part& part) const {
    ROSA_TRY(auto result, part.measure());
    if (watch_.report) watch_.report(part.name);
    return std::optional(std::move(result));
  }

  [[nodiscard]] Status writePage(const ExperimentFolder& folder, const PartResults& results) {
    for (const auto& part : parts_) part.row->rounds.clear();
    for (const auto& part : parts_) {
      if (const auto found = results.find(part.name); found != results.end()) {
        part.row->rounds.push_back(found->second);
      }
    }
    return experiment::writeCostPage(folder, request_, rows_);
  }

  using Measure = Expected<Json> (*)(const CostRequest&, const std::vector<std::string>&);

  /// A row for each method and rank, then a part for each row in every round.
  void add(const char* kind, Measure measure, const std::vector<Measured>& methods,
           const std::vector<std::int64_t>& ranks, std::vector<CostRow>& rows) {
    std::vector<std::vector<std::string>> settings;
    for (const auto& method : methods) {
      for (const auto rank : method.everyRank ? ranks : std::vector<std::int64_t>{0}) {
        rows.push_back({method.name, rank, {}, {}});
        settings.push_back(method.settings);
        if (rank > 0) settings.back().push_back(fmt::format("rank={}", rank));
      }
    }
    for (std::int64_t round = 1; round <= request_.rounds; ++round) {
      for (std::size_t i = 0; i < rows.size(); ++i) {
        auto name = fmt::format("{}-{}", kind, rows[i].name);
        if (rows[i].rank > 0) name += fmt::format("-r{}", rows[i].rank);
        parts_.push_back({fmt::format("{}-{}", name, round), &rows[i],
                          [this, measure, wanted = settings[i]] { return measure(request_, wanted); }});
      }
    }
  }

  void listParts() {
    add("training", &experiment::measureTraining, trainingMethods(), request_.ranks, rows_.training);
    add("inference", &experiment::measureInference, inferenceMethods(), request_.inferenceRanks, rows_.inference);
    rows_.resamples.reserve(request_.shapes.size() * kBases.size());  // parts point to them
    for (const auto& shape : request_.shapes) {
      for (const auto basis : kBases) {
        const auto word = config::formatValue(basis);
        rows_.resamples.push_back({word, kResampledRank, fmt::format("{} x {}", shape.in, shape.out), {}});
        parts_.push_back(
            {fmt::format("resample-{}x{}-{}", shape.in, shape.out, word), &rows_.resamples.back(),
             [shape, basis] { return Expected<Json>(experiment::measureResample(shape, basis, kResampledRank)); }});
      }
    }
  }

  const CostRequest& request_;
  const ExperimentWatch& watch_;
  CostRows rows_;
  std::vector<Part> parts_;
};

}  // namespace

Expected<ExperimentReport> runCostExperiment(const CostRequest& request, const ExperimentWatch& watch) {
  return service::guarded([&] { return Cost(request, watch).run(); });
}

}  // namespace rosa
