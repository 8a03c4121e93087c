// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/cut_journal.h"

#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <string_view>
#include <system_error>

namespace rosa::data {
namespace {

/// Its number rises whenever a piece or what it is cut into is divided or written otherwise.
constexpr std::string_view kJournalMagic = "ROSACUT1";

struct RecordHead {
  std::uint32_t size = 0, checksum = 0;
};

std::uint32_t checksumOf(std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(::crc32_z(0, nullptr, 0), reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

bool writeAll(int file, std::span<const std::byte> bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const auto count = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return true;
}

}  // namespace

std::optional<CutJournal> CutJournal::open(const std::filesystem::path& path, const std::string& key) {
  auto lock = base::FileLock::tryTake(path);
  if (!lock || !*lock) return std::nullopt;
  CutJournal journal(path, **std::move(lock));
  std::error_code problem;
  journal.size_ = std::filesystem::file_size(path, problem);
  if (problem) return std::nullopt;
  journal.begin(std::string(kJournalMagic) + key);
  return journal;
}

void CutJournal::begin(const std::string& key) {
  std::string found(key.size(), ' ');
  if (read(std::as_writable_bytes(std::span(found))) && found == key) return;
  reading_ = false;
  at_ = key.size();
  broken_ = ::ftruncate(file_.descriptor(), 0) != 0 || !writeAll(file_.descriptor(), std::as_bytes(std::span(key)), 0);
}

bool CutJournal::read(std::span<std::byte> bytes) {
  if (bytes.size() > size_ - at_) return false;
  while (!bytes.empty()) {
    const auto count = ::pread(file_.descriptor(), bytes.data(), bytes.size(), static_cast<off_t>(at_));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    at_ += static_cast<std::uint64_t>(count);
  }
  return true;
}

std::optional<std::vector<std::byte>> CutJournal::next() {
  if (!reading_) return std::nullopt;
  const auto begin = at_;
  RecordHead head;
  if (read(std::as_writable_bytes(std::span(&head, 1))) && head.size <= size_ - at_) {
    std::vector<std::byte> record(head.size);
    if (read(record) && checksumOf(record) == head.checksum) return record;
  }
  reading_ = false;
  at_ = begin;
  broken_ = ::ftruncate(file_.descriptor(), static_cast<off_t>(at_)) != 0;
  return std::nullopt;
}

void CutJournal::add(std::span<const std::byte> record) {
  if (reading_ || broken_) return;
  const RecordHead head{static_cast<std::uint32_t>(record.size()), checksumOf(record)};
  broken_ = head.size != record.size() || !writeAll(file_.descriptor(), std::as_bytes(std::span(&head, 1)), at_) ||
            !writeAll(file_.descriptor(), record, at_ + sizeof head);
  at_ += sizeof head + record.size();
}

void CutJournal::remove() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

}  // namespace rosa::data
