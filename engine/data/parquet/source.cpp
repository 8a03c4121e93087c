// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/parquet/source.h"

#include <fmt/format.h>

#include <span>

#include "base/text.h"

namespace rosa::data::parquet {

Status Source::read(std::uint64_t offset, std::size_t size, std::string& bytes) const {
  bytes.resize(size);
  return file_->readAt(offset, std::as_writable_bytes(std::span(bytes)));
}

Error Source::fault(std::string_view reason) const {
  return Error{fmt::format("{} cannot be read as Parquet: {}. Fetch it again or write it anew.", base::printable(name_),
                           reason)};
}

}  // namespace rosa::data::parquet
