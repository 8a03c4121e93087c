// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rosa/config.h"

/// What kind of a method each one is: the one place that engine, checks and forms ask.
namespace rosa {

/// LoRA and what is made of it.
[[nodiscard]] constexpr bool isLora(Method method) {
  return method == Method::Lora || method == Method::Dora || method == Method::Relora;
}
/// A bottleneck behind a layer: `rank` is its width.
[[nodiscard]] constexpr bool isBottleneck(Method method) {
  return method == Method::Houlsby || method == Method::Pfeiffer;
}
/// Trained vectors before the text, no layer is adapted.
[[nodiscard]] constexpr bool isPrompt(Method method) {
  return method == Method::Prompt || method == Method::Prefix;
}
[[nodiscard]] constexpr bool hasRank(Method method) {
  return isLora(method) || isBottleneck(method) || method == Method::Rosa || method == Method::Galore;
}
/// Whether it is computed in one of the two forms of DESIGN 5.
[[nodiscard]] constexpr bool hasForm(Method method) {
  return method == Method::Rosa || method == Method::Lora || method == Method::Relora;
}
/// Whether it resamples, merges or projects anew every `resample-every`.
[[nodiscard]] constexpr bool hasCycles(Method method) {
  return method == Method::Rosa || method == Method::Relora || method == Method::Galore;
}
/// Whether the weights of the layers are themselves what an optimizer's step moves.
[[nodiscard]] constexpr bool trainsWeights(Method method) {
  return method == Method::Full || method == Method::Galore;
}
/// Whether it adapts linear layers at all; the others train tensors of the model, or vectors beside it, alone.
[[nodiscard]] constexpr bool adaptsLayers(Method method) {
  return method != Method::Bitfit && method != Method::Head && !isPrompt(method);
}
/// Whether `layers` means anything to it.
[[nodiscard]] constexpr bool choosesLayers(Method method) {
  return adaptsLayers(method) && method != Method::Full;
}

}  // namespace rosa
