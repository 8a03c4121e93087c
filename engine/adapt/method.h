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

namespace rosa::adapt {

/// What of a run's configuration decides how a weight is adapted.
struct MethodSettings {
  Method method = Method::Rosa;
  Rank rank;
  std::optional<double> alpha;  ///< scale = alpha / rank; unset = 1 for ROSA, 2 for LoRA
  Form form = Form::Merged;     ///< resolved: Merged or Branch
  std::uint64_t seed = 0;
  TrainedFactors trained = TrainedFactors::Both;
  bool referenceScale = false;  ///< Rosa::Settings::referenceScale
  Factorise factorise = Factorise::SvdEqual;
  SliceRule slice = SliceRule::Window;
  Basis basis = Basis::Exact;
};

/// `form` is the one `chooseForm` resolved; the configuration's own may be Auto.
[[nodiscard]] MethodSettings methodSettings(const RunConfig& config, Form form);

/// The adaptation of one layer's W, a view [in, out] of the layer's buffer. `name` is the layer's, `layerIndex` counts
/// the adapted layers. Full fine-tuning, and ROSA at the rank of the smaller side, train W itself. An error names the
/// layer and its largest rank. A ROSA layer still awaits its first resample (cycle 0).
[[nodiscard]] Expected<std::unique_ptr<Adaptation>> makeAdaptation(const MethodSettings& settings, at::Tensor weight,
                                                                   const std::string& name, std::int64_t layerIndex);

/// Resamples all layers that can be, in parallel over LibTorch's threads; `starts` is empty or gives one window an
/// adaptation. One slice an adaptation comes back, with count 0 where there is none. Every layer is computed by one
/// thread alone, so that results do not depend on how many there are. Throws as Adaptation::resample does.
std::vector<Slice> resampleAll(std::span<Adaptation* const> adaptations, std::int64_t cycle,
                               std::span<const std::int64_t> starts = {});

}  // namespace rosa::adapt
