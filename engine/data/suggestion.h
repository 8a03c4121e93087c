// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <string>
#include <vector>

#include "rosa/inspect.h"

namespace rosa::data {

/// A sample of a table: rows of texts in the order of the columns.
using SampleRows = std::span<const std::vector<std::string>>;

/// Whether the first row of a CSV or TSV file names the columns: its fields are short, none is a number, and none comes
/// again in its column `below`.
[[nodiscard]] bool looksLikeHeader(std::span<const std::string> firstRow, SampleRows below);

/// Whether that is so beyond doubt, though nobody said that there is a header: besides, a field is the usual name of a
/// column, or stands above numbers or labels and no field could be a text, number or label of its column.
[[nodiscard]] bool isPlainlyHeader(std::span<const std::string> firstRow, SampleRows below);

/// Fills the summary's suggested task and columns from its column names and, where those say nothing, from the sample's
/// texts. Leaves them empty when unsure.
void suggestTask(DataSummary& summary, SampleRows sample);

}  // namespace rosa::data
