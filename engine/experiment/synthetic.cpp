// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <string_view>

#include "experiment/experiment_folder.h"
#include "experiment/line_chart.h"
#include "experiment/synthetic_task.h"
#include "experiment/theorem.h"
#include "rosa/experiment.h"
#include "service/guard.h"

namespace rosa {

namespace {

using base::Json;
using experiment::ExperimentFolder;
using experiment::SyntheticMethod;
using experiment::SyntheticSettings;

constexpr std::array<std::pair<std::string_view, std::int64_t>, 3> kNetworks = {
    {{"linear", 1}, {"mlp2", 2}, {"mlp3", 3}}};

std::int64_t layersOf(std::string_view network) {
  const auto* found = std::ranges::find(kNetworks, network, &std::pair<std::string_view, std::int64_t>::first);
  return found == kNetworks.end() ? 0 : found->second;
}

struct Removals {
  experiment::Removal removal;
  std::string_view name;
};
constexpr std::array<Removals, 5> kRemovals = {{{experiment::Removal::None, "additive"},
                                                {experiment::Removal::Window, "svd_equal, random windows"},
                                                {experiment::Removal::Sweep, "svd_equal, sweep"},
                                                {experiment::Removal::Bottom, "svd_equal, bottom"},
                                                {experiment::Removal::Top, "svd_equal, top"}}};
/// Cycles in units of the theorem's.
constexpr std::array<std::int64_t, 4> kMultiples = {1, 2, 4, 8};
constexpr const char* kTheorem = "theorem";

/// One network trained one way.
struct Planned {
  std::string name;
  std::string network;
  SyntheticMethod method;
  std::int64_t interval = 0;  ///< epochs; 0 where nothing is resampled
  std::int64_t seed = 0;
};

std::string labelOf(const Planned& part, bool severalIntervals) {
  auto label = experiment::nameOf(part.method);
  if (part.interval > 0 && severalIntervals) label += fmt::format(", every {}", part.interval);
  return label;
}

class Synthetic {
 public:
  Synthetic(const SyntheticRequest& request, const ExperimentWatch& watch) : request_(request), watch_(watch) {}

  Expected<ExperimentReport> run() {
    ROSA_CHECK(check());
    ROSA_TRY(auto folder, ExperimentFolder::open(request_.destination, config()));
    listParts();
    tellProgress(folder);
    if (!folder.has(kTheorem)) {
      report("theorem: {} instances, every cycle solved exactly", request_.instances);
      ROSA_CHECK(folder.store(kTheorem, checkTheorem()));
      tellProgress(folder);
    }
    for (const auto& part : parts_) {
      if (stopped()) break;
      if (folder.has(part.name)) continue;
      ROSA_TRY(const auto result, train(part));
      if (result.is_null()) break;
      ROSA_CHECK(folder.store(part.name, result));
      tellProgress(folder);
      report("{}: {:.4g} after {} epochs, {:.1f} s", part.name, result.at("final").get<double>(), request_.epochs,
             result.at("seconds").get<double>());
    }
    ROSA_CHECK(writePage(folder));
    return standing(folder);
  }

 private:
  [[nodiscard]] ExperimentReport standing(const ExperimentFolder& folder) const {
    const auto finished = std::ranges::count_if(parts_, [&](const Planned& part) { return folder.has(part.name); });
    return {folder.path(), std::ssize(parts_) + 1, finished + (folder.has(kTheorem) ? 1 : 0)};
  }
  void tellProgress(const ExperimentFolder& folder) const {
    if (!watch_.progress) return;
    const auto now = standing(folder);
    watch_.progress(now.finished, now.parts);
  }

  template <typename... Values>
  void report(fmt::format_string<Values...> text, Values&&... values) const {
    if (watch_.report) watch_.report(fmt::format(text, std::forward<Values>(values)...));
  }
  [[nodiscard]] bool stopped() const { return watch_.stop && watch_.stop(); }

  [[nodiscard]] Status check() const {
    for (const auto& network : request_.networks) {
      if (layersOf(network) == 0) {
        return Error{fmt::format("There is no network \"{}\"; choose among linear, mlp2 and mlp3.", network)};
      }
    }
    const SyntheticSettings defaults;
    for (const auto rank : request_.ranks) {
      if (rank < 1 || rank > defaults.out) {
        return Error{fmt::format("The rank {} does not fit: the smallest side of a layer is {}.", rank, defaults.out)};
      }
    }
    for (const auto interval : request_.intervals) {
      if (interval < 1 || interval >= request_.epochs) {
        return Error{fmt::format("A resample every {} epochs never comes in {} epochs.", interval, request_.epochs)};
      }
    }
    if (request_.seeds < 1 || request_.epochs < 1 || request_.instances < 1) {
      return Error{"Seeds, epochs and instances must be 1 or more."};
    }
    return {};
  }

  [[nodiscard]] Json config() const {
    const SyntheticSettings size;
    return {{"experiment", "synthetic"},
            {"networks", request_.networks},
            {"ranks", request_.ranks},
            {"intervals", request_.intervals},
            {"epochs", request_.epochs},
            {"seeds", request_.seeds},
            {"instances", request_.instances},
            {"in", size.in},
            {"hidden", size.hidden},
            {"out", size.out},
            {"true_rank", size.trueRank},
            {"train_rows", size.trainRows},
            {"valid_rows", size.validRows},
            {"batch", size.batch},
            {"lr", size.learningRate},
            {"weight_decay", size.weightDecay},
            {"resample_after", size.resampleAfter}};
  }

  void listParts() {
    for (std::int64_t seed = 0; seed < request_.seeds; ++seed) {
      for (const auto& network : request_.networks) {
        const auto add = [&](SyntheticMethod method, std::int64_t interval) {
          Planned part{"", network, method, interval, seed};
          auto name = method.method == Method::Full ? "full" : fmt::format("{}-r{}", word(method.method), method.rank);
          if (interval > 0) name += fmt::format("-every{}", interval);
          part.name = fmt::format("{}-{}-s{}", network, name, seed);
          parts_.push_back(std::move(part));
        };
        for (const auto rank : request_.ranks) add({Method::Lora, rank}, 0);
        for (const auto rank : request_.ranks) {
          for (const auto interval : request_.intervals) add({Method::Rosa, rank}, interval);
        }
        add({Method::Full, 0}, 0);
      }
    }
  }

  static std::string_view word(Method method) { return method == Method::Rosa ? "rosa" : "lora"; }

  /// What is left of the loss, over the instances, by form and multiple of the theorem's cycles.
  [[nodiscard]] Json checkTheorem() const {
    std::mt19937 random(17);
    const auto between = [&](std::int64_t low, std::int64_t high) {
      return std::uniform_int_distribution<std::int64_t>(low, high)(random);
    };
    std::array<std::array<std::vector<double>, kMultiples.size()>, kRemovals.size()> left;
    double beforeLast = 1;
    for (std::int64_t instance = 0; instance < request_.instances; ++instance) {
      experiment::ProblemSize size;
      size.in = between(16, 48);
      size.out = between(16, 48);
      size.rows = size.in + between(64, 256);
      size.rank = between(4, std::min(size.in, size.out));
      const auto rank = between(2, 8);
      const auto seed = static_cast<std::uint64_t>(instance);
      const auto problem = experiment::drawProblem(size, seed);
      const auto cycles = experiment::theoremCycles(problem, rank);
      for (std::size_t r = 0; r < kRemovals.size(); ++r) {
        const auto losses =
            experiment::solveCycles(problem, rank, kRemovals[r].removal, cycles * kMultiples.back(), seed);
        for (std::size_t m = 0; m < kMultiples.size(); ++m) {
          left[r][m].push_back(losses[static_cast<std::size_t>(cycles * kMultiples[m])] / losses[0]);
        }
        if (r == 0) beforeLast = std::min(beforeLast, losses[static_cast<std::size_t>(cycles - 1)] / losses[0]);
      }
    }
    Json result = {{"instances", request_.instances}, {"smallest_left_one_cycle_before", beforeLast}};
    for (std::size_t r = 0; r < kRemovals.size(); ++r) {
      Json rows = Json::array();
      for (std::size_t m = 0; m < kMultiples.size(); ++m) {
        auto& values = left[r][m];
        std::ranges::sort(values);
        double sum = 0;
        for (const double value : values) sum += value;
        rows.push_back({{"cycles", kMultiples[m]},
                        {"median", values[values.size() / 2]},
                        {"mean", sum / static_cast<double>(values.size())},
                        {"worst", values.back()}});
      }
      result[std::string(kRemovals[r].name)] = rows;
    }
    return result;
  }

  /// Null where the experiment was stopped meanwhile.
  [[nodiscard]] Expected<Json> train(const Planned& part) const {
    SyntheticSettings settings;
    settings.layers = layersOf(part.network);
    settings.epochs = request_.epochs;
    settings.seed = 42 + static_cast<std::uint64_t>(part.seed) * 1000;
    if (part.interval > 0) settings.resampleEvery = part.interval;
    const auto task = experiment::drawTask(settings);
    const auto curve = experiment::learn(task, settings, part.method, watch_.stop);
    if (!curve) {
      if (stopped()) return Json();
      return curve.error();
    }
    return Json{{"network", part.network},         {"method", experiment::nameOf(part.method)},
                {"interval", part.interval},       {"seed", part.seed},
                {"trainable", curve->trainable},   {"resampled_at", curve->resampledAt},
                {"validation", curve->validation}, {"final", curve->finalValidation},
                {"seconds", curve->seconds}};
  }

  [[nodiscard]] Status writePage(const ExperimentFolder& folder) const {
    ROSA_TRY(const auto theorem, folder.load(kTheorem));
    std::string page =
        "# Recovery of a low-rank map\n\nMade by `rosa experiment synthetic`; settings in [config.json](config.json), "
        "raw figures in [raw](raw), curves in [curves.csv](curves.csv).\n\n" +
        theoremTable(theorem);
    std::string csv = "network,method,interval,seed,epoch,validation_mse\n";
    for (const auto& network : request_.networks) {
      ROSA_TRY(const auto section, networkSection(folder, network, csv));
      page += section;
    }
    ROSA_CHECK(folder.write("curves.csv", csv));
    return folder.write("README.md", page);
  }

  [[nodiscard]] std::string theoremTable(const Json& theorem) const {
    std::string table = fmt::format(
        "## The theorem\n\nLinear map, {} random instances, every cycle solved exactly (reduced-rank regression), "
        "fp64. T "
        "= ceil(rank(X·W0 - Y) / R). Share of the first loss that is left, mean (worst):\n\n| form | after T cycles | "
        "2T | 4T | 8T |\n|---|---|---|---|---|\n",
        theorem.at("instances").get<std::int64_t>());
    for (const auto& removal : kRemovals) {
      table += fmt::format("| {} |", removal.name);
      for (const auto& row : theorem.at(std::string(removal.name))) {
        table += fmt::format(" {:.1e} ({:.1e}) |", row.at("mean").get<double>(), row.at("worst").get<double>());
      }
      table += "\n";
    }
    return table + fmt::format(
                       "\nOne cycle before T the additive form still has at least {:.1e} of the loss: T is not "
                       "only enough, it is needed.\n\n",
                       theorem.at("smallest_left_one_cycle_before").get<double>());
  }

  Expected<std::string> networkSection(const ExperimentFolder& folder, const std::string& network,
                                       std::string& csv) const {
    const bool severalIntervals = request_.intervals.size() > 1;
    std::string section = fmt::format(
        "## {}\n\n![Validation error by epoch]({}.svg)\n\n| method | trainable | validation error after training, "
        "mean | lowest | highest | seeds |\n|---|---|---|---|---|---|\n",
        network, network);
    std::vector<experiment::ChartSeries> lines;
    std::map<std::string, std::vector<double>> finals;
    std::vector<std::pair<std::string, std::int64_t>> order;
    for (const auto& part : parts_) {
      if (part.network != network || !folder.has(part.name)) continue;
      ROSA_TRY(const auto result, folder.load(part.name));
      const auto label = labelOf(part, severalIntervals);
      const auto validation = result.at("validation").get<std::vector<double>>();
      for (std::size_t epoch = 0; epoch < validation.size(); ++epoch) {
        csv += fmt::format("{},{},{},{},{},{:g}\n", network, experiment::nameOf(part.method), part.interval, part.seed,
                           epoch, validation[epoch]);
      }
      if (!finals.contains(label)) order.emplace_back(label, result.at("trainable").get<std::int64_t>());
      finals[label].push_back(result.at("final").get<double>());
      if (part.seed > 0) continue;
      experiment::ChartSeries line{label, {}, validation, part.method.method == Method::Lora};
      for (std::size_t epoch = 0; epoch < validation.size(); ++epoch) line.x.push_back(static_cast<double>(epoch));
      lines.push_back(std::move(line));
    }
    for (const auto& [label, trainable] : order) {
      const auto& values = finals.at(label);
      double sum = 0;
      for (const double value : values) sum += value;
      const auto [lowest, highest] = std::ranges::minmax(values);
      section += fmt::format("| {} | {} | {:.4g} | {:.4g} | {:.4g} | {} |\n", label, trainable,
                             sum / static_cast<double>(values.size()), lowest, highest, values.size());
    }
    ROSA_CHECK(folder.write(
        network + ".svg",
        experiment::lineChart(
            {.title = network + ", seed 0", .xLabel = "epoch", .yLabel = "validation error (MSE)", .logarithmic = true},
            lines)));
    return section + "\n";
  }

  const SyntheticRequest& request_;
  const ExperimentWatch& watch_;
  std::vector<Planned> parts_;
};

}  // namespace

Expected<ExperimentReport> runSyntheticExperiment(const SyntheticRequest& request, const ExperimentWatch& watch) {
  return service::guarded([&] { return Synthetic(request, watch).run(); });
}

}  // namespace rosa
