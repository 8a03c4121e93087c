// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/cached_attention.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "model/attention_heads.h"

namespace rosa::model {

namespace {

constexpr auto kBlock = KeyValueCache::kBlockTokens;

/// One part with LibTorch's operations, its keys and values given heads first.
void attendWhole(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const AttentionShape& shape,
                 std::int64_t length, at::Tensor out) {
  const auto added = query.size(0);
  const auto q = headsFirst(query);
  const auto k = forQueries(key, shape);
  const auto v = forQueries(value, shape);
  const bool cuts = shape.cuts(length + added);
  if (shape.cap > 0) {
    const auto scores = attentionScores(q, k, shape);
    if (added > 1 || cuts) scores.masked_fill_(hiddenPairs(shape, added, length + added, q.device()), -INFINITY);
    headsFirst(out).copy_(at::matmul(at::softmax(scores, -1), v));
    return;
  }
  std::optional<at::Tensor> bias;
  if (cuts || (length > 0 && added > 1)) bias = hiddenBias(shape, added, length + added, q.options());
  const bool causal = !bias && added > 1;
  headsFirst(out).copy_(at::scaled_dot_product_attention(q, k, v, bias, 0.0, causal, shape.scale()));
}

/// Any device and type, with LibTorch's operations.
void attendAnywhere(const at::Tensor& qkv, const AttentionShape& shape, const Rotary::Table* rotary,
                    const std::vector<KeyValueCache::Part>& parts, KeyValueCache::Layer& layer, const at::Tensor& out) {
  const auto [query, key, value] = headsOf(qkv, shape);
  if (rotary != nullptr) {
    Rotary::turn(query, *rotary, false);
    Rotary::turn(key, *rotary, false);
  }
  std::vector<std::int64_t> blocks, slots;
  for (const auto& part : parts) {
    for (auto place = part.length; place < part.length + part.added; ++place) {
      blocks.push_back(part.blocks[static_cast<std::size_t>(place / kBlock)]);
      slots.push_back(place % kBlock);
    }
  }
  const auto index = [&](const std::vector<std::int64_t>& ids) { return at::tensor(ids, at::kLong).to(qkv.device()); };
  const c10::List<std::optional<at::Tensor>> places({index(blocks), index(slots)});
  layer.keys.transpose(1, 2).index_put_(places, key);
  layer.values.transpose(1, 2).index_put_(places, value);
  for (const auto& part : parts) {
    const auto rows = index(part.blocks);
    const auto gathered = [&](const at::Tensor& pool) {  // [1, heads, tokens, headDim]
      const auto own = pool.index_select(0, rows).transpose(0, 1).flatten(1, 2);
      return own.narrow(1, 0, part.length + part.added).unsqueeze(0);
    };
    attendWhole(query.narrow(0, part.begin, part.added), gathered(layer.keys), gathered(layer.values), shape,
                part.length, out.narrow(0, part.begin, part.added));
  }
}

/// Sum of products. Partial sums side by side let the compiler use vectors without reordering a sum; a head has a
/// multiple of eight dimensions as a rule.
float dot(const float* a, const float* b, std::int64_t count) {
  constexpr std::int64_t kLanes = 8;
  std::array<float, kLanes> even{}, odd{};
  std::int64_t i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      even[static_cast<std::size_t>(lane)] += a[i + lane] * b[i + lane];
      odd[static_cast<std::size_t>(lane)] += a[i + kLanes + lane] * b[i + kLanes + lane];
    }
  }
  if (i + kLanes <= count) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      even[static_cast<std::size_t>(lane)] += a[i + lane] * b[i + lane];
    }
    i += kLanes;
  }
  float sum = 0;
  for (; i < count; ++i) sum += a[i] * b[i];
  for (std::size_t lane = 0; lane < kLanes; ++lane) sum += even[lane] + odd[lane];
  return sum;
}

/// The float path of the CPU: raw pointers into the projection, the pool and the output.
class FloatAttention {
 public:
  FloatAttention(const at::Tensor& qkv, const AttentionShape& shape, KeyValueCache::Layer& layer, const at::Tensor& out)
      : shape_(shape),
        qkv_(qkv.data_ptr<float>()),
        row_(qkv.size(1)),
        keys_(layer.keys.data_ptr<float>()),
        values_(layer.values.data_ptr<float>()),
        out_(out.data_ptr<float>()) {}

  /// Turns a token's queries and keys by its cosines and sines [pairs]; a pair's second dimension lies `distance`
  /// behind its first.
  void turn(std::int64_t token, const float* cosine, const float* sine, std::int64_t pairs, bool neighbours) {
    const auto step = neighbours ? 2 : 1;
    const auto distance = neighbours ? 1 : pairs;
    for (std::int64_t head = 0; head < shape_.heads + shape_.keyValueHeads; ++head) {
      auto* first = qkv_ + token * row_ + head * shape_.headDim;
      for (std::int64_t i = 0; i < pairs; ++i, first += step) {
        auto& second = first[distance];
        const float turned = *first * cosine[i] - second * sine[i];
        second = second * cosine[i] + *first * sine[i];
        *first = turned;
      }
    }
  }

  void store(const KeyValueCache::Part& part) {
    const auto bytes = static_cast<std::size_t>(shape_.headDim) * sizeof(float);
    for (std::int64_t i = 0; i < part.added; ++i) {
      const auto* key = qkv_ + (part.begin + i) * row_ + shape_.heads * shape_.headDim;
      const auto* value = key + shape_.keyValueHeads * shape_.headDim;
      const auto place = part.length + i;
      for (std::int64_t head = 0; head < shape_.keyValueHeads; ++head) {
        const auto target = inPool(part, head, place / kBlock) + place % kBlock * shape_.headDim;
        std::memcpy(keys_ + target, key + head * shape_.headDim, bytes);
        std::memcpy(values_ + target, value + head * shape_.headDim, bytes);
      }
    }
  }

  /// The query heads of one token that share one key head.
  void attend(const KeyValueCache::Part& part, std::int64_t index, std::int64_t head) {
    const auto size = shape_.headDim;
    const auto groups = shape_.heads / shape_.keyValueHeads;
    const auto end = part.length + index + 1;
    const auto begin = shape_.window > 0 ? std::max<std::int64_t>(0, end - shape_.window) : 0;
    const auto length = end - begin;
    const auto* query = qkv_ + (part.begin + index) * row_ + head * groups * size;
    auto* out = out_ + (part.begin + index) * shape_.heads * size + head * groups * size;
    static thread_local std::vector<float> scores;  // [groups, length]
    scores.resize(static_cast<std::size_t>(groups * length));
    forEachBlock(part, head, begin, end, keys_, [&](std::int64_t first, std::int64_t count, const float* block) {
      for (std::int64_t i = 0; i < count; ++i) {
        for (std::int64_t group = 0; group < groups; ++group) {
          scores[static_cast<std::size_t>(group * length + first - begin + i)] =
              dot(query + group * size, block + i * size, size);
        }
      }
    });
    for (std::int64_t group = 0; group < groups; ++group) softmax(scores.data() + group * length, length);
    std::fill_n(out, groups * size, 0.0F);
    forEachBlock(part, head, begin, end, values_, [&](std::int64_t first, std::int64_t count, const float* block) {
      for (std::int64_t group = 0; group < groups; ++group) {
        const auto* weights = scores.data() + group * length + first - begin;
        auto* __restrict__ sum = out + group * size;
        for (std::int64_t i = 0; i < count; ++i) {
          for (std::int64_t d = 0; d < size; ++d) sum[d] += weights[i] * block[i * size + d];
        }
      }
    });
  }

 private:
  [[nodiscard]] std::int64_t inPool(const KeyValueCache::Part& part, std::int64_t head, std::int64_t block) const {
    return (part.blocks[static_cast<std::size_t>(block)] * shape_.keyValueHeads + head) * kBlock * shape_.headDim;
  }

  /// The parts of blocks that hold the tokens from `begin` to `end`: calls body(first token, count, its numbers).
  template <typename Body>
  void forEachBlock(const KeyValueCache::Part& part, std::int64_t head, std::int64_t begin, std::int64_t end,
                    const float* pool, const Body& body) const {
    for (auto first = begin; first < end;) {
      const auto inBlock = first % kBlock;
      const auto count = std::min(kBlock - inBlock, end - first);
      body(first, count, pool + inPool(part, head, first / kBlock) + inBlock * shape_.headDim);
      first += count;
    }
  }

  void softmax(float* scores, std::int64_t length) const {
    auto scale = static_cast<float>(shape_.scale());
    if (shape_.cap > 0) {
      const auto cap = static_cast<float>(shape_.cap);
      for (std::int64_t i = 0; i < length; ++i) scores[i] = cap * std::tanh(scores[i] * scale / cap);
      scale = 1;
    }
    const float highest = *std::max_element(scores, scores + length);
    float sum = 0;
    for (std::int64_t i = 0; i < length; ++i) sum += scores[i] = std::exp((scores[i] - highest) * scale);
    for (std::int64_t i = 0; i < length; ++i) scores[i] /= sum;
  }

  AttentionShape shape_;
  float* qkv_;
  std::int64_t row_;
  float* keys_;
  float* values_;
  float* out_;
};

void attendOnCpu(const at::Tensor& qkv, const AttentionShape& shape, const Rotary::Table* rotary,
                 const std::vector<KeyValueCache::Part>& parts, KeyValueCache::Layer& layer, const at::Tensor& out) {
  FloatAttention attention(qkv, shape, layer, out);
  if (rotary != nullptr) {
    const auto* cosine = rotary->cosine.const_data_ptr<float>();
    const auto* sine = rotary->sine.const_data_ptr<float>();
    const auto pairs = rotary->cosine.size(2);
    for (std::int64_t token = 0; token < qkv.size(0); ++token) {
      attention.turn(token, cosine + token * pairs, sine + token * pairs, pairs, rotary->neighbours);
    }
  }
  struct Item {
    const KeyValueCache::Part* part;
    std::int64_t index;
  };
  std::vector<Item> items;
  std::int64_t work = 0;
  for (const auto& part : parts) {
    attention.store(part);
    if (part.length == 0 && part.added > 1) {
      const auto [query, key, value] = headsOf(qkv.narrow(0, part.begin, part.added), shape);
      attendWhole(query, headsFirst(key), headsFirst(value), shape, 0,
                  out.narrow(0, part.begin, part.added).unflatten(1, {shape.heads, shape.headDim}));
      continue;
    }
    for (std::int64_t i = 0; i < part.added; ++i) items.push_back({&part, i});
    work += part.added * (part.length + part.added) * shape.heads * shape.headDim;
  }
  const auto count = std::ssize(items) * shape.keyValueHeads;
  // A fork and join of the threads costs what some ten thousand products do.
  constexpr std::int64_t kLeastWork = 65536;
  const auto grain = count == 0 ? 1 : std::max<std::int64_t>(1, kLeastWork * count / std::max<std::int64_t>(work, 1));
  at::parallel_for(0, count, grain, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = begin; i < end; ++i) {
      const auto& item = items[static_cast<std::size_t>(i / shape.keyValueHeads)];
      attention.attend(*item.part, item.index, i % shape.keyValueHeads);
    }
  });
}

}  // namespace

at::Tensor cachedAttention(const at::Tensor& qkv, const AttentionShape& shape, const Rotary::Table* rotary,
                           const std::vector<KeyValueCache::Part>& parts, KeyValueCache::Layer& layer) {
  const auto out = at::empty({qkv.size(0), shape.heads * shape.headDim}, qkv.options());
  if (qkv.is_cpu() && qkv.scalar_type() == at::kFloat && qkv.is_contiguous()) {
    attendOnCpu(qkv, shape, rotary, parts, layer, out);
  } else {
    attendAnywhere(qkv, shape, rotary, parts, layer, out.unflatten(1, {shape.heads, shape.headDim}));
  }
  return out;
}

}  // namespace rosa::model
