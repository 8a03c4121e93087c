// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "adapt/adaptation.h"
#include "rosa/config.h"

namespace rosa::adapt {

enum class TrainedFactors { Both, A, B };

struct LowRankSettings {
  std::int64_t rank = 8;
  double scale = 1;          ///< s in s·A·B
  Form form = Form::Merged;  ///< resolved: Merged or Branch
  TrainedFactors trained = TrainedFactors::Both;
};

/// A layer that computes x·(W_fixed + s·A·B) and trains A [in, rank], B [rank, out] or one of them; what ROSA and LoRA
/// share.
///
/// Merged form: the layer's buffer holds W = W_fixed + s·A·B, so nothing is added in forward, and dy·Wᵀ is all of dx.
/// After an optimizer step W moves by the step's change of s·A·B.
/// Branch form: the buffer holds W_fixed; forward adds s·(x·A)·B, backward s·(dy·Bᵀ)·Aᵀ.
/// In both, dA = s·xᵀ·(dy·Bᵀ) and dB = s·(x·A)ᵀ·dy (DESIGN 5).
class LowRank : public Adaptation {
 public:
  void forward(const at::Tensor& x, at::Tensor& y, SavedForBackward& saved) const final;
  void backward(const at::Tensor& x, const SavedForBackward& saved, const at::Tensor& dy, at::Tensor& dx) final;
  /// False where B alone trains: its gradient needs x·A, rank numbers a token, and not x.
  [[nodiscard]] bool needsInput() const final { return trainsA() || gathered_.defined(); }
  void gatherGradient(bool on) final;

  [[nodiscard]] ParameterList parameters() final;
  void beforeStep() final;
  void afterStep() final;
  void writeMerged(at::Tensor destination) const final;
  /// The factor that does not train, if any: no parameter's value, yet part of what resume needs.
  [[nodiscard]] std::vector<std::pair<std::string, at::Tensor>> state() override;

  [[nodiscard]] const at::Tensor& a() const { return a_.value; }
  [[nodiscard]] const at::Tensor& b() const { return b_.value; }
  [[nodiscard]] const LowRankSettings& settings() const { return settings_; }

 protected:
  /// A and B start at zero. `weight` is the layer's [in, out] view, shared with it; `name` the layer's.
  LowRank(at::Tensor weight, std::string name, const LowRankSettings& settings);

  [[nodiscard]] bool trainsA() const { return settings_.trained != TrainedFactors::B; }
  [[nodiscard]] bool trainsB() const { return settings_.trained != TrainedFactors::A; }
  [[nodiscard]] bool merged() const { return settings_.form == Form::Merged; }
  [[nodiscard]] const std::string& name() const { return name_; }
  at::Tensor& weight() { return weight_; }
  [[nodiscard]] const at::Tensor& weight() const { return weight_; }
  /// dL/dW summed over the backward passes since `gatherGradient(true)`, [in, out]; undefined outside.
  [[nodiscard]] const at::Tensor& gatheredGradient() const { return gathered_; }

 private:
  /// afterStep of the merged form by our own CUDA kernel; false where there is none for it.
  bool movedByKernel();

  at::Tensor weight_;
  std::string name_;
  LowRankSettings settings_;
  Parameter a_;
  Parameter b_;
  at::Tensor oldA_;  ///< merged form: as they were before the optimizer's step
  at::Tensor oldB_;
  at::Tensor gathered_;
};

}  // namespace rosa::adapt
