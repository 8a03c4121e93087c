// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "base/text.h"

namespace rosa::checkpoint {
namespace {

std::uint64_t littleEndian(std::span<const std::byte, kLengthFieldBytes> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  return value;
}

/// What people have in hand when it is not a safetensors file; nothing if unknown.
std::string_view recognise(std::span<const std::byte, kLengthFieldBytes> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("version ")) return "a Git LFS pointer instead of the file itself; run `git lfs pull`";
  if (text.starts_with("GGUF")) return "a GGUF file; name it itself as the model";
  if (text.starts_with("PK\x03\x04") || text.starts_with("\x80")) {
    return "a PyTorch pickle, which could run code when read; convert it to safetensors first";
  }
  if (text.starts_with("<!") || text.starts_with("<h")) return "a web page; fetch the file itself";
  if (text.starts_with("{")) return "JSON text; name the .safetensors file";
  return {};
}

Error notSafetensors(const std::filesystem::path& path, std::string_view reason) {
  return Error{fmt::format("{} is not a safetensors file: {}. Fetch or export it again.",
                           base::printable(path.native()), reason)};
}

}  // namespace

SafetensorsFile::SafetensorsFile(std::filesystem::path path, std::unique_ptr<base::FileReader> file,
                                 SafetensorsHeader header, std::uint64_t dataBegin)
    : path_(std::move(path)),
      file_(std::move(file)),
      header_(std::make_unique<const SafetensorsHeader>(std::move(header))),
      dataBegin_(dataBegin) {
  entries_.reserve(header_->entries.size());
  for (const auto& entry : header_->entries) entries_.push_back(&entry);
  byName_ = entries_;
  std::ranges::sort(byName_, {}, &TensorEntry::name);
}

Expected<SafetensorsFile> SafetensorsFile::open(base::FileSystem& files, std::filesystem::path path) {
  ROSA_TRY(auto file, files.open(path));
  if (file->size() < kLengthFieldBytes) {
    return notSafetensors(path, fmt::format("it has only {} bytes", file->size()));
  }
  std::array<std::byte, kLengthFieldBytes> lengthField{};
  ROSA_CHECK(file->readAt(0, lengthField));
  const std::uint64_t length = littleEndian(lengthField);
  const std::uint64_t rest = file->size() - kLengthFieldBytes;
  if (length > kLargestHeader || length > rest) {
    if (const auto known = recognise(lengthField); !known.empty()) {
      return Error{fmt::format("{} is {}.", base::printable(path.native()), known)};
    }
    if (length > kLargestHeader) {
      return notSafetensors(
          path, fmt::format("it claims a header of {} bytes, more than the {} of the format", length, kLargestHeader));
    }
    return notSafetensors(path, fmt::format("it claims a header of {} bytes, but only {} follow", length, rest));
  }

  std::string json(static_cast<std::size_t>(length), '\0');
  ROSA_CHECK(file->readAt(kLengthFieldBytes, std::as_writable_bytes(std::span(json))));
  ROSA_TRY(SafetensorsHeader header, parseSafetensorsHeader(json, rest - length, path.native()));
  return SafetensorsFile(std::move(path), std::move(file), std::move(header), kLengthFieldBytes + length);
}

const TensorEntry* SafetensorsFile::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(byName_, name, {}, &TensorEntry::name);
  return found != byName_.end() && (*found)->name == name ? *found : nullptr;
}

Status SafetensorsFile::read(const TensorEntry& entry, std::uint64_t offset, std::span<std::byte> bytes) const {
  assert(offset <= entry.bytes() && bytes.size() <= entry.bytes() - offset);
  return file_->readAt(dataBegin_ + entry.begin + offset, bytes);
}

}  // namespace rosa::checkpoint
