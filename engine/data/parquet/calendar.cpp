// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/parquet/calendar.h"

#include <fmt/format.h>

namespace rosa::data::parquet {

std::string isoDate(std::int64_t days) {
  // The calendar repeats after 400 years. Within them, years are counted from March, so that the day that some years
  // lack is the last one; a month's first day is then a straight line through the lengths of the months.
  constexpr std::int64_t kDaysOf400Years = 146'097;
  constexpr std::int64_t kDaysFrom0000March = 719'468;
  const std::int64_t shifted = days + kDaysFrom0000March;
  const std::int64_t cycle = floorDivide(shifted, kDaysOf400Years);
  const std::int64_t day = floorModulo(shifted, kDaysOf400Years);
  const std::int64_t yearInCycle = (day - day / 1'460 + day / 36'524 - day / 146'096) / 365;
  const std::int64_t dayInYear = day - (365 * yearInCycle + yearInCycle / 4 - yearInCycle / 100);
  const std::int64_t monthFromMarch = (5 * dayInYear + 2) / 153;
  const std::int64_t dayInMonth = dayInYear - (153 * monthFromMarch + 2) / 5 + 1;
  const std::int64_t month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const std::int64_t year = yearInCycle + 400 * cycle + (month <= 2 ? 1 : 0);
  if (year >= 0 && year <= 9999) return fmt::format("{:04}-{:02}-{:02}", year, month, dayInMonth);
  return fmt::format("{:+05}-{:02}-{:02}", year, month, dayInMonth);
}

std::string isoTime(std::int64_t secondOfDay, std::int64_t nanoseconds) {
  std::string text = fmt::format("{:02}:{:02}:{:02}", secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60);
  if (nanoseconds % 1000 != 0) return text + fmt::format(".{:09}", nanoseconds);
  if (nanoseconds != 0) text += fmt::format(".{:06}", nanoseconds / 1000);
  return text;
}

}  // namespace rosa::data::parquet
