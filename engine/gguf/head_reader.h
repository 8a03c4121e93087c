// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "rosa/expected.h"

namespace rosa::gguf {

/// Walks the front of a file in pieces. Every length is compared with what is left of the file before anything is
/// allocated. What fails says what it was reading, set by `at`, but not in which file.
class HeadReader {
 public:
  /// `limit`: bytes from the start that may be read.
  HeadReader(const base::FileReader& file, std::uint64_t limit);

  /// What is read next: "its version", or by name, "key" "general.name", or by number, "key number" 7. Put together
  /// only where it fails. `what` is kept as it is.
  void at(std::string_view what) { place_ = {what, {}, 0}; }
  void at(std::string_view what, std::string_view name) { place_ = {what, std::string(name), 0}; }
  void at(std::string_view what, std::uint64_t number) { place_ = {what, {}, number}; }
  [[nodiscard]] std::uint64_t position() const { return windowBegin_ + used_; }
  [[nodiscard]] std::uint64_t left() const { return end_ - position(); }
  [[nodiscard]] Error failure(std::string_view reason) const;

  template <typename T>
  [[nodiscard]] Expected<T> number() {
    static_assert(std::endian::native == std::endian::little, "GGUF's numbers are little-endian");
    T value{};
    ROSA_CHECK(fill(std::as_writable_bytes(std::span(&value, 1))));
    return value;
  }
  /// Well-formed UTF-8 of at most `longest` bytes.
  [[nodiscard]] Expected<std::string> text(std::uint64_t longest);
  /// Refuses a count of things that take `least` bytes each where they would not fit.
  [[nodiscard]] Status fits(std::uint64_t count, std::uint64_t least) const;
  [[nodiscard]] Status fill(std::span<std::byte> bytes);

 private:
  const base::FileReader& file_;
  std::uint64_t end_;
  struct Place {
    std::string_view what;
    std::string name;
    std::uint64_t number = 0;  ///< from 1; 0 = none
  };
  Place place_;
  std::vector<std::byte> window_;
  std::uint64_t windowBegin_ = 0;
  std::size_t used_ = 0;  ///< of the window
};

}  // namespace rosa::gguf
