// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/dropout.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>

#include "device/cuda_kernels.h"

namespace rosa::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

std::uint64_t mix(std::uint64_t value) {
  // SplitMix64's finaliser (Steele et al. 2014): spreads neighbouring numbers over all bits.
  value += 0x9E3779B97F4A7C15ULL;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
  return value ^ (value >> 31);
}

/// Of everything but the part, which is mixed in last.
std::uint64_t hashedWhole(const DropoutKey& key) {
  std::uint64_t hash = mix(key.seed);
  for (const auto part : {static_cast<std::uint64_t>(key.step), static_cast<std::uint64_t>(key.microBatch),
                          static_cast<std::uint64_t>(key.layer), static_cast<std::uint64_t>(key.place)}) {
    hash = mix(hash ^ part);
  }
  return hash;
}

std::uint64_t hashed(const DropoutKey& key) {
  return mix(hashedWhole(key) ^ static_cast<std::uint64_t>(key.part));
}

device::DropoutRule ruleOf(double p, std::uint64_t key, std::int64_t first) {
  return {key, static_cast<std::uint32_t>(std::min(p * 4294967296.0, 4294967295.0)), static_cast<float>(1 / (1 - p)),
          first};
}

/// Of the whole mask, in its order.
std::int64_t firstElement(at::IntArrayRef shape, const DropoutKey& key) {
  return key.firstRow == 0 ? 0 : key.firstRow * c10::multiply_integers(shape.slice(1));
}

constexpr std::int64_t kLanes = 8;

// Fills 4·kLanes numbers from the counters first..first+kLanes-1, made of their random bits by `convert`. Lane-wise
// arrays let the compiler use vector units, and a `convert` of its own tells it that `out` does not overlap that.
template <typename Convert>
inline void philoxBlocks(std::uint64_t first, std::uint64_t hash, Convert convert, float* out) {
  std::array<std::uint32_t, kLanes> c0, c1, c2, c3;
  for (std::int64_t lane = 0; lane < kLanes; ++lane) {
    const std::uint64_t counter = first + static_cast<std::uint64_t>(lane);
    c0[lane] = static_cast<std::uint32_t>(counter);
    c1[lane] = static_cast<std::uint32_t>(counter >> 32);
    c2[lane] = 0;
    c3[lane] = 0;
  }
  auto k0 = static_cast<std::uint32_t>(hash);
  auto k1 = static_cast<std::uint32_t>(hash >> 32);
  for (int round = 0; round < 10; ++round) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      const std::uint64_t p0 = std::uint64_t{0xD2511F53} * c0[lane];
      const std::uint64_t p1 = std::uint64_t{0xCD9E8D57} * c2[lane];
      const auto n0 = static_cast<std::uint32_t>(p1 >> 32) ^ c1[lane] ^ k0;
      const auto n2 = static_cast<std::uint32_t>(p0 >> 32) ^ c3[lane] ^ k1;
      c1[lane] = static_cast<std::uint32_t>(p1);
      c3[lane] = static_cast<std::uint32_t>(p0);
      c0[lane] = n0;
      c2[lane] = n2;
    }
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  for (std::int64_t lane = 0; lane < kLanes; ++lane) {
    out[4 * lane] = convert(c0[lane]);
    out[4 * lane + 1] = convert(c1[lane]);
    out[4 * lane + 2] = convert(c2[lane]);
    out[4 * lane + 3] = convert(c3[lane]);
  }
}

template <typename Convert>
at::Tensor randomNumbers(at::IntArrayRef shape, const DropoutKey& key, const Convert& convert) {
  // A block makes four numbers: those of the first that lie before what is asked for are left out at the end.
  const auto skipped = firstElement(shape, key) % 4;
  const auto firstBlock = static_cast<std::uint64_t>(firstElement(shape, key) / 4);
  auto numbers = at::empty({c10::multiply_integers(shape) + skipped}, at::kFloat);
  const auto hash = hashed(key);
  constexpr std::int64_t kPerCall = 4 * kLanes;
  const auto count = numbers.numel();
  auto* out = numbers.data_ptr<float>();
  at::parallel_for(0, (count + kPerCall - 1) / kPerCall, 256, [&](std::int64_t begin, std::int64_t end) {
    for (auto call = begin; call < end; ++call) {
      const auto first = firstBlock + static_cast<std::uint64_t>(call * kLanes);
      if ((call + 1) * kPerCall <= count) {
        philoxBlocks(first, hash, convert, out + call * kPerCall);
      } else {
        std::array<float, kPerCall> rest;
        philoxBlocks(first, hash, convert, rest.data());
        std::copy_n(rest.data(), count - call * kPerCall, out + call * kPerCall);
      }
    }
  });
  return numbers.narrow(0, skipped, count - skipped).view(shape);
}

struct KeyHolder : torch::CustomClassHolder {
  KeyHolder(double probability, const DropoutKey& which) : p(probability), key(which) {}
  double p;
  DropoutKey key;
};

struct DropoutFunction : torch::autograd::Function<DropoutFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, double p, const DropoutKey& key) {
    context->saved_data["key"] = c10::IValue::make_capsule(c10::make_intrusive<KeyHolder>(p, key));
    return x * dropoutFactors(x.sizes(), p, key, x.device());
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto holder = context->saved_data["key"].toCapsule();
    const auto& used = *static_cast<const KeyHolder*>(holder.get());
    return {gradients[0] * dropoutFactors(gradients[0].sizes(), used.p, used.key, gradients[0].device()), Variable(),
            Variable()};
  }
};

}  // namespace

DropoutKey dropoutKey(const Pass& pass, std::int64_t layer, DropoutPlace place) {
  DropoutKey key{pass.seed, pass.step, pass.microBatch, layer, place, 0, 0};
  switch (place) {
    case DropoutPlace::Attention:
      key.part = pass.firstSequence;
      break;
    case DropoutPlace::Classifier:
    case DropoutPlace::ClassifierInner:
      key.firstRow = pass.firstSequence;
      break;
    case DropoutPlace::RelativePositions:  // the same for all sequences
      break;
    case DropoutPlace::EmbeddingNoise:
      key.firstRow = pass.firstToken;
      break;
    default:
      key.firstRow = pass.firstToken + pass.promptTokens * pass.firstSequence;
  }
  return key;
}

at::Tensor dropoutFactors(at::IntArrayRef shape, double p, const DropoutKey& key, c10::Device device) {
  const auto rule = ruleOf(p, hashed(key), firstElement(shape, key));
  if (const auto* kernels = device.is_cuda() ? device::cudaKernels() : nullptr) {
    const auto factors = at::empty(shape, at::TensorOptions(at::kFloat).device(device));
    if (kernels->dropoutFactors(factors.mutable_data_ptr<float>(), factors.numel(), rule)) return factors;
  }
  const auto factor = [=](std::uint32_t bits) { return bits < rule.threshold ? 0.0F : rule.kept; };
  return randomNumbers(shape, key, factor).to(device);
}

at::Tensor attentionDropoutFactors(const Sequences& sequences, std::int64_t heads, double p, const DropoutKey& key,
                                   c10::Device device) {
  const auto longest = sequences.longest;
  const std::array shape = {sequences.count(), heads, longest, longest};
  if (const auto* kernels = device.is_cuda() ? device::cudaKernels() : nullptr) {
    const auto factors = at::empty(shape, at::TensorOptions(at::kFloat).device(device));
    if (kernels->attentionDropoutFactors(factors.mutable_data_ptr<float>(),
                                         sequences.lengths.const_data_ptr<std::int32_t>(), sequences.count(), heads,
                                         longest, ruleOf(p, hashedWhole(key), key.part))) {
      return factors;
    }
  }
  const auto factors = at::zeros(shape, at::kFloat);
  for (std::int64_t i = 0; i < sequences.count(); ++i) {
    auto own = key;
    own.part += i;
    const auto length = sequences.length(i);
    factors[i]
        .narrow(1, 0, length)
        .narrow(2, 0, length)
        .copy_(dropoutFactors({heads, length, length}, p, own, at::kCPU));
  }
  return factors.to(device);
}

at::Tensor uniformNoise(at::IntArrayRef shape, const DropoutKey& key, c10::Device device) {
  // 23 bits and a half: every number is exact, and none lies at either end.
  const auto convert = [](std::uint32_t bits) {
    return (static_cast<float>(bits >> 9) + 0.5F) * (1.0F / 4194304.0F) - 1.0F;
  };
  return randomNumbers(shape, key, convert).to(device);
}

at::Tensor dropout(const at::Tensor& x, double p, const DropoutKey& key) {
  return p > 0 ? DropoutFunction::apply(x, p, key) : x;
}

}  // namespace rosa::model
