// SPDX-License-Identifier: GPL-3.0-or-later
#include "gguf/head_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace rosa::gguf {

HeadReader::HeadReader(const base::FileReader& file, std::uint64_t limit)
    : file_(file), end_(std::min(file.size(), limit)) {}

Error HeadReader::failure(std::string_view reason) const {
  const auto& [what, name, number] = place_;
  if (number > 0) return Error{fmt::format("{} {} {}", what, number, reason)};
  if (!name.empty()) return Error{fmt::format("{} {} {}", what, base::inQuotes(name), reason)};
  return Error{fmt::format("{} {}", what, reason)};
}

Status HeadReader::fill(std::span<std::byte> bytes) {
  if (bytes.size() > left()) {
    return failure(fmt::format("needs {} bytes, but only {} are left", bytes.size(), left()));
  }
  while (!bytes.empty()) {
    if (used_ == window_.size()) {
      constexpr std::uint64_t kWindow = 1U << 20;
      windowBegin_ += window_.size();
      window_.resize(static_cast<std::size_t>(std::min(kWindow, end_ - windowBegin_)));
      used_ = 0;
      ROSA_CHECK(file_.readAt(windowBegin_, window_));
    }
    const auto count = std::min(bytes.size(), window_.size() - used_);
    std::memcpy(bytes.data(), window_.data() + used_, count);
    used_ += count;
    bytes = bytes.subspan(count);
  }
  return {};
}

Status HeadReader::fits(std::uint64_t count, std::uint64_t least) const {
  if (count <= left() / least) return {};
  return failure(fmt::format("counts {}, more than the {} bytes that are left can hold", count, left()));
}

Expected<std::string> HeadReader::text(std::uint64_t longest) {
  ROSA_TRY(const auto length, number<std::uint64_t>());
  if (length > left()) return failure(fmt::format("claims {} bytes, but only {} are left", length, left()));
  if (length > longest) {
    return failure(fmt::format("has {} bytes, more than the {} of the format", length, longest));
  }
  std::string text(static_cast<std::size_t>(length), '\0');
  ROSA_CHECK(fill(std::as_writable_bytes(std::span(text))));
  if (!base::isUtf8(text)) return failure("is not UTF-8");
  return text;
}

}  // namespace rosa::gguf
