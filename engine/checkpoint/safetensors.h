// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "checkpoint/safetensors_header.h"
#include "checkpoint/tensor_reader.h"
#include "rosa/expected.h"

namespace rosa::checkpoint {

/// One safetensors file, opened for reading. Every rule of the format is checked by `open`; afterwards only the disk
/// can fail, or a file that was shortened meanwhile.
class SafetensorsFile final : public TensorReader {
 public:
  [[nodiscard]] static Expected<SafetensorsFile> open(base::FileSystem& files, std::filesystem::path path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const Metadata& metadata() const { return header_->metadata; }

  [[nodiscard]] const std::vector<const TensorEntry*>& entries() const override { return entries_; }
  [[nodiscard]] const TensorEntry* find(std::string_view name) const override;
  using TensorReader::read;
  [[nodiscard]] Status read(const TensorEntry& entry, std::uint64_t offset, std::span<std::byte> bytes) const override;
  [[nodiscard]] std::string source() const override { return path_.string(); }

 private:
  SafetensorsFile(std::filesystem::path path, std::unique_ptr<base::FileReader> file, SafetensorsHeader header,
                  std::uint64_t dataBegin);

  std::filesystem::path path_;
  std::unique_ptr<base::FileReader> file_;
  std::unique_ptr<const SafetensorsHeader> header_;  ///< on the heap: entries keep their address when this is moved
  std::uint64_t dataBegin_;
  std::vector<const TensorEntry*> entries_;
  std::vector<const TensorEntry*> byName_;
};

}  // namespace rosa::checkpoint
