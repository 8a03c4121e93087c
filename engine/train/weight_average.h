// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "adapt/adaptation.h"
#include "device/tensor_source.h"
#include "rosa/expected.h"

namespace rosa::train {

struct Session;

/// Exponential means of everything that trains (EMA), which are evaluated and exported in place of the trained weights.
///
/// A layer whose directions are drawn anew is averaged as its whole weight [in, out]: a mean of its factors would mean
/// nothing after a resample. Everything else is averaged as what it is, factors of LoRA included. Refers to the
/// session's tensors, which must outlive it; used by the run's thread.
class WeightAverage {
 public:
  /// Begins at the weights as they are now.
  WeightAverage(const Session& session, double decay);

  /// After optimizer step `step` (1-based). The decay rises to its full size as (1 + step) / (10 + step), so that the
  /// mean of a young run is not that of its first weights.
  void update(std::int64_t step);

  /// Puts the means in the weights' place, or back again: all is as it was, to the last bit. In between nothing may
  /// train, be resampled or saved. The way back throws nothing, since it is gone where memory has ended; a layer that
  /// could not be brought up to date there makes the next call throw.
  void exchange();

  /// What a checkpoint stores: the live tensors, by names of their own.
  [[nodiscard]] std::vector<std::pair<std::string, at::Tensor>> state() const;
  [[nodiscard]] Status restore(const device::TensorSource& source, const std::string& prefix);
  [[nodiscard]] std::int64_t bytes() const;

 private:
  struct Whole {
    std::string name;
    adapt::Adaptation* adaptation;
    at::Tensor weight;
    at::Tensor mean;
    std::vector<at::Tensor> factors;  ///< held while the means are in place and the live ones are zero
  };
  struct Part {
    std::string name;
    at::Tensor value;
    at::Tensor mean;
  };
  /// A layer that moves W by its factors' steps: W comes back from a copy, not by steps of the other sign.
  struct Moved {
    adapt::Adaptation* adaptation;
    at::Tensor weight;
    at::Tensor held;
  };

  void putIn();
  void takeOut();

  double decay_;
  bool merged_;
  bool inPlace_ = false;
  std::vector<Whole> wholes_;
  std::vector<Part> parts_;
  std::vector<Moved> moved_;
  at::Tensor scratch_;  ///< bytes, from the first exchange on
  std::exception_ptr failure_;
};

/// The means in the weights' place for a scope; nothing where there is no average.
class UseAverage {
 public:
  explicit UseAverage(WeightAverage* average) : average_(average) {
    if (average_ != nullptr) average_->exchange();
  }
  UseAverage(const UseAverage&) = delete;
  UseAverage& operator=(const UseAverage&) = delete;
  ~UseAverage() {
    if (average_ != nullptr) average_->exchange();
  }

 private:
  WeightAverage* average_;
};

}  // namespace rosa::train
