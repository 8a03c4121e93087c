// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/check_rosa.h"

#include <string>

#include "config/resolve.h"
#include "config/values.h"
#include "rosa/method_traits.h"

namespace rosa::config {

namespace {

/// Whether the directions are drawn at random instead of being singular ones.
bool randomDirections(const RunConfig& config) {
  return config.factorise == Factorise::RandomAdd || config.factorise == Factorise::RandomProjection ||
         config.factorise == Factorise::RandomOrthogonal || config.basis == Basis::Fast;
}

void checkWindows(const RunConfig& config, Problems& problems) {
  if (config.windows.empty()) return;
  problems.addUnless(config.method == Method::Rosa, "windows", "only method rosa has slices; leave it out");
  if (const auto windows = parseWindows(config.windows); !windows) {
    problems.add("windows", windows.error().message);
  }
  problems.addUnless(!randomDirections(config), "windows",
                     "random directions have no place in the spectrum; leave it out, or choose basis exact and "
                     "factorise svd_equal");
  problems.addUnless(
      config.slice == SliceRule::Window, "windows",
      "given slices leave slice " + formatValue(config.slice) + " nothing to choose; leave one of them out");
}

void checkSlice(const RunConfig& config, Problems& problems) {
  const bool singular = config.factorise == Factorise::SvdEqual || config.factorise == Factorise::SvdAdd ||
                        config.factorise == Factorise::Additive;
  problems.addUnless(config.slice == SliceRule::Window || !randomDirections(config), "slice",
                     formatValue(config.slice) + " chooses among singular directions, and those of " +
                         (singular ? "basis fast" : "factorise " + formatValue(config.factorise)) +
                         " are random; leave it out");
  problems.addUnless(singular || config.basis == Basis::Exact, "basis",
                     "factorise " + formatValue(config.factorise) + " draws its own directions; leave it out");
  const bool zero = config.factorise == Factorise::Additive || config.factorise == Factorise::RandomAdd;
  problems.addUnless(config.adapt != AdaptFactors::B || !zero, "adapt",
                     "b alone would never move, because factorise " + formatValue(config.factorise) +
                         " starts A at zero; choose a or ab");
}

void checkMoments(const RunConfig& config, Problems& problems) {
  problems.addUnless(config.momentPrune > 0 && config.momentPrune <= 1, "moment-prune",
                     formatValue(config.momentPrune) + " is not a share; write a number above 0 and at most 1");
  if (config.momentReset == MomentReset::Resampled || config.momentReset == MomentReset::All) return;
  const bool adam = config.optimizer == Optimizer::AdamW || config.optimizer == Optimizer::Adam;
  const bool dense = adam || config.optimizer == Optimizer::Sgd || config.optimizer == Optimizer::Lion ||
                     config.optimizer == Optimizer::Muon;
  problems.addUnless(config.momentReset == MomentReset::KeepSecond ? adam : dense, "moment-reset",
                     "optimizer " + formatValue(config.optimizer) + " keeps no moments that " +
                         formatValue(config.momentReset) + " could treat; choose resampled, or another optimizer");
}

void checkTimes(const RunConfig& config, Problems& problems) {
  const std::int64_t rewarm = config.rewarm.value_or(0);
  const bool never = config.resampleEvery.unit == Interval::Unit::Never;
  if (config.stagger) {
    problems.addUnless(!never, "stagger", "nothing is resampled on schedule; set resample-every, or leave it out");
    problems.addUnless(config.resamplePlateau.unit == Interval::Unit::Never, "stagger",
                       "a plateau resamples all layers at once; leave out stagger or resample-plateau");
    problems.addUnless(config.momentReset != MomentReset::All, "stagger",
                       "each layer in turn would clear all moments; choose another moment-reset");
    problems.addUnless(rewarm <= 0, "rewarm",
                       "staggered layers are resampled all the time, so the rate would never recover; leave out "
                       "stagger or rewarm");
  }
  const bool steps = config.resampleEvery.unit == Interval::Unit::Steps;
  problems.addUnless(!steps || rewarm <= 0 || static_cast<double>(rewarm) < config.resampleEvery.count, "rewarm",
                     formatValue(rewarm) + " steps do not end before the next resample; write fewer");
  problems.addUnless(
      !steps || !config.steps || *config.steps < 1 ||
          config.resampleEvery.count <= static_cast<double>(*config.steps) || config.resampleEvery.count <= 0,
      "resample-every",
      formatValue(static_cast<std::int64_t>(config.resampleEvery.count)) + " steps are longer than the run of " +
          (config.steps ? formatValue(*config.steps) : std::string()) + " steps; write a shorter interval, or never");
}

}  // namespace

void checkRosa(const RunConfig& config, Problems& problems) {
  for (const auto& entry : config.layerRanks) {
    if (const auto parsed = parseLayerRank(entry); !parsed) problems.add("layer-rank", parsed.error().message);
  }
  checkWindows(config, problems);
  if (config.method == Method::Rosa) checkSlice(config, problems);
  if (!hasCycles(config.method)) return;
  checkMoments(config, problems);
  checkTimes(config, problems);
}

}  // namespace rosa::config
