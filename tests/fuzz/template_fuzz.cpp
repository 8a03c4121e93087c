// SPDX-License-Identifier: GPL-3.0-or-later
#include <variant>

#include "base/text.h"
#include "fuzz/fuzz_input.h"
#include "text/template/template.h"

/// The input is a template; it is rendered with a conversation that has a bit of everything.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosa;
  using namespace rosa::text::jinja;
  static const base::Json kVariables = {
      {"messages",
       {{{"role", "system"}, {"content", "S\n"}},
        {{"role", "user"}, {"content", "naïve 你好"}},
        {{"role", "assistant"},
         {"content", " A "},
         {"tool_calls", {{{"name", "f"}, {"arguments", {{"x", nullptr}}}}}}}}},
      {"tools", {{{"type", "function"}, {"function", {{"name", "f"}, {"parameters", base::Json::object()}}}}}},
      {"documents", nullptr},
      {"bos_token", "<s>"},
      {"eos_token", "</s>"},
      {"add_generation_prompt", true},
      {"n", 7},
      {"f", 2.5}};
  RenderOptions options;
  options.limits = {.steps = 200'000,
                    .bytes = 16U << 20U,
                    .output = 1U << 20U,
                    .depth = 400,
                    .time = std::chrono::milliseconds(5000)};
  options.clock = [] { return LocalTime{2025, 3, 14, 9, 26, 53, 0}; };
  const auto parsed = Template::parse(fuzz::asText(data, size));
  if (const auto* problem = std::get_if<Problem>(&parsed)) {
    fuzz::require(!problem->type.empty() && problem->whileParsing, "a fault has a kind");
    return 0;
  }
  const auto& made = std::get<Template>(parsed);
  const auto result = made.render(kVariables, options);
  if (const auto* problem = std::get_if<Problem>(&result)) {
    fuzz::require(!problem->type.empty() && problem->line > 0, "a fault has a kind and a line");
    return 0;
  }
  const auto& rendered = std::get<Rendered>(result);
  fuzz::require(rendered.text.size() <= options.limits.output, "the text keeps its limit");
  for (const auto& [begin, end] : rendered.generations)
    fuzz::require(begin <= end, "a span does not end before it begins");
  const auto again = made.render(kVariables, options);
  fuzz::require(std::holds_alternative<Rendered>(again) && std::get<Rendered>(again).text == rendered.text,
                "a template renders alike each time");
  return 0;
}
