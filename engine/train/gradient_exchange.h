// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "optim/arena.h"
#include "parallel/process_group.h"

namespace rosa::train {

/// Sums the gradients of a step over the processes of a group while its last backward pass still goes on: those of the
/// later blocks, which come first, travel while the earlier ones are computed. All processes sum the same pieces in the
/// same order, however far their backward passes are.
class GradientExchange {
 public:
  GradientExchange(const optim::Arena& arena, parallel::ProcessGroup& group);

  /// The gradients of this block and of all after it are complete.
  void blockDone(std::int64_t block);
  /// Sums what is left and waits for all. To be called once a step.
  void finish();
  /// Whether sums of this step are on their way: its gradients can no longer be computed anew.
  [[nodiscard]] bool begun() const { return next_ > 0; }
  /// Of a step: those that can begin before its end, and the one at its end.
  [[nodiscard]] std::size_t pieces() const { return pieces_.size(); }

 private:
  struct Piece {
    std::int64_t firstBlock = 0;  ///< complete when this one is
    std::vector<at::Tensor> gradients;
  };
  void start(const Piece& piece);

  parallel::ProcessGroup& group_;
  std::vector<Piece> pieces_;  ///< of the last blocks first; what belongs to no block comes last
  std::size_t next_ = 0;       ///< the first that has not begun
  std::vector<std::unique_ptr<parallel::ProcessGroup::Pending>> pending_;
};

/// The block that a tensor's name tells of, "model.layers.3.mlp.up_proj.weight" of the fourth; none for a name without.
[[nodiscard]] std::optional<std::int64_t> blockOf(const std::string& name);

}  // namespace rosa::train
