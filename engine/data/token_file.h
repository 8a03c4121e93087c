// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/atomic_write.h"
#include "base/file.h"
#include "base/known_digests.h"
#include "base/sha256.h"
#include "data/example_sink.h"
#include "data/examples.h"
#include "rosa/expected.h"

/// The format of a token store's files, numbers with the lowest byte first: "ROSATOK2", the key, the examples one after
/// another, a number for each that tells its length, what a set tells of itself, where that begins, and the SHA-256 of
/// all before it.
namespace rosa::data {

/// Writes the examples as they come; of each only a number stays in memory. Destroyed without `finish` it leaves
/// nothing.
class TokenFileWriter final : public ExampleSink {
 public:
  /// `key` has 64 characters.
  [[nodiscard]] static Expected<TokenFileWriter> begin(base::FileSystem& files, const std::filesystem::path& path,
                                                       const std::string& key);
  /// Asked at the end: false leaves no file, and the examples can be read all the same.
  void keepIf(std::function<bool()> wanted) { wanted_ = std::move(wanted); }
  /// Where the file's digest is noted, so that it need not be computed to believe the file.
  void noteIn(const base::KnownDigests& known) { known_ = known; }
  /// Whether the file could not be written.
  [[nodiscard]] bool failed() const { return !status_; }

  [[nodiscard]] Status add(Example example) override;
  [[nodiscard]] Expected<ExampleStore> finish(const ExampleSet& facts, std::vector<std::int32_t> classes) override;

 private:
  TokenFileWriter(base::AtomicFile file, std::filesystem::path path) : file_(std::move(file)), path_(std::move(path)) {}
  void bytes(std::span<const std::byte> piece);
  void flush();

  base::AtomicFile file_;
  std::filesystem::path path_;
  std::function<bool()> wanted_;
  base::KnownDigests known_;
  std::vector<std::byte> buffer_;
  base::Sha256 digest_;
  std::uint64_t written_ = 0;  ///< that still in the buffer included
  std::vector<std::uint32_t> entries_;
  Status status_;
};

/// Nothing where the file is missing, cut, changed or of another key, or where `goOn`, asked often with the share that
/// was checked, becomes false. Of a file that `known` knows only the end is checked. The examples stay in the file,
/// which is mapped.
[[nodiscard]] std::optional<ExampleSet> openTokenFile(base::FileSystem& files, const std::filesystem::path& path,
                                                      const std::string& key,
                                                      const base::KnownDigests& known = base::KnownDigests(),
                                                      const std::function<bool(double)>& goOn = {});

}  // namespace rosa::data
