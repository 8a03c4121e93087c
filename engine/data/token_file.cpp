// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/token_file.h"

#include <algorithm>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "base/mapped_file.h"
#include "data/example_bytes.h"
#include "data/packed_bytes.h"

namespace rosa::data {
namespace {

constexpr std::string_view kMagic = "ROSATOK2";
constexpr std::size_t kDigestBytes = 64;
constexpr std::size_t kBufferBytes = std::size_t{1} << 20U;
constexpr std::size_t kKeyBytes = 64;
constexpr std::uint64_t kFirstExample = kMagic.size() + kKeyBytes;

/// The examples of a mapped file.
class Mapped final : public ExampleSource {
 public:
  Mapped(base::MappedFile file, std::vector<std::uint32_t> entries)
      : file_(std::move(file)), entries_(std::move(entries)) {
    auto offset = kFirstExample;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (i % kStride == 0) offsets_.push_back(offset);
      offset += sizeOfExample(entries_[i]);
    }
  }

  std::size_t size() const override { return entries_.size(); }
  std::int32_t length(std::size_t index) const override {
    return static_cast<std::int32_t>(tokensOfExample(entries_[index]));
  }
  Example get(std::size_t index) const override {
    auto offset = offsets_[index / kStride];
    for (auto i = index - index % kStride; i < index; ++i) offset += sizeOfExample(entries_[i]);
    const auto number = entries_[index];
    return exampleFrom(file_.bytes(offset, static_cast<std::size_t>(sizeOfExample(number))), number);
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
    offset += sizeOfExample(number);
    if (offset > tail) return false;
  }
  if (classes.empty() != (names == 0)) return false;
  return offset == tail && std::ranges::all_of(classes, [&](std::int32_t c) { return c >= 0 && c < names; });
}

/// The examples' numbers, which begin at `at` and end before `end`; `at` is then what stands behind them.
bool readEntries(const base::FileReader& file, std::uint64_t& at, std::uint64_t end,
                 std::vector<std::uint32_t>& entries) {
  std::uint64_t count = 0;
  if (at > end || end - at < sizeof count || !file.readAt(at, std::as_writable_bytes(std::span(&count, 1)))) {
    return false;
  }
  at += sizeof count;
  if (count > (end - at) / sizeof(std::uint32_t)) return false;
  entries.resize(static_cast<std::size_t>(count));
  if (!file.readAt(at, std::as_writable_bytes(std::span(entries)))) return false;
  at += count * sizeof(std::uint32_t);
  return true;
}

/// What stands behind the numbers.
bool unpackFacts(std::span<const std::byte> bytes, ExampleSet& set, std::vector<std::int32_t>& classes) {
  ByteUnpacker in(bytes);
  in.values(classes);
  const auto kind = in.number<std::uint8_t>();
  if (kind > static_cast<std::uint8_t>(TargetKind::Value)) return false;
  set.kind = static_cast<TargetKind>(kind);
  for (auto* count : {&set.truncated, &set.lostEnds, &set.dropped, &set.skipped, &set.endedTurns}) {
    *count = in.number<std::int64_t>();
  }
  in.values(set.firstFault);
  std::vector<std::string> names;
  for (auto left = in.number<std::uint64_t>(); in.good() && left > 0; --left) in.values(names.emplace_back());
  if (!in.good() || !in.atEnd()) return false;
  set.labels = LabelMap(std::move(names));
  return true;
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
  written_ += piece.size();
  while (!piece.empty()) {
    const auto part = piece.first(std::min(piece.size(), kBufferBytes));
    buffer_.insert(buffer_.end(), part.begin(), part.end());
    if (buffer_.size() >= kBufferBytes) flush();
    piece = piece.subspan(part.size());
  }
}

void TokenFileWriter::flush() {
  digest_.update(buffer_);
  if (status_) status_ = file_.write(buffer_);
  buffer_.clear();
}

Status TokenFileWriter::add(Example example) {
  const auto number = numberOfExample(example);
  if (!number) status_ = Error{"An example has more of something than a file of tokens has a place for."};
  if (!status_) return status_;
  entries_.push_back(*number);
  appendExample(buffer_, example, *number);
  written_ += sizeOfExample(*number);
  if (buffer_.size() >= kBufferBytes) flush();
  return status_;
}

Expected<ExampleStore> TokenFileWriter::finish(const ExampleSet& facts, std::vector<std::int32_t> classes) {
  const auto begin = written_;
  const std::uint64_t examples = entries_.size();
  bytes(std::as_bytes(std::span(&examples, 1)));
  bytes(std::as_bytes(std::span(entries_)));
  BytePacker tail;
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
  std::uint64_t tail = 0;
  const auto end = (*file)->size() - kDigestBytes - sizeof tail;
  if (!(*file)->readAt(end, std::as_writable_bytes(std::span(&tail, 1)))) return std::nullopt;
  std::vector<std::uint32_t> entries;
  auto at = tail;
  if (!readEntries(**file, at, end, entries)) return std::nullopt;
  std::vector<std::byte> facts(static_cast<std::size_t>(end - at));
  if (!(*file)->readAt(at, facts)) return std::nullopt;
  ExampleSet set;
  std::vector<std::int32_t> classes;
  if (!unpackFacts(facts, set, classes) || !fits(entries, classes, tail, set.labels.size())) return std::nullopt;
  auto all = mapExamples(path, std::move(entries), std::move(classes));
  if (!all) return std::nullopt;
  set.examples = *std::move(all);
  return set;
}

}  // namespace rosa::data
