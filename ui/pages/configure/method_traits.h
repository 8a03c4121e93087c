// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rosa/config.h"

/// What the form shows of a method.
namespace rosa::ui {

/// LoRA and what is made of it.
[[nodiscard]] constexpr bool isLora(Method method) {
  return method == Method::Lora || method == Method::Dora || method == Method::Relora;
}
[[nodiscard]] constexpr bool hasRank(Method method) {
  return isLora(method) || method == Method::Rosa || method == Method::Galore;
}
/// Begins new directions now and then.
[[nodiscard]] constexpr bool hasCycles(Method method) {
  return method == Method::Rosa || method == Method::Relora || method == Method::Galore;
}
/// Has layers to choose.
[[nodiscard]] constexpr bool adaptsLayers(Method method) {
  return hasRank(method) || method == Method::Ia3;
}

}  // namespace rosa::ui
