// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>

/// What the runs of a method with different seeds amount to, as the tables of experiments say it. Pure functions.
namespace rosa::experiment {

/// A figure of each seed that there is.
using BySeed = std::map<std::int64_t, double>;

/// "0.712 ± 0.010": mean and half of the 95 % interval (Student); nothing of no seeds.
[[nodiscard]] std::string meanText(const BySeed& values, int digits = 3);
/// The same of left - right, over the seeds that both have.
[[nodiscard]] std::string differenceText(const BySeed& left, const BySeed& right, int digits = 3);

}  // namespace rosa::experiment
