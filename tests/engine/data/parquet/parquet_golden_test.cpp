// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "engine/data/temporary_folder.h"
#include "memory_file.h"
#include "support/golden.h"

namespace rosa::data::parquet {
namespace {

using base::Json;

std::string hexOf(const Json::binary_t& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

/// Nanoseconds since 1970 of "2024-01-31T01:02:03.000000004", modulo 2^64.
std::uint64_t nanoseconds(const std::string& text) {
  const std::size_t dash = text.find('-', 1);
  const long year = std::stol(text.substr(0, dash));
  const long cycle = (year - 2000) / 400;
  using namespace std::chrono;
  const auto day = sys_days(std::chrono::year(static_cast<int>(year - 400 * cycle)) /
                            std::stoi(text.substr(dash + 1, 2)) / std::stoi(text.substr(dash + 4, 2)));
  const auto days = static_cast<std::uint64_t>(day.time_since_epoch().count() + cycle * 146'097);
  const std::string time = text.substr(dash + 7);
  const std::uint64_t seconds = days * 86'400 + std::stoul(time.substr(0, 2)) * 3'600 +
                                std::stoul(time.substr(3, 2)) * 60 + std::stoul(time.substr(6, 2));
  std::string fraction = time.size() > 9 ? time.substr(9) : "";
  fraction.resize(9, '0');
  return seconds * 1'000'000'000 + std::stoul(fraction);
}

/// pyarrow keeps timestamps as 64-bit nanoseconds, in which years before 1678 and after 2261 do not fit: there they
/// must be the same modulo 2^64.
bool sameTime(const std::string& ours, const std::string& pyarrow) {
  if (ours == pyarrow) return true;
  const bool outside = ours.starts_with('+') || ours.starts_with('-') || ours < "1678" || ours >= "2262";
  return outside && nanoseconds(ours) == nanoseconds(pyarrow);
}

bool sameNumber(const Json& ours, const Json& expected) {
  if (expected.is_number_float() || ours.is_number_float()) {
    return ours.is_number_float() == expected.is_number_float() && ours.get<double>() == expected.get<double>() &&
           std::signbit(ours.get<double>()) == std::signbit(expected.get<double>());
  }
  return ours.is_number_integer() && ours == expected;
}

bool same(const Json& ours, const Json& expected) {
  if (expected.is_object() && expected.size() == 1 && expected.begin().key().starts_with('$')) {
    const std::string& kind = expected.begin().key();
    const auto text = expected.begin().value().get<std::string>();
    if (kind == "$hex") return ours.is_binary() && hexOf(ours.get_binary()) == text;
    if (kind == "$time") return ours.is_string() && sameTime(ours.get<std::string>(), text);
    if (kind == "$decimal") return ours.is_string() && ours.get<std::string>() == text;
    if (!ours.is_number_float()) return false;
    const auto value = ours.get<double>();
    return text == "nan" ? std::isnan(value) : std::isinf(value) && (value < 0) == text.starts_with('-');
  }
  if (expected.is_number()) return ours.is_number() && sameNumber(ours, expected);
  if (expected.is_array()) {
    if (!ours.is_array() || ours.size() != expected.size()) return false;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      if (!same(ours[i], expected[i])) return false;
    }
    return true;
  }
  if (!expected.is_object()) return ours == expected;
  if (!ours.is_object() || ours.size() != expected.size()) return false;
  auto mine = ours.begin();
  for (auto its = expected.begin(); its != expected.end(); ++its, ++mine) {
    if (mine.key() != its.key() || !same(mine.value(), its.value())) return false;
  }
  return true;
}

Json row(const std::vector<std::string>& columns, const std::vector<Json>& values) {
  Json result = Json::object();
  for (std::size_t i = 0; i < columns.size(); ++i) result[columns[i]] = values[i];
  return result;
}

class ParquetGolden : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = test::goldenDirectory() / "data";
    if (!std::filesystem::is_directory(folder_ / "parquet")) GTEST_SKIP() << folder_ << " is missing";
  }

  [[nodiscard]] Json manifest(const std::string& folder) const {
    std::ifstream file(folder_ / folder / "manifest.json");
    return Json::parse(file).at("files");
  }

  /// Compares the rows that are in `lines`, and counts all.
  static void compare(const std::filesystem::path& path, const std::filesystem::path& lines, std::size_t rows) {
    SCOPED_TRACE(path.string());
    const ReadTable table = readAll(ParquetFile::open(path));
    ASSERT_EQ(table.error, "");
    EXPECT_EQ(table.rows.size(), rows);
    EXPECT_EQ(table.claimedRows, static_cast<std::int64_t>(rows));
    std::ifstream expected(lines);
    std::size_t at = 0;
    for (std::string line; std::getline(expected, line); ++at) {
      ASSERT_LT(at, table.rows.size());
      const Json ours = row(table.columns, table.rows[at]);
      ASSERT_TRUE(same(ours, Json::parse(line))) << at << "\n"
                                                 << ours.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n"
                                                 << line;
    }
    if (rows > 0) {
      EXPECT_GT(at, 0U);
    }
  }

  [[nodiscard]] std::vector<std::filesystem::path> soundFiles() const {
    std::vector<std::filesystem::path> files;
    for (const char* folder : {"parquet", "parquet-testing"}) {
      for (const auto& entry : std::filesystem::directory_iterator(folder_ / folder)) {
        if (entry.path().extension() == ".parquet") files.push_back(entry.path());
      }
    }
    std::ranges::sort(files);
    return files;
  }

  std::filesystem::path folder_;
};

TEST_F(ParquetGolden, EveryCodecEncodingAndPageGivesPyarrowsRows) {
  for (const Json& entry : manifest("parquet")) {
    compare(folder_ / "parquet" / entry.at("file").get<std::string>(),
            folder_ / "parquet" / entry.at("rows").get<std::string>(), entry.at("num_rows").get<std::size_t>());
  }
}

TEST_F(ParquetGolden, FilesOfOtherWritersGivePyarrowsRows) {
  for (const Json& entry : manifest("parquet-testing")) {
    if (entry.contains("pyarrow_error")) continue;
    std::filesystem::path path = folder_ / "parquet-testing" / entry.at("file").get<std::string>();
    std::filesystem::path lines = path;
    lines.replace_extension(".jsonl");
    compare(path, lines, entry.at("num_rows").get<std::size_t>());
  }
}

/// Sound, as pyarrow says too: a dictionary of one value, whose numbers take 0 bits, and a file with a copy of itself
/// before it.
const std::set<std::string> kSoundAfterAll = {"ARROW-GH-43605.parquet", "doubled.parquet"};

TEST_F(ParquetGolden, EveryBadFileIsRefusedWithASentence) {
  std::ifstream manifest(folder_ / "parquet-bad" / "manifest.jsonl");
  for (std::string line; std::getline(manifest, line);) {
    const Json entry = Json::parse(line);
    const auto name = entry.at("file").get<std::string>();
    SCOPED_TRACE(name);
    const ReadTable table = readAll(ParquetFile::open(folder_ / "parquet-bad" / name));
    // What a flipped bit hits may be something that nobody looks at.
    const bool mayBeRead = name.starts_with("flip_") || kSoundAfterAll.contains(name);
    if (mayBeRead && table.error.empty()) {
      EXPECT_EQ(static_cast<std::int64_t>(table.rows.size()), table.claimedRows);
      continue;
    }
    EXPECT_FALSE(kSoundAfterAll.contains(name));
    EXPECT_TRUE(contains(table.error, name));
    EXPECT_TRUE(contains(table.error, " cannot be read as Parquet: "));
    EXPECT_TRUE(table.error.ends_with(" Fetch it again or write it anew."));
  }
}

/// One sentence that names the file, or all of its rows.
void expectNoHarm(std::string bytes) {
  const ReadTable table = readBytes(std::move(bytes), 0);
  if (table.error.empty()) return;
  EXPECT_TRUE(contains(table.error, "a.parquet cannot be read as Parquet: "));
  EXPECT_EQ(table.error.find('\n'), std::string::npos);
}

TEST_F(ParquetGolden, AFileCutAnywhereIsRefused) {
  for (const auto& path : soundFiles()) {
    SCOPED_TRACE(path.string());
    const std::string bytes = bytesOf(path);
    const std::size_t step = bytes.size() / 50 + 1;
    for (std::size_t size = 0; size < bytes.size(); size += size + 24 < bytes.size() ? step : 1) {
      EXPECT_NE(readBytes(bytes.substr(0, size), 0).error, "") << "cut to " << size;
    }
  }
}

/// Its footer is whole, but what it speaks of has moved or is gone.
TEST_F(ParquetGolden, AFileThatLacksAPartDoesNoHarm) {
  for (const auto& path : soundFiles()) {
    SCOPED_TRACE(path.string());
    const std::string bytes = bytesOf(path);
    const std::size_t step = bytes.size() / 20 + 1;
    for (std::size_t begin = 4; begin < bytes.size(); begin += step) {
      for (const std::size_t size : {std::size_t{1}, std::size_t{7}, step}) {
        std::string part = bytes;
        part.erase(begin, size);
        expectNoHarm(std::move(part));
      }
    }
  }
}

TEST_F(ParquetGolden, FlippedBitsDoNoHarm) {
  std::mt19937 random(7);
  for (const auto& path : soundFiles()) {
    SCOPED_TRACE(path.string());
    const std::string bytes = bytesOf(path);
    for (int round = 0; round < 40; ++round) {
      std::string flipped = bytes;
      for (int i = 0; i < 1 + round % 4; ++i) {
        // Every other round in the last bytes, where most of the footer is.
        const std::size_t span = round % 2 == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 1'000);
        flipped[bytes.size() - 1 - random() % span] ^= static_cast<char>(1U << random() % 8);
      }
      expectNoHarm(std::move(flipped));
    }
  }
}

}  // namespace
}  // namespace rosa::data::parquet
