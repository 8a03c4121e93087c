// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.h"
#include "text/template/meter.h"
#include "text/template/runtime.h"

/// Chat templates in the Jinja that transformers 5.24 runs: jinja2 3.1.6's ImmutableSandboxedEnvironment with
/// trim_blocks, lstrip_blocks, the extension loopcontrols, {% generation %}, and transformers' tojson, raise_exception
/// and strftime_now. Values behave as Python's do.
///
/// What differs: integers have 128 bits, there are no bytes and no complex numbers, `lipsum` and `urlize` are refused.
namespace rosa::text::jinja {

/// Why a template cannot be used, or says no to what it was given.
struct Problem {
  bool whileParsing = false;
  std::string type;  ///< as Python names it; "TemplateError" is the template's own raise_exception
  std::string message;
  int line = 0;  ///< of the template, from 1; 0 where it is not known

  /// "line 3: 'messages' is undefined"
  [[nodiscard]] std::string sentence() const;
};

struct RenderOptions {
  Limits limits;
  Clock clock = systemLocalTime;
};

struct Rendered {
  std::string text;
  /// [begin, end) of what stood in {% generation %}, in code points of the text.
  std::vector<std::pair<std::size_t, std::size_t>> generations;
};

struct Syntax;

/// Parsed once, rendered often. Copies share what was parsed; rendering changes nothing and may run in several threads.
class Template {
 public:
  [[nodiscard]] static std::variant<Template, Problem> parse(std::string_view source);

  /// `variables` is an object; its members are the template's variables.
  [[nodiscard]] std::variant<Rendered, Problem> render(const base::Json& variables,
                                                       const RenderOptions& options = {}) const;
  [[nodiscard]] bool hasGeneration() const;

 private:
  explicit Template(std::shared_ptr<const Syntax> syntax) : syntax_(std::move(syntax)) {}

  std::shared_ptr<const Syntax> syntax_;
};

}  // namespace rosa::text::jinja
