// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <vector>

#include "base/json.h"

/// Folders of odd and hostile files with a verdict on each, for tests that take them one by one.
namespace rosa::test {

struct BadFile {
  std::string name;
  base::Json facts;
  friend void PrintTo(const BadFile& shown, std::ostream* out) { *out << shown.name; }
};

inline std::vector<base::Json> jsonLines(const std::filesystem::path& file) {
  std::vector<base::Json> all;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) all.push_back(base::Json::parse(line));
  return all;
}

/// Those that the folder's manifest.jsonl names; none where there is no such folder.
inline std::vector<BadFile> badFiles(const std::filesystem::path& folder) {
  std::vector<BadFile> files;
  for (auto& facts : jsonLines(folder / "manifest.jsonl")) files.push_back({facts.at("file"), facts});
  return files;
}

/// A text as a part of a test's name.
inline std::string identifier(std::string text) {
  for (auto& character : text) {
    if (std::isalnum(static_cast<unsigned char>(character)) == 0) character = '_';
  }
  return text;
}

}  // namespace rosa::test
