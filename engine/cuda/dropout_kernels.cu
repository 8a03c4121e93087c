// SPDX-License-Identifier: GPL-3.0-or-later
#include "dropout_kernels.h"

namespace rosa::cuda {

namespace {

using device::DropoutRule;

constexpr int kThreads = 256;

/// The four numbers of block `counter`: Philox4x32-10 (Salmon et al. 2011), as model/dropout counts it on the CPU.
__device__ uint4 philox(std::uint64_t counter, std::uint64_t key) {
  uint4 c{static_cast<unsigned>(counter), static_cast<unsigned>(counter >> 32), 0, 0};
  auto k0 = static_cast<unsigned>(key);
  auto k1 = static_cast<unsigned>(key >> 32);
#pragma unroll
  for (int round = 0; round < 10; ++round) {
    const unsigned high0 = __umulhi(0xD2511F53U, c.x), low0 = 0xD2511F53U * c.x;
    const unsigned high1 = __umulhi(0xCD9E8D57U, c.z), low1 = 0xCD9E8D57U * c.z;
    c = {high1 ^ c.y ^ k0, low1, high0 ^ c.w ^ k1, low0};
    k0 += 0x9E3779B9U;
    k1 += 0xBB67AE85U;
  }
  return c;
}

// SplitMix64's finaliser, as in model/dropout.
__device__ std::uint64_t mix(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15ULL;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
  return value ^ (value >> 31);
}

__device__ float factor(unsigned bits, const DropoutRule& rule) {
  return bits < rule.threshold ? 0.0F : rule.kept;
}

__global__ void dropoutKernel(float* factors, std::int64_t count, DropoutRule rule) {
  const std::int64_t block = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  const std::int64_t first = 4 * block;
  if (first >= count) return;
  const uint4 bits = philox(static_cast<std::uint64_t>(rule.first / 4 + block), rule.key);
  const float made[4] = {factor(bits.x, rule), factor(bits.y, rule), factor(bits.z, rule), factor(bits.w, rule)};
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    if (first + i < count) factors[first + i] = made[i];
  }
}

// A row of a sequence's square starts anywhere in a Philox block, so each element asks for its own.
__global__ void attentionDropoutKernel(float* factors, const std::int32_t* lengths, std::int64_t heads,
                                       std::int64_t longest, std::int64_t count, DropoutRule rule) {
  const std::int64_t element = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (element >= count) return;
  const std::int64_t column = element % longest;
  const std::int64_t row = element / longest % longest;
  const std::int64_t head = element / (longest * longest) % heads;
  const std::int64_t sequence = element / (longest * longest * heads);
  const std::int64_t length = lengths[sequence];
  float made = 0;
  if (row < length && column < length) {
    const auto place = static_cast<std::uint64_t>((head * length + row) * length + column);
    const uint4 bits = philox(place / 4, mix(rule.key ^ static_cast<std::uint64_t>(rule.first + sequence)));
    const unsigned lane = place % 4;
    made = factor(lane == 0 ? bits.x : lane == 1 ? bits.y : lane == 2 ? bits.z : bits.w, rule);
  }
  factors[element] = made;
}

/// 0 where there are more than a launch can have.
unsigned blocks(std::int64_t threads) {
  const std::int64_t all = (threads + kThreads - 1) / kThreads;
  return all <= 0x7FFFFFFF ? static_cast<unsigned>(all) : 0;
}

}  // namespace

bool launchDropout(float* factors, std::int64_t count, const DropoutRule& rule, cudaStream_t stream) {
  const unsigned grid = blocks((count + 3) / 4);
  // One that begins inside a Philox block is left to the CPU.
  if (grid == 0 || rule.first % 4 != 0) return false;
  dropoutKernel<<<grid, kThreads, 0, stream>>>(factors, count, rule);
  return cudaGetLastError() == cudaSuccess;
}

bool launchAttentionDropout(float* factors, const std::int32_t* lengths, std::int64_t sequences, std::int64_t heads,
                            std::int64_t longest, const DropoutRule& rule, cudaStream_t stream) {
  const std::int64_t count = sequences * heads * longest * longest;
  const unsigned grid = blocks(count);
  if (grid == 0) return false;
  attentionDropoutKernel<<<grid, kThreads, 0, stream>>>(factors, lengths, heads, longest, count, rule);
  return cudaGetLastError() == cudaSuccess;
}

}  // namespace rosa::cuda
