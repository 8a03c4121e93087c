// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

/// What the fuzz targets share: the input as text or as a file, and checks that count as findings.
namespace rosa::fuzz {

inline std::string_view asText(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Something that must hold for every input; libFuzzer keeps the input for which it does not.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

/// A message for the user says something in one line of printable UTF-8.
inline void requireSentence(std::string_view message) {
  require(!message.empty(), "an error says what is wrong");
  require(message.find('\0') == std::string_view::npos, "an error holds no NUL byte");
}

/// A file in memory with this content, for readers that open paths. One at a time: the next call replaces it.
inline std::filesystem::path fileWith(std::string_view content) {
  static const int kFile = ::memfd_create("fuzz-input", 0);
  require(kFile >= 0 && ::ftruncate(kFile, 0) == 0, "the machine gives memory for a file");
  require(::pwrite(kFile, content.data(), content.size(), 0) == static_cast<ssize_t>(content.size()),
          "the file in memory takes the input");
  return "/proc/self/fd/" + std::to_string(kFile);
}

}  // namespace rosa::fuzz
