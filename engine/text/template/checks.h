// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "text/template/syntax.h"

namespace rosa::text::jinja {

/// What Jinja finds while it compiles: filters and tests that do not exist (outside of conditions), blocks of one name,
/// `loop` as a target, jumps outside a loop. Throws a Failure. Fills in which special names each macro uses.
void checkAndComplete(Syntax& syntax);

}  // namespace rosa::text::jinja
