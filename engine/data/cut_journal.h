// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/file_lock.h"

namespace rosa::data {

/// What the pieces of a data file were cut into so far, in a file of its own: a reading that is stopped or killed
/// leaves it, and the next one of the same key asks it first. Each piece is a record with its length and its CRC-32, so
/// that what a crash or a power cut left half-written ends the journal and harms nothing. Used by one thread; one
/// program at a time has it.
class CutJournal {
 public:
  /// None where another program has it, or the file cannot be made. One of another key begins anew.
  [[nodiscard]] static std::optional<CutJournal> open(const std::filesystem::path& path, const std::string& key);

  /// The record of the next piece; none when all were given: from there on records are to be added, in the order of the
  /// pieces.
  [[nodiscard]] std::optional<std::vector<std::byte>> next();
  /// Where it cannot be written, the journal ends there.
  void add(std::span<const std::byte> record);
  /// Nothing is left to go on with.
  void remove();

 private:
  CutJournal(std::filesystem::path path, base::FileLock file) : path_(std::move(path)), file_(std::move(file)) {}
  void begin(const std::string& key);
  [[nodiscard]] bool read(std::span<std::byte> bytes);

  std::filesystem::path path_;
  base::FileLock file_;
  std::uint64_t size_ = 0;  ///< bytes
  std::uint64_t at_ = 0;    ///< where the next record is read or written
  bool reading_ = true;     ///< false: what follows is added
  bool broken_ = false;     ///< could not be written
};

}  // namespace rosa::data
