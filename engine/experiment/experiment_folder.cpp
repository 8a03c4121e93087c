// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/experiment_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <system_error>

#include "base/atomic_write.h"
#include "base/file.h"

namespace rosa::experiment {

namespace fs = std::filesystem;

namespace {

constexpr const char* kClaims = ".claims";
constexpr base::JsonLimits kRawLimits{.bytes = std::uint64_t{64} << 20};

std::string text(const base::Json& json) {
  return json.dump(1) + "\n";
}

/// Whether everything of `part` is in `whole` too. The first member stays the first: the others are compared with it.
bool holds(const base::Json& whole, const base::Json& part) {
  if (whole.type() != part.type() || whole.size() < part.size()) return false;
  if (part.empty()) return true;
  if (whole.front() != part.front()) return false;
  if (part.is_array()) {
    return std::ranges::all_of(part, [&](const auto& item) { return std::ranges::find(whole, item) != whole.end(); });
  }
  const auto members = part.items();
  return whole.items().begin().key() == members.begin().key() &&
         std::all_of(members.begin(), members.end(), [&](const auto& member) {
           const auto found = whole.find(member.key());
           return found != whole.end() && *found == member.value();
         });
}

/// Whether `wanted` is the experiment `stored` with more methods, tasks or seeds: what is made of it counts then.
bool extends(const base::Json& wanted, const base::Json& stored) {
  if (wanted.size() != stored.size()) return false;
  const std::set<std::string> lists = {"methods", "tasks"};
  const auto members = stored.items();
  return std::all_of(members.begin(), members.end(), [&](const auto& member) {
    const auto found = wanted.find(member.key());
    if (found == wanted.end()) return false;
    if (lists.contains(member.key())) return holds(*found, member.value());
    if (member.key() == "seeds") return found->is_number() && member.value().is_number() && *found >= member.value();
    return *found == member.value();
  });
}

}  // namespace

Expected<ExperimentFolder> ExperimentFolder::open(fs::path directory, const base::Json& config) {
  auto& files = base::FileSystem::real();
  std::error_code error;
  const auto configFile = directory / "config.json";
  bool written = false;
  if (fs::exists(configFile, error)) {
    ROSA_TRY(const auto stored, base::readJsonFile(files, configFile));
    if (!extends(config, stored)) {
      return Error{
          fmt::format("{} holds an experiment with other settings. Choose another folder, or give the settings "
                      "that stand in its config.json; methods, tasks and seeds can be added to them.",
                      directory.string())};
    }
    written = stored == config;
  } else if (fs::exists(directory, error) && !fs::is_empty(directory, error)) {
    return Error{fmt::format("{} is not empty and holds no experiment. Choose another folder.", directory.string())};
  }
  fs::create_directories(directory / "raw", error);
  if (error) return Error{fmt::format("{} cannot be made: {}.", (directory / "raw").string(), error.message())};
  ExperimentFolder folder(std::move(directory));
  if (!written) ROSA_CHECK(folder.write("config.json", text(config)));
  return folder;
}

fs::path ExperimentFolder::fileOf(const std::string& part) const {
  return path_ / "raw" / (part + ".json");
}

Expected<std::optional<base::FileLock>> ExperimentFolder::claim(const std::string& part) const {
  const auto claims = path_ / kClaims;
  std::error_code error;
  fs::create_directories(claims, error);
  if (error) return Error{fmt::format("{} cannot be made: {}.", claims.string(), error.message())};
  return base::FileLock::tryTake(claims / part);
}

void ExperimentFolder::dropClaims() const {
  std::error_code ignored;
  fs::remove_all(path_ / kClaims, ignored);
}

bool ExperimentFolder::has(const std::string& part) const {
  std::error_code error;
  return fs::exists(fileOf(part), error);
}

Expected<base::Json> ExperimentFolder::load(const std::string& part) const {
  return base::readJsonFile(base::FileSystem::real(), fileOf(part), kRawLimits);
}

Status ExperimentFolder::store(const std::string& part, const base::Json& result) const {
  return base::writeFileAtomically(base::FileSystem::real(), fileOf(part), text(result));
}

Status ExperimentFolder::write(const std::string& file, const std::string& content) const {
  return base::writeFileAtomically(base::FileSystem::real(), path_ / file, content);
}

}  // namespace rosa::experiment
