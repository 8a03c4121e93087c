// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cmath>
#include <cstring>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>

#include "rosa/config.h"

namespace rosa::test {

/// Configurations with every field set to something, sensible or not, that text can hold: what is printed must be read
/// back as it was.
class RandomConfig {
 public:
  explicit RandomConfig(std::uint32_t seed) : random_(seed) {}

  RunConfig next() {
    RunConfig config;
    config.model = path();
    config.data = path();
    if (coin()) config.valid = path();
    config.validationSplit = number();
    config.task = pick({Task::LanguageModelling, Task::Completion, Task::Classification, Task::Regression,
                        Task::TokenClassification, Task::MaskedLanguageModelling});
    config.text = text();
    config.textPair = text();
    config.label = text();
    config.prompt = text();
    config.completion = text();
    if (coin()) config.separator = text();
    config.shape = pick({Shape::Auto, Shape::Messages, Shape::Sharegpt, Shape::Alpaca, Shape::PromptCompletion,
                         Shape::Text, Shape::PreferenceChosen});
    config.chatTemplate = text();
    config.lossOn = pick({LossOn::Auto, LossOn::Assistant, LossOn::LastAssistant, LossOn::Completion, LossOn::All});
    config.maskRate = number();
    config.skipBad = coin();
    config.maxLength = integer();
    config.maxRows = integer();
    config.method =
        pick({Method::Rosa, Method::Lora, Method::Full, Method::Dora, Method::Ia3, Method::Relora, Method::Galore,
              Method::Bitfit, Method::Head, Method::Houlsby, Method::Pfeiffer, Method::Prompt, Method::Prefix});
    config.rank = coin() ? Rank{integer()} : Rank{coin() ? 1.0 : number()};
    if (coin()) config.alpha = number();
    config.layers = text();
    config.resampleEvery = interval();
    config.trainBias = coin();
    config.trainHead = coin();
    config.form = pick({Form::Auto, Form::Merged, Form::Branch});
    config.momentReset = pick(
        {MomentReset::Resampled, MomentReset::All, MomentReset::KeepSecond, MomentReset::Prune, MomentReset::Rotate});
    config.momentPrune = number();
    config.factorise = pick({Factorise::SvdEqual, Factorise::SvdAdd, Factorise::Additive, Factorise::RandomAdd,
                             Factorise::RandomProjection, Factorise::RandomOrthogonal});
    config.slice = pick({SliceRule::Window, SliceRule::Uniform, SliceRule::Sweep, SliceRule::Top, SliceRule::Bottom,
                         SliceRule::Sigma, SliceRule::Gradient});
    config.adapt = pick({AdaptFactors::Both, AdaptFactors::A, AdaptFactors::B});
    config.basis = pick({Basis::Exact, Basis::Reference, Basis::Fast});
    for (std::int64_t count = below(4); count > 0; --count) config.layerRanks.push_back(text() + "=4");
    config.resamplePlateau = interval();
    config.stagger = coin();
    if (coin()) config.rewarm = integer();
    config.loraStart = pick({LoraStart::Kaiming, LoraStart::Gaussian, LoraStart::Pissa, LoraStart::Orthogonal});
    config.rslora = coin();
    config.loraPlus = number();
    config.virtualTokens = integer();
    config.trainAlso = text();
    config.trainTokens = text();
    config.adapter = path();
    config.windows = text();
    if (coin()) config.epochs = number();
    if (coin()) config.steps = integer();
    config.optimizer = pick({Optimizer::AdamW, Optimizer::Sgd, Optimizer::Adam, Optimizer::Adafactor, Optimizer::Lion,
                             Optimizer::Muon, Optimizer::AdamW8bit});
    config.learningRate = number();
    config.schedule =
        pick({Schedule::Constant, Schedule::Linear, Schedule::Cosine, Schedule::CosineWithRestarts,
              Schedule::Polynomial, Schedule::InverseSqrt, Schedule::CosineWithMinLr, Schedule::WarmupStableDecay});
    config.warmup = coin() ? Warmup{number(), {}} : Warmup{0, number()};
    config.warmupShape = pick({RampShape::Linear, RampShape::Cosine, RampShape::OneMinusSqrt});
    config.scheduleCycles = number();
    config.schedulePower = number();
    if (coin()) config.scheduleMinimum = number();
    config.scheduleTimescale = integer();
    config.scheduleDecay = coin() ? Warmup{number(), {}} : Warmup{0, number()};
    config.decayShape = pick({RampShape::Linear, RampShape::Cosine, RampShape::OneMinusSqrt});
    config.weightDecay = number();
    config.decayAll = coin();
    config.beta1 = number();
    config.beta2 = number();
    config.epsilon = number();
    config.momentum = number();
    config.clip = number();
    config.scaleParameter = coin();
    config.labelSmoothing = number();
    config.neftune = number();
    config.ema = number();
    config.earlyStopping = integer();
    if (coin()) config.dropout = number();
    config.batch = integer();
    config.batchTokens = integer();
    config.accumulate = integer();
    config.shuffle = coin();
    config.tf32 = coin();
    config.seed = integer();
    config.threads = integer();
    config.device = pick({DeviceChoice::Auto, DeviceChoice::Cpu, DeviceChoice::Cuda});
    config.evalEvery = interval();
    config.saveEvery = interval();
    config.saveMinutes = number();
    config.sampleEvery = interval();
    for (std::int64_t count = below(4); count > 0; --count) config.samplePrompts.push_back(text() + "p");
    config.sampleTokens = integer();
    config.keepCheckpoints = integer();
    config.bestMetric = text();
    config.keepBest = integer();
    config.name = text();
    config.out = path();
    return config;
  }

 private:
  std::int64_t below(std::int64_t limit) { return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random_); }
  bool coin() { return below(2) == 1; }
  template <typename T>
  T pick(std::initializer_list<T> choices) {
    return choices.begin()[below(static_cast<std::int64_t>(choices.size()))];
  }
  std::int64_t integer() { return coin() ? below(100) : static_cast<std::int64_t>(random_()); }
  /// Any number that can still be written as a percentage, short ones more often.
  double number() {
    if (coin()) return static_cast<double>(below(2000)) / 100.0 - 5.0;
    for (;;) {
      const std::uint64_t bits = random_();
      double value = 0;
      static_assert(sizeof value == sizeof bits);
      std::memcpy(&value, &bits, sizeof value);
      if (std::abs(value) < 1e300) return value;
    }
  }
  Interval interval() {
    const auto unit = pick({Interval::Unit::Never, Interval::Unit::Steps, Interval::Unit::Epochs});
    return {unit, unit == Interval::Unit::Never ? 0.0 : number()};
  }
  std::string text() {
    constexpr std::array<std::string_view, 36> kPieces{
        "a",        "Z",    "7",     " ",    "'", "\"", "\\", "$HOME",
        "`",        ":",    "# ",    "- ",   ",", "[",  "{",  "\n",
        "\t",       "*",    "&",     "!",    "|", ">",  "%",  "~",
        "--",       "null", "\x01x", "\x7f", "é", "訓", "😀",  "\xe2\x80\xa8",
        "\xc2\x85", "?",    "=",     "yes"};
    std::string made;
    for (std::int64_t length = below(6); length > 0; --length) made += kPieces[static_cast<std::size_t>(below(36))];
    return made;
  }
  std::filesystem::path path() { return std::filesystem::path("/") / text(); }

  std::mt19937_64 random_;
};

}  // namespace rosa::test
