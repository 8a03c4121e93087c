// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "optim/adam.h"
#include "optim/code_map.h"
#include "optim/kinds.h"

namespace rosa::optim {

namespace {

constexpr std::int64_t kBlock = 256;
/// Parameters of fewer numbers keep whole moments, as in bitsandbytes: biases and norms are sensitive and small.
constexpr std::int64_t kLeastCoded = 4096;
/// Blocks whose largest number is smaller count as zeros; their scale's inverse would overflow.
constexpr float kLeastScale = std::numeric_limits<float>::min();

enum Extra : std::size_t { kFirstCodes, kFirstScales, kSecondCodes, kSecondScales };

std::int64_t blocksOf(std::int64_t count) {
  return (count + kBlock - 1) / kBlock;
}

/// One step's numbers, the same for every element.
struct Factors {
  float beta1, beta2, epsilon, shrink;
  float firstCorrection;   // lr / (1 - beta1^t)
  float secondCorrection;  // 1 / sqrt(1 - beta2^t)
};

Factors factorsOf(const AdamSettings& settings, double rate, bool decays, std::int64_t steps) {
  const auto t = static_cast<double>(steps);
  return {static_cast<float>(settings.beta1),
          static_cast<float>(settings.beta2),
          static_cast<float>(settings.epsilon),
          static_cast<float>(decays ? 1 - rate * settings.weightDecay : 1),
          static_cast<float>(rate / (1 - std::pow(settings.beta1, t))),
          static_cast<float>(1 / std::sqrt(1 - std::pow(settings.beta2, t)))};
}

/// Codes of a block's numbers as shares of the largest, which is returned. A second moment that is not zero never
/// becomes it: its first moment may not, and the update would divide by nothing (arXiv 2309.01507, section 4.1).
float encode(const std::array<float, kBlock>& numbers, std::int64_t count, const CodeMap& map, bool squares,
             std::uint8_t* codes) {
  float largest = 0;
  for (std::int64_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(numbers[static_cast<std::size_t>(i)]));
  const bool zeros = largest < kLeastScale;
  const float inverse = zeros ? 0 : 1 / largest;
  for (std::int64_t i = 0; i < count; ++i) {
    const float number = numbers[static_cast<std::size_t>(i)];
    const auto code = map.code(std::clamp(number * inverse, -1.0F, 1.0F));
    codes[i] = squares && number > 0 ? std::max<std::uint8_t>(code, 1) : code;
  }
  return zeros ? 0 : largest;
}

/// AdamW on one block: decoded, moved, coded anew. The value moves by the moments as they are before coding.
void stepBlock(const Factors& factors, std::int64_t count, float* value, const float* gradient,
               std::uint8_t* firstCodes, float& firstScale, std::uint8_t* secondCodes, float& secondScale) {
  const auto& firstMap = CodeMap::dynamicSigned();
  const auto& secondMap = CodeMap::dynamicUnsigned();
  std::array<float, kBlock> first, second;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const float g = gradient[i];
    first[at] = factors.beta1 * firstMap.value(firstCodes[i]) * firstScale + (1 - factors.beta1) * g;
    second[at] = factors.beta2 * secondMap.value(secondCodes[i]) * secondScale + (1 - factors.beta2) * g * g;
  }
  for (std::int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const float root = std::sqrt(second[at]) * factors.secondCorrection + factors.epsilon;
    value[i] = value[i] * factors.shrink - factors.firstCorrection * first[at] / root;
  }
  firstScale = encode(first, count, firstMap, false, firstCodes);
  secondScale = encode(second, count, secondMap, true, secondCodes);
}

void stepOnCpu(const ParameterState& state, const Factors& factors) {
  const auto count = state.parameter->value.numel();
  auto* value = state.parameter->value.mutable_data_ptr<float>();
  const auto* gradient = state.parameter->gradient.const_data_ptr<float>();
  auto* firstCodes = state.extras[kFirstCodes].mutable_data_ptr<std::uint8_t>();
  auto* firstScales = state.extras[kFirstScales].mutable_data_ptr<float>();
  auto* secondCodes = state.extras[kSecondCodes].mutable_data_ptr<std::uint8_t>();
  auto* secondScales = state.extras[kSecondScales].mutable_data_ptr<float>();
  constexpr std::int64_t kBlocksAtOnce = 16;
  at::parallel_for(0, blocksOf(count), kBlocksAtOnce, [&](std::int64_t begin, std::int64_t end) {
    for (auto block = begin; block < end; ++block) {
      const auto at = block * kBlock;
      stepBlock(factors, std::min(kBlock, count - at), value + at, gradient + at, firstCodes + at, firstScales[block],
                secondCodes + at, secondScales[block]);
    }
  });
}

/// The same by LibTorch's own operations, for any device and type.
class Coder {
 public:
  Coder(const CodeMap& map, bool squares, const at::Tensor& like) : squares_(squares) {
    values_ = at::tensor(at::ArrayRef<float>(map.values()), at::kFloat).to(like.device());
    midpoints_ = at::tensor(at::ArrayRef<float>(map.midpoints()), at::kFloat).to(like.device());
  }

  /// [blocks, 256].
  [[nodiscard]] at::Tensor decode(const at::Tensor& codes, const at::Tensor& scales) const {
    return values_.index_select(0, inBlocks(codes).flatten().to(at::kInt)).view({-1, kBlock}) * scales.unsqueeze(1);
  }
  void encode(const at::Tensor& numbers, const at::Tensor& codes, const at::Tensor& scales) const {
    const auto largest = numbers.abs().amax(1);
    scales.copy_(largest.masked_fill(largest < kLeastScale, 0));
    const auto shares = (numbers * scales.reciprocal().masked_fill(scales == 0, 0).unsqueeze(1)).clamp(-1, 1);
    auto found = at::bucketize(shares, midpoints_, /*out_int32=*/true);
    if (squares_) found = at::where(numbers > 0, found.clamp_min(1), found);
    codes.copy_(found.flatten().narrow(0, 0, codes.numel()));
  }

  static at::Tensor inBlocks(const at::Tensor& flat) {
    return at::constant_pad_nd(flat, {0, blocksOf(flat.numel()) * kBlock - flat.numel()}).view({-1, kBlock});
  }

 private:
  bool squares_;
  at::Tensor values_, midpoints_;
};

at::Tensor flatView(const at::Tensor& dense) {
  return dense.detach().as_strided({dense.numel()}, {1});
}

void stepByOperations(const ParameterState& state, const Factors& factors, const Coder& firstCoder,
                      const Coder& secondCoder) {
  const auto value = flatView(state.parameter->value);
  const auto gradient = Coder::inBlocks(flatView(state.parameter->gradient).to(at::kFloat));
  auto first = firstCoder.decode(state.extras[kFirstCodes], state.extras[kFirstScales]);
  auto second = secondCoder.decode(state.extras[kSecondCodes], state.extras[kSecondScales]);
  first.mul_(factors.beta1).add_(gradient, 1 - factors.beta1);
  second.mul_(factors.beta2).addcmul_(gradient, gradient, 1 - factors.beta2);
  const auto update = first / (second.sqrt() * factors.secondCorrection + factors.epsilon);
  value.mul_(factors.shrink).sub_(update.flatten().narrow(0, 0, value.numel()), factors.firstCorrection);
  firstCoder.encode(first, state.extras[kFirstCodes], state.extras[kFirstScales]);
  secondCoder.encode(second, state.extras[kSecondCodes], state.extras[kSecondScales]);
}

/// Dettmers et al. 2021 (arXiv 2110.02861): both moments as bytes, a scale for each 256 of them.
class AdamW8bit final : public Optimizer {
 public:
  AdamW8bit(const RunConfig& config, Arena& arena) : arena_(arena), settings_(adamSettings(config)) {}

  void step(double learningRate) override {
    const at::NoGradGuard noGradient;
    arena_.countStep();
    stepAdam(arena_.stretches(), settings_, learningRate);
    for (const auto& state : arena_.states()) {
      if (state.extras.empty()) continue;
      const auto& parameter = *state.parameter;
      const auto factors = factorsOf(settings_, learningRate * parameter.rateFactor, parameter.decays, state.steps);
      if (parameter.value.is_cpu() && parameter.value.scalar_type() == at::kFloat) {
        stepOnCpu(state, factors);
      } else {
        if (!firstCoder_) firstCoder_.emplace(CodeMap::dynamicSigned(), false, parameter.value);
        if (!secondCoder_) secondCoder_.emplace(CodeMap::dynamicUnsigned(), true, parameter.value);
        stepByOperations(state, factors, *firstCoder_, *secondCoder_);
      }
    }
  }

 private:
  Arena& arena_;
  AdamSettings settings_;
  std::optional<Coder> firstCoder_, secondCoder_;  // made where they are needed
};

}  // namespace

StateLayout adamW8bitState(const adapt::Parameter& parameter) {
  const auto count = parameter.value.numel();
  if (count < kLeastCoded) return {2, {}};
  const auto blocks = blocksOf(count);
  return {0,
          {{"codes1", at::kByte, {count}},
           {"scales1", at::kFloat, {blocks}},
           {"codes2", at::kByte, {count}},
           {"scales2", at::kFloat, {blocks}}}};
}

std::unique_ptr<Optimizer> makeAdamW8bit(const RunConfig& config, Arena& arena) {
  return std::make_unique<AdamW8bit>(config, arena);
}

}  // namespace rosa::optim
