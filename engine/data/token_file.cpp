// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/token_file.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/mapped_file.h"

namespace rosa::data {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

constexpr std::string_view kMagic = "ROSATOK2";
constexpr std::size_t kDigestBytes = 64;
constexpr std::size_t kBufferBytes = std::size_t{1} << 20U;
constexpr std::size_t kKeyBytes = 64;
constexpr std::uint64_t kFirstExample = kMagic.size() + kKeyBytes;
constexpr std::uint64_t kMost32 = std::numeric_limits<std::int32_t>::max();

/// An example's number: bits that say what it has, and how many tokens.
namespace entry {
constexpr std::uint32_t kTruncated = 1, kSegments = 2, kTargets = 4;
constexpr std::uint32_t kShifted = 8;  ///< each token's target is the next token, the last one has none
constexpr std::uint32_t kLengthBits = 4;
constexpr std::size_t kMostTokens = std::numeric_limits<std::uint32_t>::max() >> kLengthBits;

std::uint32_t tokens(std::uint32_t number) {
  return number >> kLengthBits;
}
}  // namespace entry

/// What stands before an example's tokens.
struct Header {
  std::int32_t targetCount = 0, promptTokens = 0, label = 0;
  float value = 0;
};

/// Bytes of an example.
std::uint64_t sizeOf(std::uint32_t number) {
  const std::uint64_t rows =
      1U + ((number & entry::kSegments) != 0 ? 1U : 0U) + ((number & entry::kTargets) != 0 ? 1U : 0U);
  return sizeof(Header) + rows * entry::tokens(number) * sizeof(std::int32_t);
}

bool isShifted(const Example& example) {
  const auto& ids = example.tokenIds;
  const auto& targets = example.targets;
  return !ids.empty() && targets.size() == ids.size() && targets.back() == kNoTarget &&
         std::equal(ids.begin() + 1, ids.end(), targets.begin());
}

/// Nothing for what the format has no place for.
std::optional<std::uint32_t> numberOf(const Example& example) {
  const auto count = example.tokenIds.size();
  const auto fits = [&](const std::vector<std::int32_t>& ids) { return ids.empty() || ids.size() == count; };
  const auto small = [](std::int64_t value) { return value >= 0 && static_cast<std::uint64_t>(value) <= kMost32; };
  if (count > entry::kMostTokens || !fits(example.segmentIds) || !fits(example.targets) ||
      !small(example.targetCount) || !small(example.promptTokens) || !small(example.label)) {
    return std::nullopt;
  }
  auto number = static_cast<std::uint32_t>(count) << entry::kLengthBits;
  if (example.truncated) number |= entry::kTruncated;
  if (!example.segmentIds.empty()) number |= entry::kSegments;
  if (isShifted(example)) {
    number |= entry::kShifted;
  } else if (!example.targets.empty()) {
    number |= entry::kTargets;
  }
  return number;
}

/// The examples of a mapped file.
class Mapped final : public ExampleSource {
 public:
  Mapped(base::MappedFile file, std::vector<std::uint32_t> entries)
      : file_(std::move(file)), entries_(std::move(entries)) {
    auto offset = kFirstExample;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (i % kStride == 0) offsets_.push_back(offset);
      offset += sizeOf(entries_[i]);
    }
  }

  std::size_t size() const override { return entries_.size(); }
  std::int32_t length(std::size_t index) const override {
    return static_cast<std::int32_t>(entry::tokens(entries_[index]));
  }
  Example get(std::size_t index) const override {
    auto offset = offsets_[index / kStride];
    for (auto i = index - index % kStride; i < index; ++i) offset += sizeOf(entries_[i]);
    const auto number = entries_[index];
    auto bytes = file_.bytes(offset, static_cast<std::size_t>(sizeOf(number)));
    Header header;
    std::memcpy(&header, bytes.data(), sizeof header);
    bytes = bytes.subspan(sizeof header);
    Example example;
    example.targetCount = header.targetCount;
    example.promptTokens = header.promptTokens;
    example.label = header.label;
    example.value = header.value;
    example.truncated = (number & entry::kTruncated) != 0;
    const auto take = [&](std::vector<std::int32_t>& ids) {
      ids.resize(entry::tokens(number));
      std::memcpy(ids.data(), bytes.data(), ids.size() * sizeof(std::int32_t));
      bytes = bytes.subspan(ids.size() * sizeof(std::int32_t));
    };
    take(example.tokenIds);
    if ((number & entry::kSegments) != 0) take(example.segmentIds);
    if ((number & entry::kTargets) != 0) take(example.targets);
    if ((number & entry::kShifted) != 0 && !example.tokenIds.empty()) {
      example.targets.assign(example.tokenIds.begin() + 1, example.tokenIds.end());
      example.targets.push_back(kNoTarget);
    }
    return example;
  }

 private:
  static constexpr std::size_t kStride = 32;

  base::MappedFile file_;
  std::vector<std::uint32_t> entries_;
  std::vector<std::uint64_t> offsets_;  ///< of every kStride-th example
};

/// The examples of a file whose numbers are known.
Expected<ExampleStore> mapExamples(const std::filesystem::path& path, std::vector<std::uint32_t> entries,
                                   std::vector<std::int32_t> classes) {
  ROSA_TRY(auto file, base::MappedFile::open(path));
  ExampleStore all(std::make_shared<Mapped>(std::move(file), std::move(entries)));
  return classes.empty() ? all : all.renumbered(std::move(classes));
}

/// What follows the examples, in memory.
class Tail {
 public:
  template <typename Number>
  requires std::is_arithmetic_v<Number>
  void number(Number value) { append(std::as_bytes(std::span(&value, 1))); }
  template <typename Container>
  void values(const Container& all) {
    number(static_cast<std::uint64_t>(all.size()));
    append(std::as_bytes(std::span(all)));
  }
  [[nodiscard]] const std::vector<std::byte>& all() const { return bytes_; }

 private:
  void append(std::span<const std::byte> piece) { bytes_.insert(bytes_.end(), piece.begin(), piece.end()); }
  std::vector<std::byte> bytes_;
};

/// Takes a stretch of a file, never more than it has; what is not there leaves `good` false.
class Input {
 public:
  Input(const base::FileReader& file, std::uint64_t begin, std::uint64_t end)
      : file_(file), at_(begin), end_(end), good_(begin <= end) {}

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool atEnd() const { return at_ == end_; }
  template <typename Number>
  Number number() {
    Number value{};
    take(std::as_writable_bytes(std::span(&value, 1)));
    return value;
  }
  /// As many as the file says, if it has as many.
  template <typename Container>
  void values(Container& wanted) {
    const auto count = number<std::uint64_t>();
    good_ = good_ && count <= (end_ - at_) / sizeof(typename Container::value_type);
    if (!good_) return;
    wanted.resize(static_cast<std::size_t>(count));
    take(std::as_writable_bytes(std::span(wanted)));
  }

 private:
  void take(std::span<std::byte> wanted) {
    good_ = good_ && wanted.size() <= end_ - at_ && file_.readAt(at_, wanted);
    if (good_) at_ += wanted.size();
  }

  const base::FileReader& file_;
  std::uint64_t at_, end_;
  bool good_;
};

/// The digest that the file ends with, where it begins with magic and key.
std::optional<std::string> writtenDigest(const base::FileReader& file, const std::string& key) {
  if (key.size() != kKeyBytes || file.size() < kFirstExample + sizeof(std::uint64_t) + kDigestBytes)
    return std::nullopt;
  std::string begin(kFirstExample, ' '), written(kDigestBytes, ' ');
  const auto end = file.size() - kDigestBytes;
  if (!file.readAt(0, std::as_writable_bytes(std::span(begin))) || begin != std::string(kMagic) + key)
    return std::nullopt;
  if (!file.readAt(end, std::as_writable_bytes(std::span(written)))) return std::nullopt;
  return written;
}

/// Whether that is the digest of all before it.
bool isSound(const base::FileReader& file, const std::string& written, const std::function<bool(double)>& goOn) {
  const auto end = file.size() - kDigestBytes;
  base::Sha256 digest;
  std::vector<std::byte> buffer;
  for (std::uint64_t at = 0; at < end; at += buffer.size()) {
    buffer.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kBufferBytes, end - at)));
    if (!file.readAt(at, buffer)) return false;
    digest.update(buffer);
    if (goOn && !goOn(static_cast<double>(at) / static_cast<double>(end))) return false;
  }
  return written == digest.finish();
}

/// Whether the examples are where their numbers say, and all classes have names.
bool fits(const std::vector<std::uint32_t>& entries, const std::vector<std::int32_t>& classes, std::uint64_t tail,
          std::int64_t names) {
  auto offset = kFirstExample;
  for (const auto number : entries) {
    offset += sizeOf(number);
    if (offset > tail) return false;
  }
  if (classes.empty() != (names == 0)) return false;
  return offset == tail && std::ranges::all_of(classes, [&](std::int32_t c) { return c >= 0 && c < names; });
}

}  // namespace

Expected<TokenFileWriter> TokenFileWriter::begin(base::FileSystem& files, const std::filesystem::path& path,
                                                 const std::string& key) {
  ROSA_TRY(auto file, base::AtomicFile::begin(files, path));
  TokenFileWriter writer(std::move(file), path);
  writer.bytes(std::as_bytes(std::span(kMagic)));
  writer.bytes(std::as_bytes(std::span(key)));
  return writer;
}

void TokenFileWriter::bytes(std::span<const std::byte> piece) {
  buffer_.insert(buffer_.end(), piece.begin(), piece.end());
  written_ += piece.size();
  if (buffer_.size() >= kBufferBytes) flush();
}

void TokenFileWriter::flush() {
  digest_.update(buffer_);
  if (status_) status_ = file_.write(buffer_);
  buffer_.clear();
}

Status TokenFileWriter::add(Example example) {
  const auto number = numberOf(example);
  if (!number) status_ = Error{"An example has more of something than a file of tokens has a place for."};
  if (!status_) return status_;
  entries_.push_back(*number);
  const Header header{static_cast<std::int32_t>(example.targetCount), static_cast<std::int32_t>(example.promptTokens),
                      static_cast<std::int32_t>(example.label), example.value};
  bytes(std::as_bytes(std::span(&header, 1)));
  bytes(std::as_bytes(std::span(example.tokenIds)));
  bytes(std::as_bytes(std::span(example.segmentIds)));
  if ((*number & entry::kTargets) != 0) bytes(std::as_bytes(std::span(example.targets)));
  return status_;
}

Expected<ExampleStore> TokenFileWriter::finish(const ExampleSet& facts, std::vector<std::int32_t> classes) {
  const auto begin = written_;
  Tail tail;
  tail.values(entries_);
  tail.values(classes);
  tail.number(static_cast<std::uint8_t>(facts.kind));
  for (const auto count : {facts.truncated, facts.lostEnds, facts.dropped, facts.skipped, facts.endedTurns}) {
    tail.number(count);
  }
  tail.values(facts.firstFault);
  tail.number(static_cast<std::uint64_t>(facts.labels.names().size()));
  for (const auto& name : facts.labels.names()) tail.values(name);
  tail.number(begin);
  bytes(tail.all());
  flush();
  const auto digest = digest_.finish();
  if (status_) status_ = file_.write(std::as_bytes(std::span(digest)));
  if (!status_) return status_.error();
  // Before it has its name: a file without one can be read too.
  auto all = mapExamples(file_.temporaryPath(), std::move(entries_), std::move(classes));
  if (!all) status_ = all.error();
  if (all && (!wanted_ || wanted_()) && file_.commit()) known_.note(path_, digest);
  return all;
}

std::optional<ExampleSet> openTokenFile(base::FileSystem& files, const std::filesystem::path& path,
                                        const std::string& key, const base::KnownDigests& known,
                                        const std::function<bool(double)>& goOn) {
  const auto file = files.open(path);
  const auto written = file ? writtenDigest(**file, key) : std::nullopt;
  if (!written) return std::nullopt;
  if (known.find(path) != written) {
    if (!isSound(**file, *written, goOn)) return std::nullopt;
    known.note(path, *written);
  }
  const auto end = (*file)->size() - kDigestBytes - sizeof(std::uint64_t);
  const auto tail = Input(**file, end, end + sizeof(std::uint64_t)).number<std::uint64_t>();
  Input in(**file, tail, end);
  std::vector<std::uint32_t> entries;
  std::vector<std::int32_t> classes;
  in.values(entries);
  in.values(classes);
  ExampleSet set;
  const auto kind = in.number<std::uint8_t>();
  if (kind > static_cast<std::uint8_t>(TargetKind::Value)) return std::nullopt;
  set.kind = static_cast<TargetKind>(kind);
  for (auto* count : {&set.truncated, &set.lostEnds, &set.dropped, &set.skipped, &set.endedTurns}) {
    *count = in.number<std::int64_t>();
  }
  in.values(set.firstFault);
  std::vector<std::string> names;
  for (auto left = in.number<std::uint64_t>(); in.good() && left > 0; --left) in.values(names.emplace_back());
  if (!in.good() || !in.atEnd() || !fits(entries, classes, tail, std::ssize(names))) return std::nullopt;
  set.labels = LabelMap(std::move(names));
  auto all = mapExamples(path, std::move(entries), std::move(classes));
  if (!all) return std::nullopt;
  set.examples = *std::move(all);
  return set;
}

}  // namespace rosa::data
