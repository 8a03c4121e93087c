// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/experiment_folder.h"

#include <fmt/format.h>

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

}  // namespace

Expected<ExperimentFolder> ExperimentFolder::open(fs::path directory, const base::Json& config) {
  auto& files = base::FileSystem::real();
  std::error_code error;
  const auto configFile = directory / "config.json";
  if (fs::exists(configFile, error)) {
    ROSA_TRY(const auto stored, base::readJsonFile(files, configFile));
    if (stored != config) {
      return Error{
          fmt::format("{} holds an experiment with other settings. Choose another folder, or give the settings "
                      "that stand in its config.json.",
                      directory.string())};
    }
  } else if (fs::exists(directory, error) && !fs::is_empty(directory, error)) {
    return Error{fmt::format("{} is not empty and holds no experiment. Choose another folder.", directory.string())};
  }
  fs::create_directories(directory / "raw", error);
  if (error) return Error{fmt::format("{} cannot be made: {}.", (directory / "raw").string(), error.message())};
  ExperimentFolder folder(std::move(directory));
  if (!fs::exists(configFile, error)) ROSA_CHECK(folder.write("config.json", text(config)));
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
