// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/safetensors_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/atomic_write.h"
#include "base/text.h"

namespace rosa::checkpoint {
namespace {

Error cannotWrite(const std::filesystem::path& path, std::string_view reason) {
  return Error{fmt::format("Could not write {}: {}.", base::printable(path.native()), reason)};
}

std::vector<const TensorToWrite*> officialOrder(std::span<const TensorToWrite> tensors) {
  std::vector<const TensorToWrite*> ordered;
  ordered.reserve(tensors.size());
  for (const auto& tensor : tensors) ordered.push_back(&tensor);
  std::ranges::sort(ordered, [](const TensorToWrite* a, const TensorToWrite* b) {
    return a->dtype != b->dtype ? a->dtype > b->dtype : a->name < b->name;
  });
  return ordered;
}

Expected<SafetensorsHeader> layOut(std::span<const TensorToWrite* const> ordered, const Metadata& metadata,
                                   const std::filesystem::path& path) {
  SafetensorsHeader header;
  header.metadata = metadata;
  header.entries.reserve(ordered.size());
  std::vector<std::string_view> names;
  std::uint64_t begin = 0;
  for (const auto* tensor : ordered) {
    header.entries.push_back({tensor->name, tensor->dtype, tensor->shape, begin, begin + tensor->bytes()});
    begin = header.entries.back().end;
    names.emplace_back(tensor->name);
  }
  std::ranges::sort(names);
  if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) {
    return cannotWrite(path, fmt::format("two tensors are called {}", base::inQuotes(*twice)));
  }
  return header;
}

/// Writes to the file and hashes what it writes.
class HashedFile {
 public:
  explicit HashedFile(base::AtomicFile& file) : file_(file) {}

  Status write(std::span<const std::byte> bytes) {
    hash_.update(bytes);
    written_ += bytes.size();
    return file_.write(bytes);
  }
  [[nodiscard]] std::uint64_t written() const { return written_; }
  [[nodiscard]] base::FileDigest finish() { return {hash_.finish(), written_}; }

 private:
  base::AtomicFile& file_;
  base::Sha256 hash_;
  std::uint64_t written_ = 0;
};

}  // namespace

std::uint64_t TensorToWrite::bytes() const {
  const auto size = tensorBytes(dtype, shape);
  assert(size.has_value() && "a tensor in memory has a size");
  return size.value_or(0);
}

TensorToWrite tensorInMemory(std::string name, Dtype dtype, std::vector<std::int64_t> shape,
                             std::span<const std::byte> data) {
  return {std::move(name), dtype, std::move(shape), [data](const ByteSink& sink) { return sink(data); }};
}

Expected<base::FileDigest> writeSafetensors(base::FileSystem& files, const std::filesystem::path& path,
                                            std::span<const TensorToWrite> tensors, const Metadata& metadata) {
  const auto ordered = officialOrder(tensors);
  ROSA_TRY(const SafetensorsHeader header, layOut(ordered, metadata, path));
  const std::string head = formatSafetensorsHeader(header);
  if (head.size() > kLengthFieldBytes + kLargestHeader) {
    return cannotWrite(path, "the names of its tensors are longer than the format allows");
  }

  const std::uint64_t total = head.size() + (header.entries.empty() ? 0 : header.entries.back().end);
  ROSA_TRY(const std::uint64_t available, files.freeBytes(path));
  if (available < total) {
    return Error{fmt::format("{} takes {}, but only {} are free there. Free some space or choose another place.",
                             base::printable(path.native()), base::formatBytes(total), base::formatBytes(available))};
  }

  ROSA_TRY(base::AtomicFile file, base::AtomicFile::begin(files, path));
  HashedFile out(file);
  ROSA_CHECK(out.write(std::as_bytes(std::span(head))));
  const ByteSink sink = [&out](std::span<const std::byte> bytes) { return out.write(bytes); };
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    ROSA_CHECK(ordered[i]->produce(sink));
    if (out.written() != head.size() + header.entries[i].end) {
      return cannotWrite(path, fmt::format("tensor {} did not have the {} bytes of its shape",
                                           base::inQuotes(ordered[i]->name), ordered[i]->bytes()));
    }
  }
  ROSA_CHECK(file.commit());
  return out.finish();
}

}  // namespace rosa::checkpoint
