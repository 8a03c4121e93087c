// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "adapt/parameter.h"
#include "device/tensor_source.h"
#include "rosa/expected.h"

namespace rosa::optim {

/// What an optimizer keeps beside one parameter. All of it starts as zeros, and clearing makes it zeros again.
struct StateLayout {
  struct Extra {
    std::string name;  ///< in a checkpoint, after the parameter's
    at::ScalarType type = at::ScalarType::Float;
    std::vector<std::int64_t> shape;
  };
  int moments = 0;            ///< tensors as the value is, of its type, shape and strides
  std::vector<Extra> extras;  ///< state of another form: factors, codes
};
using StateRule = std::function<StateLayout(const adapt::Parameter&)>;

/// One parameter with what is kept beside it; tensors are the arena's own, in the order of the layout.
struct ParameterState {
  adapt::Parameter* parameter = nullptr;
  std::vector<at::Tensor> moments;
  std::vector<at::Tensor> extras;
  std::int64_t steps = 0;  ///< since the run began or the state was cleared
};

/// Neighbouring parameters as one flat piece, [elements]: an optimizer's unit of work. All in it decay or none does,
/// and all have one rate factor, equally many moments and been stepped equally often. Parameters with extras are in
/// none.
struct Stretch {
  at::Tensor value;
  at::Tensor gradient;
  std::vector<at::Tensor> moments;
  at::Tensor steps;  ///< fp32 scalar on the parameters' device
  bool decays = true;
  double rateFactor = 1;  ///< on the learning rate that `Optimizer::step` is given
};

/// The numbers beside a frozen model: gradients and moments of everything that trains, and the adapters themselves.
///
/// One buffer per dtype each for adapter values, gradients and each moment; in it the segments (adapters, dense, head,
/// ...) and in these the decaying and the other parameters lie together, so that clearing is one fill, the norm one
/// pass, and an optimizer step a call over few stretches. The arena moves the adapters' values into its buffer, gives
/// every parameter its `gradient` in the layout of its value, and sets `.grad` of autograd leaves. It owns those
/// tensors, not the parameters, which must outlive it. Used by the run's thread.
class Arena {
 public:
  /// `rule` tells what the optimizer keeps for each parameter. Values must be dense in memory (a transposed view is),
  /// floating point and on one device.
  Arena(adapt::ParameterList parameters, const StateRule& rule);
  /// Equally many moments for each: 2 for AdamW, 1 for SGD with momentum.
  Arena(adapt::ParameterList parameters, int moments);
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  [[nodiscard]] const adapt::ParameterList& parameters() const { return parameters_; }

  void zeroGradients();
  /// All of them, one flat tensor for each dtype.
  [[nodiscard]] std::vector<at::Tensor> gradients() const;
  /// Where a parameter's gradient lies in them, with the padding behind it; in that order.
  struct GradientPlace {
    const adapt::Parameter* parameter = nullptr;
    std::size_t buffer = 0;  ///< index in `gradients`
    std::int64_t offset = 0, length = 0;
  };
  [[nodiscard]] std::vector<GradientPlace> gradientPlaces() const;
  /// Euclidean norm of all gradients, summed in fp64 in an order that does not depend on the threads. Not finite
  /// exactly when some gradient is not.
  [[nodiscard]] double gradientNorm() const;
  void scaleGradients(double factor);

  /// ZeRO-1 (arXiv 1910.02054): from now on the moments of one of `parts` equal shares of all gradients are kept, and
  /// the stretches are cut to it, so that an optimizer of stretches alone steps that share. Only where no parameter has
  /// extras. States hold no moments then, and `state` and `restore` need `unite` first.
  void divide(std::int64_t part, std::int64_t parts);
  [[nodiscard]] bool divided() const { return parts_ > 1; }
  /// Of one dtype: what the processes of a group exchange.
  struct Share {
    at::Tensor gradients;             ///< all of them, in `parts` equally long pieces; the last ends in zeros
    at::Tensor own;                   ///< the piece of this part
    std::vector<at::Tensor> moments;  ///< of it, as long as it; zeros where a parameter keeps fewer
  };
  [[nodiscard]] std::vector<Share> shares() const;
  /// Writes the own share of the values in place of its gradients, for all others to read.
  void layOutValues();
  /// Takes all values from where the gradients were.
  void takeInValues();
  /// All moments in one place again: for each dtype the moments of all parts one after another, as `shares` has them.
  void unite(const std::vector<std::vector<at::Tensor>>& moments);

  [[nodiscard]] std::vector<Stretch>& stretches() { return stretches_; }
  /// Every parameter by itself, for what a stretch does not tell: shapes, extras.
  [[nodiscard]] std::vector<ParameterState>& states() { return states_; }
  /// Adds one to every step count, before an optimizer moves the values.
  void countStep();

  /// Moments, extras and step counts back to zero: the first step after it is as the first of a run.
  void clearMoments();
  /// Of these parameters alone: the layers that a resample gave new directions.
  void clearMoments(const adapt::ParameterList& parameters);

  /// What a checkpoint stores, under the parameter's name + ".value" (adapters; other values are the model's),
  /// ".moment1", ".moment2", the extras' names and ".steps" (int64 scalar). All but the steps are the live tensors.
  [[nodiscard]] std::vector<std::pair<std::string, at::Tensor>> state() const;
  /// Fills all of `state()` from tensors stored under `prefix` + the same names.
  [[nodiscard]] Status restore(const device::TensorSource& source, const std::string& prefix);

  struct Bytes {
    std::int64_t values = 0;  ///< of the adapters
    std::int64_t gradients = 0;
    std::int64_t moments = 0;  ///< and extras
  };
  [[nodiscard]] Bytes bytes() const;

 private:
  /// Where the state of the same index lies.
  struct Slot {
    std::size_t bank = 0;
    std::int64_t valueOffset = -1;  ///< elements; -1 where the value lies elsewhere
    std::int64_t offset = 0;        ///< of gradient and moments
    std::int64_t length = 0;        ///< with padding
    int moments = 0;
    std::vector<std::string> extraNames;
  };
  /// The buffers of one dtype. A moment's may be shorter than the gradients': parameters with more moments come first.
  struct Bank {
    at::ScalarType type{};
    std::int64_t valueLength = 0;
    std::int64_t length = 0;
    std::vector<std::int64_t> momentLengths;
    at::Tensor values;
    at::Tensor gradients;
    std::vector<at::Tensor> moments;
  };

  /// Where a stretch of the same index lies before it is cut.
  struct StretchPlace {
    std::size_t bank = 0;
    std::int64_t first = 0;  ///< element of the gradients
    int moments = 0;
  };

  void layOut(const StateRule& rule);
  void adopt(std::size_t index, const StateLayout& layout);
  static void clear(ParameterState& state);
  [[nodiscard]] bool joins(std::size_t left, std::size_t right) const;
  void joinStretches();
  void cutStretches();
  /// Of each part's piece of a bank, in elements.
  [[nodiscard]] std::int64_t pieceLength(const Bank& bank) const;

  adapt::ParameterList parameters_;
  std::vector<Bank> banks_;
  std::vector<ParameterState> states_;  ///< in memory order
  std::vector<Slot> slots_;             ///< of states_
  std::vector<Stretch> stretches_;
  std::vector<StretchPlace> stretchPlaces_;
  std::vector<Stretch> whole_;  ///< where it is divided: the stretches before they were cut
  std::int64_t part_ = 0, parts_ = 1;
};

/// The factor that brings a gradient of this norm down to `largest`, as torch's clip_grad_norm_ computes it:
/// min(1, largest / (norm + 1e-6)). 1 where `largest` is 0 (no clipping).
[[nodiscard]] double clipFactor(double norm, double largest);

}  // namespace rosa::optim
