// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/tiled_attention.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "model/row_kernels.h"

namespace rosa::model {

namespace {

// Below, LibTorch's kernel is as fast.
constexpr std::int64_t kShortest = 96;
// Rows of a tile that make its products run at full speed; more of them would meet more keys that they do not see.
constexpr std::int64_t kTileRows = 384;

/// A block of queries, and the keys that some of them see.
struct Tile {
  std::int64_t query = 0, queries = 0;
  std::int64_t key = 0, keys = 0;
  std::vector<std::int64_t> first, last;  ///< of these keys, those that each query sees: first..last-1
};

std::int64_t groupsOf(const AttentionShape& shape) {
  return shape.heads / shape.keyValueHeads;
}

std::vector<Tile> tilesOf(std::int64_t length, const AttentionShape& shape) {
  const auto step = std::clamp<std::int64_t>(kTileRows / groupsOf(shape), 32, 128);
  const auto firstSeen = [&](std::int64_t query) -> std::int64_t {
    if (shape.window == 0) return 0;
    return std::max<std::int64_t>(0, shape.causal ? query - shape.window + 1 : query - shape.window / 2);
  };
  const auto lastSeen = [&](std::int64_t query) {
    if (shape.causal) return query + 1;
    return shape.window > 0 ? std::min(length, query + shape.window / 2 + 1) : length;
  };
  std::vector<Tile> tiles;
  for (std::int64_t query = 0; query < length; query += step) {
    auto& tile = tiles.emplace_back();
    tile.query = query;
    tile.queries = std::min(step, length - query);
    tile.key = firstSeen(query);
    tile.keys = lastSeen(query + tile.queries - 1) - tile.key;
    for (std::int64_t i = query; i < query + tile.queries; ++i) {
      tile.first.push_back(firstSeen(i) - tile.key);
      tile.last.push_back(lastSeen(i) - tile.key);
    }
  }
  return tiles;
}

/// [tokens, heads, d] -> [keyValueHeads, tokens, heads a key, d], contiguous.
at::Tensor byKeyHeads(const at::Tensor& x, const AttentionShape& shape) {
  return x.unflatten(1, {shape.keyValueHeads, groupsOf(shape)}).permute({1, 0, 2, 3}).contiguous();
}
/// [tokens, keyValueHeads, d] -> [keyValueHeads, tokens, d], contiguous.
at::Tensor keysFirst(const at::Tensor& x) {
  return x.transpose(0, 1).contiguous();
}
/// The rows of a tile's queries, [keyValueHeads, rows, d].
at::Tensor rowsOfTile(const at::Tensor& byKeyHeads, const Tile& tile) {
  return byKeyHeads.narrow(1, tile.query, tile.queries).flatten(1, 2);
}
at::Tensor keysOfTile(const at::Tensor& keysFirst, const Tile& tile) {
  return keysFirst.narrow(1, tile.key, tile.keys);
}

}  // namespace

bool tilesAttention(const at::Tensor& query, const AttentionShape& shape) {
  return query.size(0) >= kShortest && shape.cap == 0 && query.is_cpu() && query.scalar_type() == at::kFloat &&
         takesRowKernel({});
}

at::Tensor tiledAttention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                          const AttentionShape& shape, at::Tensor out) {
  const auto q = byKeyHeads(query, shape).mul_(shape.scale());
  const auto k = keysFirst(key), v = keysFirst(value);
  auto logSumExp = at::empty({q.size(0), q.size(1), q.size(2)}, q.options());
  for (const auto& tile : tilesOf(query.size(0), shape)) {
    const auto scores = at::bmm(rowsOfTile(q, tile), keysOfTile(k, tile).transpose(1, 2));
    const auto sums = softmaxTile(scores, {tile.first, tile.last, groupsOf(shape)});
    logSumExp.narrow(1, tile.query, tile.queries).copy_(sums.logSumExp.unflatten(1, {tile.queries, groupsOf(shape)}));
    const auto mixed = at::bmm(scores, keysOfTile(v, tile)).mul_(sums.inverse.unsqueeze(2));
    out.narrow(0, tile.query, tile.queries)
        .unflatten(1, {shape.keyValueHeads, groupsOf(shape)})
        .copy_(mixed.unflatten(1, {tile.queries, groupsOf(shape)}).permute({1, 0, 2, 3}));
  }
  return logSumExp;
}

void tiledAttentionBackward(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                            const at::Tensor& out, const at::Tensor& logSumExp, const at::Tensor& gradient,
                            const AttentionShape& shape, TiledGradients into) {
  const auto q = byKeyHeads(query, shape).mul_(shape.scale());
  const auto dOut = byKeyHeads(gradient, shape);
  const auto along = (dOut * byKeyHeads(out, shape)).sum(-1);
  const auto k = keysFirst(key), v = keysFirst(value);
  const auto dKey = at::zeros_like(k), dValue = at::zeros_like(v);
  for (const auto& tile : tilesOf(query.size(0), shape)) {
    const auto rows = rowsOfTile(q, tile), dRows = rowsOfTile(dOut, tile);
    const auto keys = keysOfTile(k, tile), values = keysOfTile(v, tile);
    const auto probabilities = at::bmm(rows, keys.transpose(1, 2));  // scores, until the next line but one
    const auto dScores = at::bmm(dRows, values.transpose(1, 2));
    softmaxTileBackward(probabilities, dScores, logSumExp.narrow(1, tile.query, tile.queries).contiguous(),
                        along.narrow(1, tile.query, tile.queries).contiguous(),
                        {tile.first, tile.last, groupsOf(shape)});
    keysOfTile(dValue, tile).baddbmm_(probabilities.transpose(1, 2), dRows);
    keysOfTile(dKey, tile).baddbmm_(dScores.transpose(1, 2), rows);
    const auto dQuery = at::bmm(dScores, keys).mul_(shape.scale());
    into.query.narrow(0, tile.query, tile.queries)
        .unflatten(1, {shape.keyValueHeads, groupsOf(shape)})
        .copy_(dQuery.unflatten(1, {tile.queries, groupsOf(shape)}).permute({1, 0, 2, 3}));
  }
  into.key.copy_(dKey.transpose(0, 1));
  into.value.copy_(dValue.transpose(0, 1));
}

}  // namespace rosa::model
