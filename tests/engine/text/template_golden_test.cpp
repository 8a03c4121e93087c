// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <variant>

#include "base/file.h"
#include "base/json.h"
#include "support/golden.h"
#include "text/template/template.h"

/// Small templates against what transformers' sandboxed environment made of them.
namespace {

namespace fs = std::filesystem;
using rosa::base::Json;
using rosa::text::jinja::Problem;
using rosa::text::jinja::Rendered;
using rosa::text::jinja::RenderOptions;
using rosa::text::jinja::Template;

constexpr rosa::base::JsonLimits kLimits{.bytes = std::uint64_t{64} << 20, .depth = 64};

RenderOptions clockOfSnippets() {
  RenderOptions options;
  options.clock = [] { return rosa::text::jinja::LocalTime{2025, 3, 14, 9, 26, 53, 0}; };
  return options;
}

Json asJson(const Problem& problem) {
  return {{"phase", problem.whileParsing ? "parse" : "render"}, {"type", problem.type}, {"message", problem.message}};
}

/// {"expected": text} or {"error": {...}}, as the files have it.
Json outcome(const std::string& source, const Json& variables) {
  const auto parsed = Template::parse(source);
  if (const auto* problem = std::get_if<Problem>(&parsed)) return {{"error", asJson(*problem)}};
  const auto rendered = std::get<Template>(parsed).render(variables, clockOfSnippets());
  if (const auto* problem = std::get_if<Problem>(&rendered)) return {{"error", asJson(*problem)}};
  const auto& result = std::get<Rendered>(rendered);
  return {{"expected", result.text}, {"spans", result.generations}};
}

void expectSnippets(const fs::path& path) {
  if (!fs::exists(path)) GTEST_SKIP() << path << " is not there";
  const auto file = rosa::base::readJsonFile(rosa::base::FileSystem::real(), path, kLimits);
  ASSERT_TRUE(file) << file.error().message;
  const auto& cases = (*file)["cases"];
  ASSERT_GT(cases.size(), 100U);
  for (const auto& example : cases) {
    auto wanted = example;
    wanted.erase("i");
    wanted.erase("template");
    auto got = outcome(example["template"].get<std::string>(), (*file)["vars"]);
    if (!wanted.contains("spans")) got.erase("spans");
    EXPECT_EQ(got, wanted) << example["template"];
  }
}

TEST(TemplateGolden, EverySnippetOfTransformersSandboxRendersOrIsRefusedAlike) {
  expectSnippets(rosa::test::goldenDirectory() / "chat" / "jinja-snippets.json");
}

// Made with transformers 5.24.0 on the same variables: what the larger file leaves out.
TEST(TemplateGolden, EverySnippetOfOurOwnRendersOrIsRefusedAlike) {
  expectSnippets(rosa::test::sourceDirectory() / "tests" / "golden" / "templates-small" / "snippets.json");
}

}  // namespace
