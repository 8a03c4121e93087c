// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/template/filters.h"

namespace rosa::text::jinja {

Filter findFilter(std::string_view name) {
  if (auto* filter = findTextFilter(name)) return filter;
  if (auto* filter = findSequenceFilter(name)) return filter;
  return findNumberFilter(name);
}

}  // namespace rosa::text::jinja
