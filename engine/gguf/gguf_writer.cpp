// SPDX-License-Identifier: GPL-3.0-or-later
#include "gguf/gguf_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <string_view>
#include <type_traits>

#include "base/atomic_write.h"
#include "base/text.h"
#include "gguf/gguf_file.h"

namespace rosa::gguf {
namespace {

constexpr std::uint32_t kVersion = 3;

std::uint64_t padded(std::uint64_t bytes) {
  return (bytes + kDefaultAlignment - 1) / kDefaultAlignment * kDefaultAlignment;
}

Error cannotWrite(const std::filesystem::path& path, std::string_view reason) {
  return Error{fmt::format("Could not write {}: {}.", base::printable(path.native()), reason)};
}

template <typename T>
void append(std::string& out, T number) {
  static_assert(std::endian::native == std::endian::little && std::is_arithmetic_v<T>);
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}
void append(std::string& out, bool truth) {
  out += truth ? '\1' : '\0';
}
void append(std::string& out, const std::string& text) {
  append(out, static_cast<std::uint64_t>(text.size()));
  out += text;
}
// NOLINTNEXTLINE(misc-no-recursion): as deep as the array is
void append(std::string& out, const Array& array) {
  append(out, static_cast<std::uint32_t>(array.values.index()));
  append(out, static_cast<std::uint64_t>(array.size()));
  std::visit(
      [&out](const auto& list) {  // NOLINT(misc-no-recursion)
        for (const auto& one : list) append(out, static_cast<typename std::decay_t<decltype(list)>::value_type>(one));
      },
      array.values);
}

/// Everything before the data, padded.
std::string headOf(const Metadata& metadata, std::span<const TensorToWrite> tensors) {
  std::string out = "GGUF";
  append(out, kVersion);
  append(out, static_cast<std::uint64_t>(tensors.size()));
  append(out, static_cast<std::uint64_t>(metadata.entries().size()));
  for (const auto& [key, value] : metadata.entries()) {
    append(out, key);
    append(out, static_cast<std::uint32_t>(value.index()));
    std::visit([&out](const auto& one) { append(out, one); }, value);
  }
  std::uint64_t begin = 0;
  for (const auto& tensor : tensors) {
    append(out, tensor.name);
    append(out, static_cast<std::uint32_t>(tensor.dimensions.size()));
    for (const auto dimension : tensor.dimensions) append(out, dimension);
    append(out, static_cast<std::uint32_t>(tensor.type));
    append(out, begin);
    begin += padded(tensor.bytes());
  }
  out.resize(static_cast<std::size_t>(padded(out.size())), '\0');
  return out;
}

Status checkNames(const std::filesystem::path& path, std::span<const TensorToWrite> tensors) {
  std::vector<std::string_view> names;
  for (const auto& tensor : tensors) {
    if (tensor.name.size() > kLongestTensorName) {
      return cannotWrite(path, fmt::format("the name of tensor {} is longer than the {} bytes of the format",
                                           base::inQuotes(tensor.name), kLongestTensorName));
    }
    names.emplace_back(tensor.name);
  }
  std::ranges::sort(names);
  if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) {
    return cannotWrite(path, fmt::format("two tensors are called {}", base::inQuotes(*twice)));
  }
  return {};
}

std::uint64_t dataBytes(std::span<const TensorToWrite> tensors) {
  std::uint64_t bytes = 0;
  for (const auto& tensor : tensors) bytes += padded(tensor.bytes());
  return bytes;
}

}  // namespace

std::uint64_t TensorToWrite::bytes() const {
  const auto size = bytesOf(formatOf(type), dimensions);
  assert(size.has_value() && "its type fits its shape");
  return size.value_or(0);
}

std::uint64_t ggufSize(const Metadata& metadata, std::span<const TensorToWrite> tensors) {
  return headOf(metadata, tensors).size() + dataBytes(tensors);
}

Status writeGguf(base::FileSystem& files, const std::filesystem::path& path, const Metadata& metadata,
                 std::span<const TensorToWrite> tensors) {
  ROSA_CHECK(checkNames(path, tensors));
  const auto head = headOf(metadata, tensors);
  const std::uint64_t total = head.size() + dataBytes(tensors);
  ROSA_TRY(const std::uint64_t available, files.freeBytes(path));
  if (available < total) {
    return Error{fmt::format("{} takes {}, but only {} are free there. Free some space or choose another place.",
                             base::printable(path.native()), base::formatBytes(total), base::formatBytes(available))};
  }
  ROSA_TRY(base::AtomicFile file, base::AtomicFile::begin(files, path));
  ROSA_CHECK(file.write(std::as_bytes(std::span(head))));
  for (const auto& tensor : tensors) {
    std::uint64_t written = 0;
    ROSA_CHECK(tensor.produce([&](std::span<const std::byte> bytes) {
      written += bytes.size();
      return file.write(bytes);
    }));
    if (written != tensor.bytes()) {
      return cannotWrite(path, fmt::format("tensor {} has {} bytes, and its shape needs {}",
                                           base::inQuotes(tensor.name), written, tensor.bytes()));
    }
    const std::string padding(static_cast<std::size_t>(padded(written) - written), '\0');
    ROSA_CHECK(file.write(std::as_bytes(std::span(padding))));
  }
  return file.commit();
}

}  // namespace rosa::gguf
