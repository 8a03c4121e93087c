// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/line_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "base/file.h"

namespace rosa::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = std::size_t{64} << 10;

/// How many bytes there are up to and with the last line end, looked for from the back.
Expected<off_t> endOfLastLine(const base::Descriptor& file, const fs::path& path, off_t size) {
  std::array<char, kPiece> piece{};
  off_t end = size;
  while (end > 0) {
    const off_t begin = std::max<off_t>(0, end - static_cast<off_t>(kPiece));
    const ssize_t got = ::pread(file.get(), piece.data(), static_cast<std::size_t>(end - begin), begin);
    if (got < 0 && errno == EINTR) continue;
    if (got != end - begin) return base::fileError("read", path, got < 0 ? errno : EIO);
    const std::string_view text(piece.data(), static_cast<std::size_t>(got));
    const auto found = text.rfind('\n');
    if (found != std::string_view::npos) return begin + static_cast<off_t>(found) + 1;
    end = begin;
  }
  return off_t{0};
}

}  // namespace

Expected<LineFile> LineFile::open(fs::path path) {
  constexpr mode_t kReadableByUmask = 0666;
  base::Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, kReadableByUmask));
  if (!file.valid()) return base::fileError("open", path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return base::fileError("open", path, errno);
  ROSA_TRY(const off_t end, endOfLastLine(file, path, status.st_size));
  if (end != status.st_size && ::ftruncate(file.get(), end) != 0) return base::fileError("write", path, errno);
  return LineFile(std::move(path), std::move(file));
}

Status LineFile::append(std::string_view line) {
  const off_t before = ::lseek(file_.get(), 0, SEEK_END);
  if (before < 0) return base::fileError("write", path_, errno);
  std::string whole;
  whole.reserve(line.size() + 1);
  whole.append(line).push_back('\n');
  for (std::string_view rest = whole; !rest.empty();) {
    const ssize_t wrote = ::write(file_.get(), rest.data(), rest.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      const int reason = errno;
      // Half a line would swallow the next one. If this fails too, the next opening cuts it off.
      static_cast<void>(::ftruncate(file_.get(), before) == 0);
      return base::fileError("write", path_, reason);
    }
    rest.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

Status LineFile::sync() {
  if (::fsync(file_.get()) != 0) return base::fileError("write", path_, errno);
  return {};
}

Status LineTail::read(const std::function<Status(std::string_view)>& visit) {
  // O_NONBLOCK: opening a named pipe must not wait for its writer.
  const base::Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) {
    if (errno == ENOENT) return {};
    return base::fileError("open", path_, errno);
  }
  std::array<char, kPiece> piece{};
  std::string line;
  if (::lseek(file.get(), offset_, SEEK_SET) < 0) return base::fileError("read", path_, errno);
  for (;;) {
    const ssize_t got = ::read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::fileError("read", path_, errno);
    if (got == 0) return {};
    std::string_view text(piece.data(), static_cast<std::size_t>(got));
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      const std::string_view part = text.substr(0, end);
      if (end != std::string_view::npos && !skipping_ && line.empty() && part.size() <= longestLine_) {
        // As nearly every line: it lies in one piece.
        offset_ += static_cast<std::int64_t>(part.size() + 1);
        ROSA_CHECK(visit(part));
        text.remove_prefix(end + 1);
        continue;
      }
      if (!skipping_ && part.size() > longestLine_ - line.size()) {
        skipping_ = true;
        offset_ += static_cast<std::int64_t>(line.size());
      }
      if (!skipping_) line.append(part);
      if (skipping_) offset_ += static_cast<std::int64_t>(part.size());
      if (end == std::string_view::npos) break;
      offset_ += static_cast<std::int64_t>(skipping_ ? 1 : line.size() + 1);
      if (!std::exchange(skipping_, false)) ROSA_CHECK(visit(line));
      line.clear();
      text.remove_prefix(end + 1);
    }
  }
}

Status visitLines(const fs::path& path, std::size_t longestLine, const std::function<Status(std::string_view)>& visit) {
  return LineTail(path, longestLine).read(visit);
}

}  // namespace rosa::store
