// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace rosa::model {

/// How the sequences of a flat stream are cut into chunks, which are computed side by side: made once a pass. All first
/// chunks come before all second ones, and so on, the sequences with most chunks in front, so that a round is a
/// contiguous stretch.
struct DeltaChunks {
  std::int64_t size = 0;             ///< tokens in a chunk; the last of a sequence is filled up with zeros
  std::vector<std::size_t> order;    ///< the sequences, those with most chunks first
  std::vector<std::int64_t> rounds;  ///< how many sequences have a first chunk, a second one, ...
  at::Tensor places;                 ///< int64 [tokens]: each token's row in the chunks

  [[nodiscard]] std::int64_t count() const;
};

[[nodiscard]] DeltaChunks deltaChunks(const std::vector<std::int64_t>& offsets, c10::Device device);

/// What the gated delta rule reads of each token; every key head serves as many consecutive value heads.
struct DeltaInput {
  at::Tensor query, key;  ///< [tokens, key heads, key size], divided by their lengths where they are read
  at::Tensor value;       ///< [tokens, value heads, value size]
  at::Tensor decay;       ///< [tokens, value heads], logarithms, at most 0
  at::Tensor beta;        ///< [tokens, value heads], how much of a value is written
};

/// The gated delta rule (Yang et al. 2024, arXiv 2412.06464) over each sequence of a flat stream, whose memory S
/// [key size, value size] of every value head is zero at first: S <- exp(decay)·S, S <- S + k·(beta·(v - Sᵀk))ᵀ,
/// y = Sᵀq / sqrt(key size); q and k are divided by sqrt(sum of squares + 1e-6). Returns [tokens, value heads, value
/// size]. Under autograd: keeps its input and computes the chunks again in backward.
///
/// In chunks the writes u of all tokens come from one triangular system (DeltaNet in parallel, arXiv 2406.06484): with
/// G the sum of decays since the chunk's beginning, u[t] = beta[t]·(v[t] - exp(G[t])·Sᵀk[t] - sum over s < t of
/// exp(G[t] - G[s])·(k[t]·k[s])·u[s]).
[[nodiscard]] at::Tensor gatedDeltaRule(const DeltaInput& input, const DeltaChunks& chunks);

/// The same of sequences that go on, without autograd. `memories` has one tensor [value heads, key size, value size] a
/// sequence, undefined where it begins; each is replaced by the sequence's own behind its tokens.
[[nodiscard]] at::Tensor gatedDeltaRule(const DeltaInput& input, const DeltaChunks& chunks,
                                        std::vector<at::Tensor>& memories);

}  // namespace rosa::model
