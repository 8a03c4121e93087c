// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/pace.h"

namespace rosa::ui {

std::string paceKey(RunConfig config) {
  const RunConfig defaults;
  config.steps.reset();
  config.epochs.reset();
  config.learningRate = defaults.learningRate;
  config.schedule = defaults.schedule;
  config.warmup = defaults.warmup;
  config.resampleEvery = defaults.resampleEvery;
  config.seed = defaults.seed;
  config.evalEvery = defaults.evalEvery;
  config.saveEvery = defaults.saveEvery;
  config.sampleEvery = defaults.sampleEvery;
  config.name.clear();
  config.out.clear();
  return formatConfig(config);
}

}  // namespace rosa::ui
