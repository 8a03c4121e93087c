// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "rosa/expected.h"

namespace rosa {

/// How a run's figures are given to other programs.
enum class CurvesForm {
  Csv,          ///< one file, a row for each step; empty where nothing was measured
  TensorBoard,  ///< one event file in a folder, as TensorBoard reads it
};

/// Writes the figures of the course that led to where the run is now: what was left by going back is left out.
/// `destination`: a file that is replaced, or a folder that is made if need be and gets one more file.
[[nodiscard]] Status writeCurves(const std::filesystem::path& runDirectory, CurvesForm form,
                                 const std::filesystem::path& destination);

}  // namespace rosa
