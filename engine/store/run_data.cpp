// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/run_data.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/atomic_write.h"
#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/text.h"

namespace rosa::store {

namespace {

constexpr std::int64_t kDataVersion = 1;

using base::Json;

Json jsonOf(const RunData& data) {
  Json json;
  json["version"] = kDataVersion;
  json["labels"] = data.labels;
  json["train_examples"] = data.trainExamples;
  json["validation_examples"] = data.validationExamples;
  json["files"] = Json::array();
  for (const auto& file : data.files) {
    json["files"].push_back(
        {{"part", file.part}, {"path", file.path.string()}, {"sha256", file.sha256}, {"bytes", file.bytes}});
  }
  json["accepted"] = data.accepted;
  return json;
}

/// Throws where a value is missing or of another kind.
RunData dataOf(const Json& json) {
  RunData data;
  data.labels = json.at("labels").get<std::vector<std::string>>();
  data.trainExamples = json.at("train_examples").get<std::int64_t>();
  data.validationExamples = json.at("validation_examples").get<std::int64_t>();
  for (const auto& file : json.at("files")) {
    data.files.push_back({file.at("part").get<std::string>(), file.at("path").get<std::string>(),
                          file.at("sha256").get<std::string>(), file.at("bytes").get<std::int64_t>()});
  }
  data.accepted = json.at("accepted").get<std::vector<std::string>>();
  return data;
}

const DataFile* find(const std::vector<DataFile>& files, const std::string& part) {
  const auto found = std::ranges::find(files, part, &DataFile::part);
  return found == files.end() ? nullptr : &*found;
}

}  // namespace

Status writeRunData(const RunFolder& folder, const RunData& data) {
  return base::writeFileAtomically(base::FileSystem::real(), folder.dataFile(), jsonOf(data).dump(1) + "\n");
}

Expected<std::optional<RunData>> readRunData(const RunFolder& folder) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder.dataFile(), ignored)) return std::optional<RunData>();
  ROSA_TRY(const auto json, base::readJsonFile(base::FileSystem::real(), folder.dataFile()));
  try {
    if (json.at("version").get<std::int64_t>() != kDataVersion) {
      return Error{fmt::format("{} was written by another version of this program. Start the run anew.",
                               base::printable(folder.dataFile().native()))};
    }
    return std::optional(dataOf(json));
  } catch (const Json::exception&) {
    return Error{
        fmt::format("{} does not hold all that it should. Put back the file that the run wrote, or start the run anew.",
                    base::printable(folder.dataFile().native()))};
  }
}

Expected<DataFile> describeDataFile(const std::string& part, const std::filesystem::path& path,
                                    const base::KnownDigests& known) {
  ROSA_TRY(const auto digest, known.of(path));
  return DataFile{part, path, digest.sha256, static_cast<std::int64_t>(digest.bytes)};
}

std::string whatChanged(const std::vector<DataFile>& before, const std::vector<DataFile>& now) {
  std::string changes;
  const auto add = [&](const std::string& change) { changes += (changes.empty() ? "" : ", ") + change; };
  for (const auto& old : before) {
    const auto* file = find(now, old.part);
    if (file == nullptr) {
      add(fmt::format("{} is missing", base::printable(old.path.native())));
    } else if (file->sha256 != old.sha256) {
      add(fmt::format("{} has changed", base::printable(file->path.native())));
    }
  }
  for (const auto& file : now) {
    if (find(before, file.part) == nullptr) add(fmt::format("{} is new", base::printable(file.path.native())));
  }
  return changes;
}

}  // namespace rosa::store
