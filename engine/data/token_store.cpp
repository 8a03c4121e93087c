// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/token_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "base/atomic_write.h"
#include "base/file.h"
#include "base/known_digests.h"
#include "base/sha256.h"
#include "base/text.h"
#include "data/cut_journal.h"
#include "data/set_key.h"
#include "data/shards.h"
#include "data/token_file.h"

namespace rosa::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEnding = ".rosa-tokens";
constexpr const char* kJournalEnding = ".rosa-cutting";
constexpr std::chrono::hours kDay(24), kJournalsKept(24 * 7), kDigestsKept(24 * 90);
/// What is being written changes all the time.
constexpr std::chrono::hours kAbandoned(1);

/// What tells whether files were written to.
std::string stateOf(const std::vector<fs::path>& files) {
  std::string state;
  for (const auto& file : files) appendToKey(state, stateOfFile(file));
  return state;
}

/// Of a part of the work on a file: false where it is to be given up.
std::function<bool(double)> watching(const ReadOptions& options, const std::string& what, const fs::path& file) {
  return [&options, told = fmt::format("{} {}", what, base::printable(file.filename().native()))](double share) {
    if (options.progress) options.progress(share, told);
    return !options.giveUp || !options.giveUp();
  };
}

Expected<std::string> keyOf(const std::vector<fs::path>& files, const ExampleSpec& spec, const ReadOptions& options,
                            const std::string& encoderKey, const base::KnownDigests& known) {
  std::string key = "examples 2|";
  for (const auto& file : files) {
    ROSA_TRY(const auto digest, known.of(file, watching(options, "Reading", file)));
    appendToKey(key, digest.sha256);
    appendToKey(key, file.extension().string());
    // A fault that was skipped is told by file and line.
    if (spec.skipBad) appendToKey(key, file.string());
  }
  key += keyOfReading(spec, options.labels, encoderKey);
  return base::digestText(key).sha256;
}

/// Removes what was used longest ago until the rest fits, and what a killed program left; nothing of the set at `kept`,
/// unless `alone` tells that nobody else is writing it.
void cleanUp(const TokenStore& store, const fs::path& kept, bool alone = false) {
  struct Entry {
    fs::file_time_type used;
    std::uint64_t bytes;
    fs::path path;
  };
  std::vector<Entry> entries;
  std::uint64_t total = 0;
  std::error_code problem;
  const auto now = fs::file_time_type::clock::now();
  for (fs::directory_iterator at(store.folder, problem), end; !problem && at != end; at.increment(problem)) {
    std::error_code ignored;
    const auto used = fs::last_write_time(at->path(), ignored);
    const auto ending = at->path().extension();
    if (base::isTemporary(at->path())) {
      const bool left = alone && at->path().filename().native().starts_with("." + kept.filename().native());
      if (left || now - used > kAbandoned) fs::remove(at->path(), ignored);
    } else if (ending == base::KnownDigests::kEnding) {
      if (now - used > kDigestsKept) fs::remove(at->path(), ignored);
    } else if (ending == kJournalEnding && now - used > kJournalsKept) {
      fs::remove(at->path(), ignored);
    } else if (ending == kEnding || ending == kJournalEnding) {
      entries.push_back({used, at->file_size(ignored), at->path()});
      total += entries.back().bytes;
    }
  }
  std::ranges::sort(entries, {}, &Entry::used);
  for (const auto& entry : entries) {
    if (total <= store.limit) break;
    if (entry.path.stem() == kept.stem()) continue;
    std::error_code ignored;
    if (fs::remove(entry.path, ignored)) total -= entry.bytes;
  }
}

/// The time of a file's last use, to the day: the file system's record of it changes only then.
void noteUse(const fs::path& path, const base::KnownDigests& known) {
  std::error_code problem;
  const auto used = fs::last_write_time(path, problem);
  const auto now = fs::file_time_type::clock::now();
  if (problem || now - used < kDay) return;
  const auto digest = known.find(path);
  fs::last_write_time(path, now, problem);
  if (digest) known.note(path, *digest);
}

/// Of all files together; 0 where one cannot be looked at.
std::uint64_t bytesOf(const std::vector<fs::path>& files) {
  std::uint64_t bytes = 0;
  for (const auto& file : files) {
    std::error_code problem;
    const auto size = fs::file_size(file, problem);
    if (problem) return 0;
    bytes += size;
  }
  return bytes;
}

}  // namespace

Expected<ExampleSet> readStoredExamples(const fs::path& file, const ExampleSpec& spec, const TextEncoder& encoder,
                                        const ReadOptions& options, const TokenStore& store) {
  const auto shards = shardsOf(file);
  const auto size = shards ? bytesOf(*shards) : 0;
  if (store.folder.empty() || size == 0 || size < store.smallest) {
    return readExamples(file, spec, encoder, options);
  }
  const auto before = stateOf(*shards);
  const base::KnownDigests known(store.folder, store.smallest);
  const auto key = keyOf(*shards, spec, options, store.encoderKey, known);
  if (!key) return readExamples(file, spec, encoder, options);
  auto& files = base::FileSystem::real();
  const auto path = store.folder / (*key + kEnding);
  if (auto kept = openTokenFile(files, path, *key, known, watching(options, "Checking the kept tokens of", file))) {
    noteUse(path, known);
    return *std::move(kept);
  }
  if (!files.createFolders(store.folder)) return readExamples(file, spec, encoder, options);
  std::optional<CutJournal> journal;
  if (size >= store.smallestResumed) {
    // Of one state of the files: what is cut while they are written to belongs to nothing.
    journal = CutJournal::open(store.folder / (*key + kJournalEnding), base::digestText(*key + before).sha256);
  }
  cleanUp(store, path, journal.has_value());
  auto writer = TokenFileWriter::begin(files, path, *key);
  if (!writer) return readExamples(file, spec, encoder, options);
  // Of a file that was written to meanwhile nobody knows which state the examples are of.
  writer->noteIn(known);
  writer->keepIf([&] { return stateOf(*shards) == before; });
  auto reading = options;
  if (journal) reading.journal = &*journal;
  auto set = readExamples(file, spec, encoder, reading, *writer);
  const bool stopped = !set && options.giveUp && options.giveUp();
  if (journal && !stopped) journal->remove();
  if (!set && writer->failed()) return readExamples(file, spec, encoder, options);
  if (set) cleanUp(store, path);
  return set;
}

}  // namespace rosa::data
