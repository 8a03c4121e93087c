// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapt/adaptation.h"
#include "adapt/low_rank.h"
#include "rosa/config.h"
#include "rosa/expected.h"
#include "rosa/method_traits.h"

namespace rosa::adapt {

/// What of a run's configuration decides how a weight is adapted.
struct MethodSettings {
  Method method = Method::Rosa;
  Rank rank;
  std::optional<double> alpha;  ///< scale = alpha / rank (`scaleOf`); unset = the method's own
  Form form = Form::Merged;     ///< resolved: Merged or Branch
  std::uint64_t seed = 0;
  TrainedFactors trained = TrainedFactors::Both;
  bool referenceScale = false;  ///< Rosa::Settings::referenceScale
  LoraStart loraStart = LoraStart::Kaiming;
  bool rslora = false;
  Factorise factorise = Factorise::SvdEqual;
  SliceRule slice = SliceRule::Window;
  Basis basis = Basis::Exact;
  bool measuresCoverage = true;  ///< Rosa::Settings::measuresCoverage
  double loraPlus = 1;
  std::optional<double>
      scale;  ///< s itself, of an adapter that is gone on with; `alpha` and `rslora` then do not count
  std::optional<bool> ia3Inputs;  ///< the side of such an adapter; unset = as `sideOf` says
};

/// s in s·A·B: alpha / rank, or alpha / sqrt(rank) for rsLoRA (arXiv 2312.03732). Without an alpha it is 1 for ROSA,
/// and for LoRA and its kin what an alpha of twice the rank gives. GaLore's alpha is its scale itself, 0.25 by default.
[[nodiscard]] double scaleOf(const MethodSettings& settings, std::int64_t rank);

/// What a method trains and keeps in a layer [in, out].
struct LayerNumbers {
  std::int64_t rank = 0;                          ///< 0 where the method has none
  bool dense = false;                             ///< W itself trains
  std::vector<std::vector<std::int64_t>> shapes;  ///< of its parameters
  std::int64_t keptPerToken = 0;                  ///< numbers that backward needs beside x

  [[nodiscard]] std::int64_t trainable() const;
};
/// The same errors as `makeAdaptation`, without a weight.
[[nodiscard]] Expected<LayerNumbers> numbersOf(const MethodSettings& settings, std::int64_t in, std::int64_t out,
                                               const std::string& name);

/// `form` is the one `chooseForm` resolved; the configuration's own may be Auto.
[[nodiscard]] MethodSettings methodSettings(const RunConfig& config, Form form);

/// The adaptation of one layer's W, a view [in, out] of the layer's buffer. `name` is the layer's, `layerIndex` counts
/// the adapted layers. Full fine-tuning, and ROSA at the rank of the smaller side, train W itself. An error names the
/// layer and its largest rank. A ROSA layer still awaits its first resample (cycle 0).
[[nodiscard]] Expected<std::unique_ptr<Adaptation>> makeAdaptation(const MethodSettings& settings, at::Tensor weight,
                                                                   const std::string& name, std::int64_t layerIndex);

/// Resamples all layers that can be, in parallel over LibTorch's threads; `starts` is empty or gives one window an
/// adaptation. One slice an adaptation comes back, with count 0 where there is none. At least as many layers as threads
/// are computed by one thread each, so that results do not depend on how many there are; fewer follow one another and
/// share the threads, so that the last bits of a factor may depend on their number (never on anything else). Throws as
/// Adaptation::resample does.
std::vector<Slice> resampleAll(std::span<Adaptation* const> adaptations, std::int64_t cycle,
                               std::span<const std::int64_t> starts = {});

}  // namespace rosa::adapt
