// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/template.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace {

using rosa::base::Json;
using rosa::text::jinja::Limits;
using rosa::text::jinja::Problem;
using rosa::text::jinja::Rendered;
using rosa::text::jinja::RenderOptions;
using rosa::text::jinja::Template;

std::variant<Rendered, Problem> render(const std::string& source, const Json& variables = Json::object(),
                                       const RenderOptions& options = {}) {
  const auto parsed = Template::parse(source);
  if (const auto* problem = std::get_if<Problem>(&parsed)) return *problem;
  return std::get<Template>(parsed).render(variables, options);
}

std::string text(const std::string& source, const Json& variables = Json::object()) {
  const auto result = render(source, variables);
  if (const auto* problem = std::get_if<Problem>(&result)) return "refused: " + problem->sentence();
  return std::get<Rendered>(result).text;
}

Problem refusal(const std::string& source, const Json& variables = Json::object(), const RenderOptions& options = {}) {
  const auto result = render(source, variables, options);
  if (const auto* problem = std::get_if<Problem>(&result)) return *problem;
  ADD_FAILURE() << source << " rendered " << std::get<Rendered>(result).text.size() << " bytes";
  return {};
}

TEST(Template, AnErrorNamesTheLineOfTheTemplate) {
  EXPECT_EQ(text("a\nb {{ missing.name }}"), "refused: line 2: 'missing' is undefined");
  EXPECT_EQ(
      text("a\n\n{% if true %}"),
      "refused: line 3: Unexpected end of template. Jinja was looking for the following tags: 'elif' or 'else' or "
      "'endif'. The innermost block that needs to be closed is 'if'.");
  EXPECT_EQ(text("{% macro m() %}\n{{ raise_exception('no') }}{% endmacro %}\n\n{{ m() }}"), "refused: line 2: no");
}

TEST(Template, TheSameTemplateRendersOftenAndAlike) {
  const auto parsed =
      Template::parse("{% set ns = namespace(n=0) %}{% for x in xs %}{% set ns.n = ns.n + x %}{% endfor %}{{ ns.n }}");
  const auto& made = std::get<Template>(parsed);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(std::get<Rendered>(made.render({{"xs", {1, 2, i}}})).text, std::to_string(3 + i));
  }
}

TEST(Template, GenerationBlocksAreSpansInCodePoints) {
  const auto result = render("é{% generation %}äb{% endgeneration %}-{% generation %}{% endgeneration %}");
  const auto& rendered = std::get<Rendered>(result);
  EXPECT_EQ(rendered.text, "éäb-");
  const std::vector<std::pair<std::size_t, std::size_t>> wanted = {{1, 3}, {4, 4}};
  EXPECT_EQ(rendered.generations, wanted);
}

// ---- a template is a program that nobody has checked ----

TEST(TemplateBounds, LoopsThatDoNotEndAreStopped) {
  RenderOptions options;
  options.limits.steps = 100'000;
  const std::string loops =
      "{% for a in range(100000) %}{% for b in range(100000) %}{% for c in range(100000) %}{% endfor %}{% endfor %}"
      "{% endfor %}";
  EXPECT_EQ(refusal(loops, Json::object(), options).type, "LimitError");
  options.limits.steps = ~std::uint64_t{0};
  options.limits.time = std::chrono::milliseconds(50);
  EXPECT_EQ(refusal(loops, Json::object(), options).message, "the template takes too long");
}

TEST(TemplateBounds, MacrosThatCallThemselvesAreStopped) {
  EXPECT_EQ(refusal("{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}").type, "RecursionError");
  EXPECT_EQ(refusal("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}").type, "RecursionError");
  EXPECT_EQ(text("{% macro m(n) %}{{ n }}{% if n > 0 %},{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(100) }}").size(),
            293U);
}

TEST(TemplateBounds, TextsThatGrowWithoutEndAreStopped) {
  RenderOptions small;
  small.limits.bytes = std::uint64_t{16} << 20;
  EXPECT_EQ(refusal("{{ 'x' * 99999999999 }}", Json::object(), small).type, "LimitError");
  EXPECT_EQ(refusal("{{ [1] * 99999999999 }}", Json::object(), small).type, "LimitError");
  EXPECT_EQ(refusal("{{ 'x' | center(99999999999) }}", Json::object(), small).type, "LimitError");
  EXPECT_EQ(refusal("{{ 'x'.ljust(99999999999) }}", Json::object(), small).type, "LimitError");
  EXPECT_EQ(refusal("{{ 'x'.zfill(99999999999) }}", Json::object(), small).type, "LimitError");
  EXPECT_EQ(refusal("{{ '%99999999999d' % 1 }}", Json::object(), small).type, "ValueError");
  EXPECT_EQ(refusal("{{ '{:99999999999}'.format(1) }}", Json::object(), small).type, "ValueError");
  EXPECT_EQ(refusal("{% set ns = namespace(s='ab') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
                    Json::object(), small)
                .type,
            "LimitError");
  RenderOptions options;
  options.limits.output = 1000;
  EXPECT_EQ(refusal("{% for i in range(2000) %}x{% endfor %}", Json::object(), options).message,
            "the rendered text is too long");
}

TEST(TemplateBounds, DeepNestingIsRefusedInTheTemplateAndInItsValues) {
  EXPECT_EQ(refusal("{{ " + std::string(5000, '(') + "1" + std::string(5000, ')') + " }}").type, "SyntaxError");
  EXPECT_EQ(refusal("{{ " + std::string(5000, '-') + "1 }}").type, "SyntaxError");
  std::string sum = "{{ 1", filters = "{{ 1", ifs;
  for (int i = 0; i < 5000; ++i) {
    sum += " + 1";
    filters += " | int";
    ifs += "{% if 1 %}";
  }
  EXPECT_EQ(refusal(sum + " }}").type, "SyntaxError");
  EXPECT_EQ(refusal(filters + " }}").type, "SyntaxError");
  EXPECT_EQ(refusal(ifs).type, "SyntaxError");
  EXPECT_EQ(
      refusal("{% set ns = namespace(v=[]) %}{% for i in range(99999) %}{% set ns.v = [ns.v] %}{% endfor %}").type,
      "RecursionError");
  EXPECT_EQ(
      refusal(
          "{% set ns = namespace(v=[]) %}{% for i in range(99999) %}{% set ns.v = ns.v | map('upper') %}{% endfor %}")
          .type,
      "RecursionError");
  EXPECT_EQ(refusal("{% set ns = namespace() %}{% set ns.self = ns %}{{ ns }}").type, "RecursionError");
}

TEST(TemplateBounds, IntegersBeyond128BitsAreRefused) {
  EXPECT_EQ(text("{{ 2 ** 100 }}"), "1267650600228229401496703205376");
  EXPECT_EQ(refusal("{{ 2 ** 200 }}").type, "OverflowError");
  EXPECT_EQ(refusal("{{ 99 ** 99999999999 }}").type, "OverflowError");
  EXPECT_EQ(refusal("{{ ('1' * 60) | int }}").type, "OverflowError");
  EXPECT_EQ(refusal("{{ 1e300 | int }}").type, "OverflowError");
}

}  // namespace
