// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fmt/format.h>

#include <exception>
#include <new>
#include <string>
#include <utility>

#include "rosa/expected.h"

namespace rosa::service {

/// The first line of what LibTorch or the standard library threw, as a sentence.
[[nodiscard]] inline std::string whatWasThrown(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    return "There is not enough memory. Choose a smaller batch, max-length or model.";
  }
  const std::string text = error.what();
  return text.substr(0, text.find('\n'));
}

/// Runs `work`, which returns an Expected; what LibTorch throws becomes its error. The one catch of each service call.
template <typename Work>
auto guarded(Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception& error) {
    return Error{whatWasThrown(error)};
  }
}

}  // namespace rosa::service
