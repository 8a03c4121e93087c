// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/manifest.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/json.h"
#include "base/text.h"

namespace rosa::checkpoint {
namespace {

constexpr int kFormat = 1;

Error damaged(const std::filesystem::path& folder, std::string_view reason) {
  return Error{fmt::format("The checkpoint {} is not sound: {}. Choose another checkpoint, or start the run again.",
                           base::printable(folder.native()), reason)};
}

bool isPlainName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find_first_of(std::string_view("/\\\0", 3)) == name.npos;
}

}  // namespace

std::string formatManifest(const Manifest& manifest) {
  base::Json json;
  json["format"] = kFormat;
  auto& list = json["files"] = base::Json::object();
  for (const auto& [name, digest] : manifest.files) {
    list[name] = {{"bytes", digest.bytes}, {"sha256", digest.sha256}};
  }
  return json.dump(2) + '\n';
}

Expected<Manifest> readManifest(base::FileSystem& files, const std::filesystem::path& folder) {
  constexpr base::JsonLimits kLimits = {.bytes = 1 << 20, .depth = 8};
  ROSA_TRY(const base::Json json, base::readJsonFile(files, folder / kManifestFile, kLimits));
  if (!json.is_object() || !json.contains("files") || !json["files"].is_object()) {
    return damaged(folder, "its manifest lists no files");
  }
  if (json.value("format", base::Json()) != kFormat) {
    return damaged(folder, "its manifest was written by another version of this program");
  }
  Manifest manifest;
  for (const auto& [name, entry] : json["files"].items()) {
    const bool sound = isPlainName(name) && entry.is_object() && entry.contains("bytes") &&
                       entry["bytes"].is_number_unsigned() && entry.contains("sha256") && entry["sha256"].is_string();
    if (!sound)
      return damaged(folder, fmt::format("its manifest does not give the size and hash of {}", base::inQuotes(name)));
    manifest.files[name] = {entry["sha256"].get<std::string>(), entry["bytes"].get<std::uint64_t>()};
  }
  return manifest;
}

Status verifyCheckpoint(base::FileSystem& files, const std::filesystem::path& folder) {
  ROSA_TRY(const Manifest manifest, readManifest(files, folder));
  for (const auto& [name, expected] : manifest.files) {
    ROSA_TRY(const base::FileDigest found, base::digestFile(files, folder / name));
    if (found.bytes != expected.bytes) {
      return damaged(folder, fmt::format("{} has {} bytes instead of {}", name, found.bytes, expected.bytes));
    }
    if (found.sha256 != expected.sha256) return damaged(folder, fmt::format("{} has changed on the disk", name));
  }
  return {};
}

}  // namespace rosa::checkpoint
