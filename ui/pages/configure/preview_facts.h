// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include "rosa/inspect.h"

namespace rosa::ui {

/// What stands out in the rows of the preview: empty cells, rows that come again, and how often each class of
/// `labelColumn` comes (an empty name: there are no classes). Empty where nothing does.
[[nodiscard]] QString previewFacts(const DataSummary& summary, const std::string& labelColumn);

}  // namespace rosa::ui
