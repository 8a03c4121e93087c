// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/template.h"

#include <optional>

#include "base/text.h"

#include "text/template/failure.h"
#include "text/template/functions.h"
#include "text/template/interpreter.h"
#include "text/template/parser.h"

namespace rosa::text::jinja {
namespace {

Problem problemFrom(const Failure& failure, bool whileParsing) {
  return {whileParsing, failure.type, failure.message, failure.line};
}

}  // namespace

std::string Problem::sentence() const {
  const auto place = line > 0 ? "line " + std::to_string(line) + ": " : std::string();
  return place + (message.empty() ? type : message);
}

std::variant<Template, Problem> Template::parse(std::string_view source) {
  if (!base::isUtf8(source)) return Problem{true, "UnicodeDecodeError", "the template is not UTF-8", 0};
  try {
    return Template(std::make_shared<const Syntax>(jinja::parse(source)));
  } catch (const Failure& failure) {
    return problemFrom(failure, true);
  }
}

std::variant<Rendered, Problem> Template::render(const base::Json& variables, const RenderOptions& options) const {
  Runtime runtime(options.limits, options.clock);
  try {
    std::vector<std::optional<Value>> names;
    for (const auto& name : syntax_->names) {
      const auto given = variables.find(name);
      names.push_back(given != variables.end() ? std::optional(fromJson(*given)) : globalFunction(name));
    }
    Interpreter interpreter(*syntax_, runtime, std::move(names));
    Rendered rendered;
    rendered.text = interpreter.run();
    rendered.generations = interpreter.generations();
    return rendered;
  } catch (const Failure& failure) {
    return problemFrom(failure, false);
  }
}

bool Template::hasGeneration() const {
  return syntax_->hasGeneration;
}

}  // namespace rosa::text::jinja
