// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/run_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/atomic_write.h"
#include "base/file.h"
#include "base/text.h"

namespace rosa::store {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLargestEntry = std::uint64_t{1} << 20;
constexpr std::string_view kDevices = "devices";
/// The file that says how many train at once, and what it holds.
constexpr std::string_view kAtOnce = "queue/at-once";
constexpr std::string_view kOne = "one";
constexpr std::string_view kSeveral = "as memory allows";

/// The entries' files in the order of their places.
std::vector<fs::path> filesOf(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    if (it->path().extension() == ".json") files.push_back(it->path());
  }
  std::ranges::sort(files);
  return files;
}

/// Empty where there is no such text.
std::string textOf(const nlohmann::json& json, const char* key) {
  if (!json.is_object()) return {};
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// On one line, whatever bytes a path holds.
std::string textOfJson(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

/// What is known of the run that holds a device's lock.
fs::path recordOf(const fs::path& lock) {
  return fs::path(lock).replace_extension(".json");
}

std::optional<QueueEntry> readEntry(const fs::path& file) {
  const auto text = base::readFile(base::FileSystem::real(), file, kLargestEntry);
  if (!text) return {};
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object()) return {};
  QueueEntry entry;
  entry.folder = textOf(json, "folder");
  entry.acceptedChanges = textOf(json, "accepted_changes");
  entry.device = textOf(json, "device");
  entry.resume = json.value("resume", nlohmann::json(false)) == nlohmann::json(true);
  std::error_code code;
  if (!entry.folder.is_absolute() || !fs::exists(RunFolder{entry.folder}.configFile(), code)) return {};
  return entry;
}

Status writeEntry(const fs::path& folder, std::size_t place, const QueueEntry& entry) {
  const nlohmann::ordered_json json = {{"folder", entry.folder.string()},
                                       {"resume", entry.resume},
                                       {"accepted_changes", entry.acceptedChanges},
                                       {"device", entry.device}};
  return base::writeFileAtomically(base::FileSystem::real(), folder / fmt::format("{:06}.json", place),
                                   textOfJson(json));
}

fs::path queueFolder(const fs::path& home) {
  return home / "queue";
}

std::vector<QueueEntry> readEntries(const fs::path& folder) {
  std::vector<QueueEntry> entries;
  for (const auto& file : filesOf(folder)) {
    if (auto entry = readEntry(file)) entries.push_back(*std::move(entry));
  }
  return entries;
}

/// "cuda:0" as a part of a file's name.
std::string fileNameOf(std::string_view device) {
  std::string name;
  for (const char character : device) {
    name += std::isalnum(static_cast<unsigned char>(character)) != 0 ? character : '-';
  }
  return name;
}

}  // namespace

Expected<RunQueue> RunQueue::open(const fs::path& home) {
  constexpr std::chrono::seconds kPatience(5);
  const auto folder = queueFolder(home);
  ROSA_CHECK(base::FileSystem::real().createFolders(folder));
  const auto lockFile = folder / ".lock";
  ROSA_TRY(auto lock, base::FileLock::takeWithin(lockFile, kPatience));
  if (lock) return RunQueue(folder, *std::move(lock));
  return Error{fmt::format("The queue is held by another program, by {}. Try again when that has ended.",
                           base::printable(lockFile.native()))};
}

std::vector<QueueEntry> RunQueue::entries() const {
  return readEntries(folder_);
}

Status RunQueue::append(const QueueEntry& entry) {
  const auto files = filesOf(folder_);
  std::size_t place = 0;
  // Damaged names count as nothing: numbers only have to grow.
  if (!files.empty()) place = std::strtoull(files.back().stem().c_str(), nullptr, 10) + 1;
  return writeEntry(folder_, place, entry);
}

Status RunQueue::replace(const std::vector<QueueEntry>& entries) {
  auto& system = base::FileSystem::real();
  const auto before = filesOf(folder_);
  // New numbers behind the old ones: a crash in between leaves an entry twice, and none out.
  std::size_t place = 0;
  if (!before.empty()) place = std::strtoull(before.back().stem().c_str(), nullptr, 10) + 1;
  for (const auto& entry : entries) ROSA_CHECK(writeEntry(folder_, place++, entry));
  for (const auto& file : before) {
    std::error_code code;
    fs::remove(file, code);
    if (code) return base::fileError("delete", file, code.value());
  }
  return system.sync(folder_);
}

Expected<bool> RunQueue::remove(const fs::path& run) {
  auto left = entries();
  if (std::erase_if(left, [&run](const QueueEntry& entry) { return entry.folder == run; }) == 0) return false;
  ROSA_CHECK(replace(left));
  return true;
}

Expected<bool> RunQueue::move(const fs::path& run, std::size_t place) {
  auto all = entries();
  const auto found = std::ranges::find(all, run, &QueueEntry::folder);
  if (found == all.end()) return false;
  const auto entry = *found;
  all.erase(found);
  all.insert(all.begin() + static_cast<std::ptrdiff_t>(std::min(place, all.size())), entry);
  ROSA_CHECK(replace(all));
  return true;
}

std::vector<fs::path> waitingRuns(const fs::path& home) {
  std::vector<fs::path> folders;
  for (const auto& entry : readEntries(queueFolder(home))) {
    if (std::ranges::find(folders, entry.folder) == folders.end()) folders.push_back(entry.folder);
  }
  return folders;
}

std::vector<TrainingRun> trainingRuns(const fs::path& home) {
  std::vector<TrainingRun> training;
  std::error_code code;
  for (fs::directory_iterator it(home / kDevices, code), end; !code && it != end; it.increment(code)) {
    if (it->path().extension() != ".lock" || !base::FileLock::isHeld(it->path())) continue;
    const auto text = base::readFile(base::FileSystem::real(), recordOf(it->path()), kLargestEntry);
    const auto json = text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
    training.push_back({textOf(json, "folder"), textOf(json, "device")});
  }
  return training;
}

Expected<std::optional<base::FileLock>> tryTakeDevice(const fs::path& home, std::string_view device,
                                                      const fs::path& run) {
  constexpr int kMostRuns = 32;
  const auto folder = home / kDevices;
  ROSA_CHECK(base::FileSystem::real().createFolders(folder));
  for (int place = 1; place <= kMostRuns; ++place) {
    const auto file = folder / (fileNameOf(device) + (place == 1 ? "" : fmt::format("-{}", place)) + ".lock");
    ROSA_TRY(auto lock, base::FileLock::tryTake(file));
    if (!lock) continue;
    const nlohmann::ordered_json json = {{"folder", run.string()}, {"device", device}};
    ROSA_CHECK(base::writeFileAtomically(base::FileSystem::real(), recordOf(file), textOfJson(json)));
    return lock;
  }
  return std::optional<base::FileLock>();
}

bool severalAtOnce(const fs::path& home) {
  const auto text = base::readFile(base::FileSystem::real(), home / kAtOnce, kLargestEntry);
  return text && text->starts_with(kSeveral);
}

Status setSeveralAtOnce(const fs::path& home, bool several) {
  ROSA_CHECK(base::FileSystem::real().createFolders(queueFolder(home)));
  return base::writeFileAtomically(base::FileSystem::real(), home / kAtOnce,
                                   std::string(several ? kSeveral : kOne) + "\n");
}

}  // namespace rosa::store
