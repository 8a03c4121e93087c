// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/file.h"
#include "rosa/expected.h"

namespace rosa::data::parquet {

/// The file that is read, and the sentence about what is wrong with it.
class Source {
 public:
  /// `name` stands for it in messages.
  Source(std::unique_ptr<base::FileReader> file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}

  [[nodiscard]] std::uint64_t size() const { return file_->size(); }
  /// Fills `bytes` with the `size` ones from `offset` on; what was checked against size() can still have gone since.
  [[nodiscard]] Status read(std::uint64_t offset, std::size_t size, std::string& bytes) const;
  /// "FILE cannot be read as Parquet: REASON. Fetch it again or write it anew."
  [[nodiscard]] Error fault(std::string_view reason) const;

 private:
  std::unique_ptr<base::FileReader> file_;
  std::string name_;
};

}  // namespace rosa::data::parquet
