// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace rosa::model {

/// Where the tokens of a flat stream lie if every sequence has rows in front of it that stand for the tokens before
/// it: made once a pass, for all of its convolutions.
struct HistoryRows {
  std::int64_t history = 0;           ///< rows in front of each sequence, the kernel's size - 1
  std::vector<std::int64_t> offsets;  ///< [sequences + 1] of the stream
  at::Tensor outputs;                 ///< int64 [tokens]: the first of the rows that a token's result is made of

  [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
  [[nodiscard]] std::int64_t total() const { return offsets.back() + count() * history; }
};

[[nodiscard]] HistoryRows historyRows(const std::vector<std::int64_t>& offsets, std::int64_t kernel,
                                      c10::Device device);

/// A causal convolution of every channel by itself over each sequence of a flat stream, whose history is zeros:
/// y[t, c] = sum over k of weight[c, 0, k]·x[t + k - (kernel - 1), c]. x [tokens, channels]; weight
/// [channels, 1, kernel]. Under autograd; keeps x only where the weight trains.
[[nodiscard]] at::Tensor causalConvolution(const at::Tensor& x, const at::Tensor& weight, const HistoryRows& rows);

/// The same of sequences that go on, without autograd. `histories` has one tensor [kernel - 1, channels] a sequence,
/// undefined where it begins; each is replaced by the sequence's last inputs.
[[nodiscard]] at::Tensor causalConvolution(const at::Tensor& x, const at::Tensor& weight, const HistoryRows& rows,
                                           std::vector<at::Tensor>& histories);

}  // namespace rosa::model
