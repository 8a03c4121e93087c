// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/tensor_reader.h"

#include <fmt/format.h>

#include <cassert>

#include "base/text.h"

namespace rosa::checkpoint {

Status TensorReader::read(std::string_view name, std::span<std::byte> bytes) const {
  const TensorEntry* entry = find(name);
  if (entry == nullptr) {
    return Error{fmt::format("{} has no tensor {}. Check that the file belongs to this model.",
                             base::printable(source()), base::inQuotes(name))};
  }
  assert(bytes.size() == entry->bytes());
  return read(*entry, 0, bytes);
}

}  // namespace rosa::checkpoint
