// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "engine/data/temporary_folder.h"
#include "rosa/config.h"
#include "support/device_under_test.h"
#include "support/golden.h"
#include "train/session.h"

namespace rosa::test {

/// The sample's model and a few sentences of very unequal length: 14 to train on, 2 held out. With batch 2 and 2
/// micro-batches an epoch is 4 steps, the last of a single micro-batch.
class SampleProject {
 public:
  SampleProject() {
    std::string rows = "text\n";
    std::string sentence = "The cat";
    for (int row = 0; row < 16; ++row) {
      rows += sentence + " ran to the park.\n";
      sentence = row % 5 == 4 ? "Lily" : sentence + " and the big red dog";
    }
    config.data = folder_.write("rows.csv", rows);
    config.model = sourceDirectory() / "resources" / "samples" / "stories260k";
    config.maxLength = 64;
    config.validationSplit = 0.125;
    config.rank.value = std::int64_t{4};
    config.learningRate = 5e-3;
    config.warmup = {2, std::nullopt};
    config.batch = 2;
    config.accumulate = 2;
    config.threads = 1;  // small matrices gain nothing from two
    config.device = deviceChoice();
    config.steps = 9;
    config.dropout = 0.1;
    config.resampleEvery = {Interval::Unit::Steps, 3};
    config.evalEvery = config.saveEvery = config.sampleEvery = {};
    config.sampleTokens = 0;
  }

  RunConfig config;

  [[nodiscard]] std::unique_ptr<train::Session> open() const {
    auto session = train::openSession(config);
    if (!session) throw std::runtime_error(session.error().message);
    return *std::move(session);
  }

 private:
  data::TemporaryFolder folder_;
};

inline Interval everySteps(double count) {
  return {Interval::Unit::Steps, count};
}

}  // namespace rosa::test
