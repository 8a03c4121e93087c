// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QPair>
#include <QString>

#include "plots/run_curves.h"

namespace rosa::ui {

/// "Resample 2"
[[nodiscard]] QString resampleTitle(const ResampleMark& mark);
/// What a mark tells when one points at it, as name and value lines: step, layers, time, loss just before and after,
/// what came of it.
[[nodiscard]] QList<QPair<QString, QString>> resampleFacts(const ResampleMark& mark);
/// How many layers a resample drew anew; a layer with several windows is one.
[[nodiscard]] std::int64_t layersIn(const ResampleCompleted& event);
/// "+0.013", "−0.021": with a real minus sign.
[[nodiscard]] QString formatChange(double change);

}  // namespace rosa::ui
