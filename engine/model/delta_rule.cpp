// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/delta_rule.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "model/recompute.h"

namespace rosa::model {

namespace {

at::Tensor overLength(const at::Tensor& x) {
  constexpr double kFloor = 1e-6;
  return x * (x.square().sum(-1, true) + kFloor).rsqrt();
}

/// x [tokens, heads, ...] as chunks [chunks, heads, size, ...], zeros where a chunk has no token.
at::Tensor inChunks(const at::Tensor& x, const DeltaChunks& chunks) {
  auto shape = x.sizes().vec();
  shape.front() = chunks.count() * chunks.size;
  const auto wide = at::zeros(shape, x.options()).index_copy(0, chunks.places, x);
  return wide.unflatten(0, {chunks.count(), chunks.size}).transpose(1, 2);
}

/// Key heads, dimension 1 of x, repeated for the value heads that they serve.
at::Tensor forValues(const at::Tensor& x, std::int64_t valueHeads) {
  const auto groups = valueHeads / x.size(1);
  return groups == 1 ? x : x.repeat_interleave(groups, 1);
}

/// What each chunk says without knowing the memory before it; all [chunks, value heads, ...].
struct ChunkTerms {
  at::Tensor writes;     ///< [.., size, value size]: u where the memory before is zero
  at::Tensor readers;    ///< [.., size, key size]: what of the memory before is taken from them
  at::Tensor queries;    ///< [.., size, key size], with the decay since the chunk's beginning
  at::Tensor attention;  ///< [.., size, size]: how a token reads the writes up to its own
  at::Tensor keys;       ///< [.., key size, size], with the decay up to the chunk's end
  at::Tensor decay;      ///< [.., 1, 1] of the whole chunk
};

ChunkTerms termsOf(const DeltaInput& input, const DeltaChunks& chunks) {
  const auto heads = input.value.size(1);
  const auto scale = 1 / std::sqrt(static_cast<double>(input.key.size(2)));
  const auto query = inChunks(overLength(input.query) * scale, chunks);
  const auto key = inChunks(overLength(input.key), chunks);
  const auto value = inChunks(input.value, chunks);
  const auto beta = inChunks(input.beta, chunks).unsqueeze(-1);
  const auto since = inChunks(input.decay, chunks).cumsum(-1);  // G
  const auto last = since.narrow(-1, chunks.size - 1, 1);

  const auto later = at::ones({chunks.size, chunks.size}, since.options().dtype(at::kBool)).triu(1);
  const auto between =
      (since.unsqueeze(-1) - since.unsqueeze(-2)).masked_fill(later, -std::numeric_limits<double>::infinity()).exp();
  const auto products = [&](const at::Tensor& x) {
    return forValues(at::matmul(x, key.transpose(-2, -1)), heads) * between;
  };
  const auto ownKeys = forValues(key, heads);
  const auto fromBegin = since.exp().unsqueeze(-1);
  // (1 + lower triangle) · [writes | readers] = beta · [v | exp(G)·k]; the solver takes the diagonal for ones.
  const auto right = at::cat({value * beta, ownKeys * (beta * fromBegin)}, -1);
  const auto solved = at::linalg_solve_triangular(products(key) * beta, right, false, true, true);
  ChunkTerms terms;
  terms.writes = solved.narrow(-1, 0, value.size(-1));
  terms.readers = solved.narrow(-1, value.size(-1), key.size(-1));
  terms.queries = forValues(query, heads) * fromBegin;
  terms.attention = products(query);
  terms.keys = (ownKeys * (last - since).exp().unsqueeze(-1)).transpose(-2, -1);
  terms.decay = last.exp().unsqueeze(-1);
  return terms;
}

/// The rule from memories [sequences, ...] in the chunks' order, undefined where all are zero. `ends`, where given,
/// gets the memories behind the sequences, in that order.
at::Tensor ruled(const DeltaInput& input, const DeltaChunks& chunks, at::Tensor memories, at::Tensor* ends) {
  const auto terms = termsOf(input, chunks);
  std::vector<at::Tensor> results, ended;
  std::int64_t begin = 0;
  for (std::size_t round = 0; round < chunks.rounds.size(); ++round) {
    const auto count = chunks.rounds[round];
    const auto of = [&](const at::Tensor& x) { return x.narrow(0, begin, count); };
    auto writes = of(terms.writes);
    if (memories.defined()) writes = writes - at::matmul(of(terms.readers), memories);
    auto result = at::matmul(of(terms.attention), writes);
    if (memories.defined()) result = result + at::matmul(of(terms.queries), memories);
    results.push_back(result);
    const auto going = round + 1 < chunks.rounds.size() ? chunks.rounds[round + 1] : 0;
    if (going == 0 && ends == nullptr) break;
    auto after = at::matmul(of(terms.keys), writes);
    if (memories.defined()) after = after + memories * of(terms.decay);
    if (ends != nullptr) ended.push_back(after.narrow(0, going, count - going));
    memories = after.narrow(0, 0, going);
    begin += count;
  }
  if (ends != nullptr) {
    std::ranges::reverse(ended);  // who ends first stands last
    *ends = at::cat(ended);
  }
  return at::cat(results).transpose(1, 2).flatten(0, 1).index_select(0, chunks.places);
}

std::vector<at::Tensor> listOf(const DeltaInput& input) {
  return {input.query, input.key, input.value, input.decay, input.beta};
}

DeltaInput inputOf(const std::vector<at::Tensor>& list) {
  return {list[0], list[1], list[2], list[3], list[4]};
}

}  // namespace

std::int64_t DeltaChunks::count() const {
  return std::accumulate(rounds.begin(), rounds.end(), std::int64_t{0});
}

DeltaChunks deltaChunks(const std::vector<std::int64_t>& offsets, c10::Device device) {
  constexpr std::int64_t kLargest = 64;
  const auto sequences = offsets.size() - 1;
  const auto length = [&](std::size_t i) { return offsets[i + 1] - offsets[i]; };
  DeltaChunks chunks;
  for (std::size_t i = 0; i < sequences; ++i) chunks.size = std::max(chunks.size, length(i));
  chunks.size = std::min(chunks.size, kLargest);
  const auto chunksIn = [&](std::size_t i) { return (length(i) + chunks.size - 1) / chunks.size; };
  chunks.order.resize(sequences);
  std::iota(chunks.order.begin(), chunks.order.end(), std::size_t{0});
  std::ranges::stable_sort(chunks.order, std::greater(), chunksIn);

  auto places = at::empty({offsets.back()}, at::kLong);
  auto* place = places.mutable_data_ptr<std::int64_t>();
  for (std::int64_t round = 0, before = 0;; before += chunks.rounds[static_cast<std::size_t>(round++)]) {
    std::int64_t count = 0;
    for (; count < std::ssize(chunks.order); ++count) {
      const auto sequence = chunks.order[static_cast<std::size_t>(count)];
      if (chunksIn(sequence) <= round) break;
      const auto first = round * chunks.size;
      const auto last = std::min(length(sequence), first + chunks.size);
      for (auto token = first; token < last; ++token) {
        place[offsets[sequence] + token] = (before + count) * chunks.size + token - first;
      }
    }
    if (count == 0) break;
    chunks.rounds.push_back(count);
  }
  chunks.places = places.to(device);
  return chunks;
}

at::Tensor gatedDeltaRule(const DeltaInput& input, const DeltaChunks& chunks) {
  const auto inputs = listOf(input);
  const bool trains =
      at::GradMode::is_enabled() && std::ranges::any_of(inputs, [](const at::Tensor& x) { return x.requires_grad(); });
  if (!trains) return ruled(input, chunks, {}, nullptr);
  return recomputed(
      [chunks](const std::vector<at::Tensor>& given) { return ruled(inputOf(given), chunks, {}, nullptr); }, inputs);
}

at::Tensor gatedDeltaRule(const DeltaInput& input, const DeltaChunks& chunks, std::vector<at::Tensor>& memories) {
  const auto zeros = [&] {
    return at::zeros({input.value.size(1), input.key.size(2), input.value.size(2)}, input.value.options());
  };
  at::Tensor before, behind;
  if (std::ranges::any_of(memories, [](const auto& memory) { return memory.defined(); })) {
    std::vector<at::Tensor> inOrder;
    for (const auto sequence : chunks.order) {
      inOrder.push_back(memories[sequence].defined() ? memories[sequence] : zeros());
    }
    before = at::stack(inOrder);
  }
  auto y = ruled(input, chunks, before, &behind);
  const auto own = behind.unbind(0);
  for (std::size_t i = 0; i < own.size(); ++i) memories[chunks.order[i]] = own[i];
  return y;
}

}  // namespace rosa::model
