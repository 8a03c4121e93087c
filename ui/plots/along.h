// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include "plots/run_curves.h"

namespace rosa::ui {

class ComboBox;

/// What an axis along a run counts. The same steps may have taken other times, or read other numbers of tokens.
enum class Along { Step, Epoch, Tokens, Time };

/// Where a step lies along the axis; time in minutes of training.
[[nodiscard]] double placeOf(const RunCurves& curves, Along along, double step);
/// The step that lies at a place of the axis; beyond both ends the first or the last one.
[[nodiscard]] double stepAt(const RunCurves& curves, Along along, double place);

/// What stands below the axis: "epoch", "minutes of training".
[[nodiscard]] QString alongLabel(Along along);
/// A place as it is read: "1,250", "0.75", "4m 10s".
[[nodiscard]] QString placeText(Along along, double place);
/// The labels of such an axis are whole numbers.
[[nodiscard]] constexpr bool isWhole(Along along) {
  return along == Along::Step || along == Along::Tokens;
}

/// A box to choose by; its data are the values of Along.
[[nodiscard]] ComboBox* makeAlongBox();

}  // namespace rosa::ui
