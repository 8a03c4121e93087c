// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/token_file.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/atomic_write.h"
#include "base/sha256.h"

namespace rosa::data {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

constexpr std::string_view kMagic = "ROSATOK1";
constexpr std::size_t kDigestBytes = 64;
constexpr std::size_t kBufferBytes = std::size_t{1} << 20U;

/// Bits of an example's first number.
constexpr std::uint8_t kTruncated = 1, kSegments = 2, kTargets = 4;

/// Gathers small pieces of a file into large writes.
class Output {
 public:
  explicit Output(base::AtomicFile& file) : file_(file) { buffer_.reserve(2 * kBufferBytes); }

  void bytes(std::span<const std::byte> piece) {
    buffer_.insert(buffer_.end(), piece.begin(), piece.end());
    if (buffer_.size() >= kBufferBytes) flush();
  }
  template <typename Number>
  requires std::is_arithmetic_v<Number>
  void number(Number value) { bytes(std::as_bytes(std::span(&value, 1))); }
  void text(std::string_view value) {
    number(static_cast<std::uint64_t>(value.size()));
    bytes(std::as_bytes(std::span(value)));
  }
  [[nodiscard]] Status finish() {
    flush();
    const auto digest = digest_.finish();
    if (status_) status_ = file_.write(std::as_bytes(std::span(digest)));
    return status_;
  }

 private:
  void flush() {
    digest_.update(buffer_);
    if (status_) status_ = file_.write(buffer_);
    buffer_.clear();
  }

  base::AtomicFile& file_;
  std::vector<std::byte> buffer_;
  base::Sha256 digest_;
  Status status_;
};

/// Takes a file's bytes from the first on and never more than it has; what is not there leaves `good` false.
class Input {
 public:
  explicit Input(const base::FileReader& file) : file_(file) {
    good_ = file.size() >= kDigestBytes;
    end_ = good_ ? file.size() - kDigestBytes : 0;
  }

  [[nodiscard]] bool good() const { return good_; }
  void bytes(std::span<std::byte> wanted) {
    good_ = good_ && wanted.size() <= left();
    while (good_ && !wanted.empty()) {
      if (at_ == buffer_.size()) fill();
      const auto count = std::min(wanted.size(), buffer_.size() - at_);
      std::memcpy(wanted.data(), buffer_.data() + at_, count);
      at_ += count;
      wanted = wanted.subspan(count);
    }
  }
  template <typename Number>
  Number number() {
    Number value{};
    bytes(std::as_writable_bytes(std::span(&value, 1)));
    return value;
  }
  /// As many numbers as the file says, if it has as many.
  template <typename Container>
  void values(Container& wanted, std::uint64_t count) {
    good_ = good_ && count <= left() / sizeof(typename Container::value_type);
    if (!good_) return;
    wanted.resize(static_cast<std::size_t>(count));
    bytes(std::as_writable_bytes(std::span(wanted)));
  }
  std::string text() {
    std::string value;
    values(value, number<std::uint64_t>());
    return value;
  }
  /// Bytes that were not taken yet.
  [[nodiscard]] std::uint64_t left() const { return end_ - offset_ + (buffer_.size() - at_); }
  /// Whether all was taken, and is what was written.
  [[nodiscard]] bool sound() {
    std::string digest(kDigestBytes, ' ');
    return good_ && left() == 0 && file_.readAt(end_, std::as_writable_bytes(std::span(digest))) &&
           digest == digest_.finish();
  }

 private:
  void fill() {
    buffer_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kBufferBytes, end_ - offset_)));
    at_ = 0;
    good_ = file_.readAt(offset_, buffer_).hasValue();
    offset_ += buffer_.size();
    digest_.update(buffer_);
  }

  const base::FileReader& file_;
  std::uint64_t offset_ = 0;  ///< in the file, of what follows the buffer
  std::uint64_t end_ = 0;     ///< where the digest begins
  std::vector<std::byte> buffer_;
  std::size_t at_ = 0;
  bool good_ = true;
  base::Sha256 digest_;
};

void writeExample(Output& out, const Example& example) {
  const bool segments = !example.segmentIds.empty(), targets = !example.targets.empty();
  out.number(static_cast<std::uint8_t>((example.truncated ? kTruncated : 0) | (segments ? kSegments : 0) |
                                       (targets ? kTargets : 0)));
  out.number(static_cast<std::uint32_t>(example.tokenIds.size()));
  out.number(example.targetCount);
  out.number(example.promptTokens);
  out.number(example.label);
  out.number(example.value);
  for (const auto* ids : {&example.tokenIds, &example.segmentIds, &example.targets}) {
    out.bytes(std::as_bytes(std::span(*ids)));
  }
}

Example readExample(Input& in) {
  Example example;
  const auto bits = in.number<std::uint8_t>();
  const auto tokens = in.number<std::uint32_t>();
  example.truncated = (bits & kTruncated) != 0;
  example.targetCount = in.number<std::int64_t>();
  example.promptTokens = in.number<std::int64_t>();
  example.label = in.number<std::int64_t>();
  example.value = in.number<float>();
  in.values(example.tokenIds, tokens);
  if ((bits & kSegments) != 0) in.values(example.segmentIds, tokens);
  if ((bits & kTargets) != 0) in.values(example.targets, tokens);
  return example;
}

/// Whether each vector that is there has a number for each token.
bool rectangular(const Example& example) {
  const auto fits = [&](const std::vector<std::int32_t>& ids) {
    return ids.empty() || ids.size() == example.tokenIds.size();
  };
  return fits(example.segmentIds) && fits(example.targets);
}

}  // namespace

Status writeTokenFile(base::FileSystem& files, const std::filesystem::path& path, const std::string& key,
                      const ExampleSet& set) {
  ROSA_TRY(auto file, base::AtomicFile::begin(files, path));
  Output out(file);
  out.bytes(std::as_bytes(std::span(kMagic)));
  out.bytes(std::as_bytes(std::span(key)));
  out.number(static_cast<std::uint8_t>(set.kind));
  for (const auto count : {set.truncated, set.lostEnds, set.dropped, set.skipped, set.endedTurns}) out.number(count);
  out.text(set.firstFault);
  out.number(static_cast<std::uint64_t>(set.labels.names().size()));
  for (const auto& name : set.labels.names()) out.text(name);
  out.number(static_cast<std::uint64_t>(set.examples.size()));
  for (const auto& example : set.examples) {
    if (!rectangular(example)) return Error{"An example has another number of targets than tokens."};
    writeExample(out, example);
  }
  ROSA_CHECK(out.finish());
  return file.commit();
}

std::optional<ExampleSet> readTokenFile(base::FileSystem& files, const std::filesystem::path& path,
                                        const std::string& key) {
  const auto file = files.open(path);
  if (!file) return std::nullopt;
  Input in(**file);
  std::string begin(kMagic.size() + key.size(), ' ');
  in.bytes(std::as_writable_bytes(std::span(begin)));
  if (!in.good() || begin != std::string(kMagic) + key) return std::nullopt;
  ExampleSet set;
  const auto kind = in.number<std::uint8_t>();
  if (kind > static_cast<std::uint8_t>(TargetKind::Value)) return std::nullopt;
  set.kind = static_cast<TargetKind>(kind);
  for (auto* count : {&set.truncated, &set.lostEnds, &set.dropped, &set.skipped, &set.endedTurns}) {
    *count = in.number<std::int64_t>();
  }
  set.firstFault = in.text();
  std::vector<std::string> names;
  for (auto left = in.number<std::uint64_t>(); in.good() && left > 0; --left) names.push_back(in.text());
  if (!in.good()) return std::nullopt;
  set.labels = LabelMap(std::move(names));
  for (auto left = in.number<std::uint64_t>(); in.good() && left > 0; --left) set.examples.push_back(readExample(in));
  if (!in.sound()) return std::nullopt;
  return set;
}

}  // namespace rosa::data
