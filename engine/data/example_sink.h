// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "data/example_store.h"
#include "rosa/expected.h"

namespace rosa::data {

struct ExampleSet;

/// Takes the examples of a set as they are made.
class ExampleSink {
 public:
  virtual ~ExampleSink() = default;
  [[nodiscard]] virtual Status add(Example example) = 0;
  /// Once, at the end: what was taken, with classes[c] for class c where there are any. `facts` is what else the set
  /// tells of itself.
  [[nodiscard]] virtual Expected<ExampleStore> finish(const ExampleSet& facts, std::vector<std::int32_t> classes) = 0;
};

/// Keeps them in memory.
class MemorySink final : public ExampleSink {
 public:
  [[nodiscard]] Status add(Example example) override {
    examples_.push_back(std::move(example));
    return {};
  }
  [[nodiscard]] Expected<ExampleStore> finish(const ExampleSet& /*facts*/, std::vector<std::int32_t> classes) override {
    ExampleStore all(std::move(examples_));
    return classes.empty() ? all : all.renumbered(std::move(classes));
  }

 private:
  std::vector<Example> examples_;
};

}  // namespace rosa::data
