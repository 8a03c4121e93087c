// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "support/golden.h"

/// resources/guide/right.md names the tests that its claims rest on: each of them must be there, in the program named.
namespace {

namespace fs = std::filesystem;

std::string textOf(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

template <typename Found>
void forEachMatch(const std::string& text, const std::regex& pattern, Found found) {
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) found(*match);
}

/// "Suite.Name" of every test, and the programs that its file is compiled into.
std::map<std::string, std::set<std::string>> testsAndPrograms() {
  static const std::regex program(R"(rosa_(?:ui_)?test\((\w+)([^)]*)\))");
  static const std::regex test(R"((?:^|\n)TEST(?:_F|_P)?\((\w+), (\w+)\))");
  static const std::regex source(R"([\w/.]+\.cpp)");
  std::map<std::string, std::set<std::string>> all;
  for (const auto& entry : fs::recursive_directory_iterator(rosa::test::sourceDirectory() / "tests")) {
    if (entry.path().filename() != "CMakeLists.txt") continue;
    forEachMatch(textOf(entry.path()), program, [&](const std::smatch& made) {
      forEachMatch(made[2], source, [&](const std::smatch& file) {
        forEachMatch(textOf(entry.path().parent_path() / file.str()), test,
                     [&](const std::smatch& one) { all[one[1].str() + "." + one[2].str()].insert(made[1]); });
      });
    });
  }
  return all;
}

TEST(RightPage, EveryTestThatItNamesIsInTheProgramThatItNames) {
  static const std::regex word(R"(`(\w+_(?:test|golden|e2e))`|\b([A-Z]\w+)\.([A-Z]\w+))");
  const auto tests = testsAndPrograms();
  const auto page = textOf(rosa::test::sourceDirectory() / "resources" / "guide" / "right.md");
  std::string program;
  int named = 0;
  forEachMatch(page, word, [&](const std::smatch& match) {
    if (match[1].matched) {
      program = match[1];
      return;
    }
    const auto name = match[2].str() + "." + match[3].str();
    if (name == "Suite.Name") return;  // the pattern of the command
    ++named;
    const auto found = tests.find(name);
    if (found == tests.end()) {
      ADD_FAILURE() << "there is no test " << name;
    } else {
      EXPECT_TRUE(found->second.contains(program)) << name << " is not in " << program;
    }
  });
  EXPECT_GE(named, 30) << "the page was not read";
}

}  // namespace
