// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cassert>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "base/file.h"
#include "base/text.h"

namespace rosa::base {

namespace {

/// Pages that a look at one byte may bring: the kernel maps what it has of the neighbourhood too.
constexpr std::size_t kNeighbourhood = std::size_t{128} << 10U;
/// Beyond this the pages are given back. They stay in the system's cache.
constexpr std::size_t kMostTouched = std::size_t{16} << 20U;

}  // namespace

Expected<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return fileError("open", path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return fileError("open", path, EINVAL);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size == 0) return MappedFile(path, std::move(file), nullptr, 0);
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
  if (data == MAP_FAILED) return fileError("read", path, errno);
  ::madvise(data, size, MADV_RANDOM);  // a hint
  return MappedFile(path, std::move(file), static_cast<std::byte*>(data), size);
}

MappedFile::MappedFile(std::filesystem::path path, Descriptor file, std::byte* data, std::uint64_t size)
    : path_(std::move(path)), file_(std::move(file)), data_(data), size_(size) {}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::move(other.file_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(other.size_) {}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

std::span<const std::byte> MappedFile::bytes(std::uint64_t offset, std::size_t count) const {
  assert(offset <= size_ && count <= size_ - offset);
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0 || static_cast<std::uint64_t>(status.st_size) < size_) {
    throw std::runtime_error(fmt::format(
        "{} became shorter while it was in use. Start again; what it holds is made anew.", printable(path_.native())));
  }
  touched_ += count + kNeighbourhood;
  if (touched_ > kMostTouched) {
    ::madvise(data_, size_, MADV_DONTNEED);  // of a file's pages only the mapping is lost
    touched_ = count + kNeighbourhood;
  }
  return {data_ + offset, count};
}

}  // namespace rosa::base
