// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "rosa/runs.h"

namespace rosa {
namespace {

bool isHostCharacter(char character) {
  const bool letter = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
  const bool digit = character >= '0' && character <= '9';
  return letter || digit || std::string_view("._-:").find(character) != std::string_view::npos;
}

bool isHostPart(std::string_view part) {
  return !part.empty() && part.front() != '-' && std::ranges::all_of(part, isHostCharacter);
}

}  // namespace

Status checkHostName(std::string_view name) {
  const auto at = name.find('@');
  const bool right = at == std::string_view::npos ? isHostPart(name)
                                                  : isHostPart(name.substr(0, at)) && isHostPart(name.substr(at + 1));
  constexpr std::size_t kLongest = 255;
  if (right && name.size() <= kLongest) return {};
  return Error{
      fmt::format("{} is no name of a host. Write it as ssh takes it, NAME or USER@NAME; ports and keys belong "
                  "into ssh's own configuration.",
                  base::inQuotes(name))};
}

}  // namespace rosa
