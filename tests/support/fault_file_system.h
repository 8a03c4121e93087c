// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "base/file.h"

namespace rosa::test {

/// The real files, of which one operation fails. Opening, reading, creating, writing, syncing, renaming and making
/// folders count; removing does not, because it is how a failed operation is cleaned up.
class FaultFileSystem final : public base::FileSystem {
 public:
  enum class Fault {
    DiskFull,    ///< ENOSPC
    ReadWrite,   ///< EIO
    ShortWrite,  ///< half of the bytes arrive, then ENOSPC; like DiskFull where nothing is written
    Crash,       ///< this operation and all later ones fail, removing included, as if the process had been killed
  };

  FaultFileSystem() = default;
  FaultFileSystem(std::int64_t failingOperation, Fault fault) : failing_(failingOperation), fault_(fault) {}

  /// How many have been asked for.
  [[nodiscard]] std::int64_t operations() const { return operations_; }
  /// Lets every disk look like one with so much space left.
  void pretendFreeBytes(std::uint64_t bytes) { freeBytes_ = bytes; }

  Expected<std::unique_ptr<base::FileReader>> open(const std::filesystem::path& path) override {
    ROSA_CHECK(step("open", path));
    ROSA_TRY(auto reader, real_.open(path));
    return std::unique_ptr<base::FileReader>(std::make_unique<Reader>(*this, std::move(reader), path));
  }
  Expected<std::unique_ptr<base::FileWriter>> create(const std::filesystem::path& path) override {
    ROSA_CHECK(step("create", path));
    ROSA_TRY(auto writer, real_.create(path));
    return std::unique_ptr<base::FileWriter>(std::make_unique<Writer>(*this, std::move(writer), path));
  }
  Status createFolders(const std::filesystem::path& path) override {
    ROSA_CHECK(step("create", path));
    return real_.createFolders(path);
  }
  Status rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    ROSA_CHECK(step("replace", to));
    return real_.rename(from, to);
  }
  Status exchange(const std::filesystem::path& a, const std::filesystem::path& b) override {
    ROSA_CHECK(step("replace", b));
    return real_.exchange(a, b);
  }
  Status sync(const std::filesystem::path& path) override {
    ROSA_CHECK(step("write", path));
    return real_.sync(path);
  }
  Status remove(const std::filesystem::path& path) override {
    if (crashed()) return base::fileError("remove", path, EIO);
    return real_.remove(path);
  }
  Expected<std::uint64_t> freeBytes(const std::filesystem::path& path) override {
    if (freeBytes_) return *freeBytes_;
    return real_.freeBytes(path);
  }

 private:
  class Reader final : public base::FileReader {
   public:
    Reader(FaultFileSystem& owner, std::unique_ptr<base::FileReader> real, std::filesystem::path path)
        : owner_(owner), real_(std::move(real)), path_(std::move(path)) {}
    std::uint64_t size() const override { return real_->size(); }
    Status readAt(std::uint64_t offset, std::span<std::byte> bytes) const override {
      ROSA_CHECK(owner_.step("read", path_));
      return real_->readAt(offset, bytes);
    }

   private:
    FaultFileSystem& owner_;
    std::unique_ptr<base::FileReader> real_;
    std::filesystem::path path_;
  };

  class Writer final : public base::FileWriter {
   public:
    Writer(FaultFileSystem& owner, std::unique_ptr<base::FileWriter> real, std::filesystem::path path)
        : owner_(owner), real_(std::move(real)), path_(std::move(path)) {}
    Status write(std::span<const std::byte> bytes) override {
      if (auto status = owner_.step("write", path_); !status) {
        if (owner_.fault_ == Fault::ShortWrite) static_cast<void>(real_->write(bytes.first(bytes.size() / 2)));
        return status;
      }
      return real_->write(bytes);
    }
    Status sync() override {
      ROSA_CHECK(owner_.step("write", path_));
      return real_->sync();
    }

   private:
    FaultFileSystem& owner_;
    std::unique_ptr<base::FileWriter> real_;
    std::filesystem::path path_;
  };

  [[nodiscard]] bool crashed() const { return fault_ == Fault::Crash && operations_ > failing_; }

  Status step(std::string_view operation, const std::filesystem::path& path) {
    const std::int64_t number = operations_++;
    if (number != failing_ && !crashed()) return {};
    const bool full = fault_ == Fault::DiskFull || fault_ == Fault::ShortWrite;
    return base::fileError(operation, path, full ? ENOSPC : EIO);
  }

  base::FileSystem& real_ = base::FileSystem::real();
  std::int64_t failing_ = INT64_MAX;
  Fault fault_ = Fault::DiskFull;
  std::int64_t operations_ = 0;
  std::optional<std::uint64_t> freeBytes_;
};

}  // namespace rosa::test
