// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/delta_manifest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/sha256.h"
#include "base/text.h"
#include "checkpoint/shard_index.h"

namespace rosa::checkpoint {
namespace {

constexpr std::pair<const char*, std::string DeltaManifest::*> kTexts[] = {
    {"base", &DeltaManifest::base}, {"base_sha256", &DeltaManifest::baseSha256}, {"dtype", &DeltaManifest::dtype}};
constexpr std::pair<const char*, TextMap DeltaManifest::*> kMaps[] = {{"base_tensors", &DeltaManifest::baseTensors},
                                                                      {"headers", &DeltaManifest::headers},
                                                                      {"sizes", &DeltaManifest::sizes},
                                                                      {"sha256", &DeltaManifest::sha256},
                                                                      {"renamed", &DeltaManifest::renamed},
                                                                      {"guesses", &DeltaManifest::guesses}};

/// A description without its hash.
std::string_view kindOf(std::string_view description) {
  return description.substr(0, description.rfind(' '));
}

}  // namespace

Expected<TextMap> describeTensors(const TensorReader& tensors) {
  constexpr std::uint64_t kPiece = 4 << 20;
  TextMap all;
  std::vector<std::byte> piece;
  for (const auto* entry : tensors.entries()) {
    base::Sha256 hash;
    for (std::uint64_t offset = 0; offset < entry->bytes(); offset += piece.size()) {
      piece.resize(static_cast<std::size_t>(std::min(kPiece, entry->bytes() - offset)));
      ROSA_CHECK(tensors.read(*entry, offset, piece));
      hash.update(piece);
    }
    all[entry->name] = fmt::format("{} [{}] {}", dtypeName(entry->dtype), fmt::join(entry->shape, ", "), hash.finish());
  }
  return all;
}

std::string contentHash(const TextMap& descriptions) {
  base::Sha256 hash;
  for (const auto& [name, description] : descriptions) {
    // A zero byte ends a name, which may hold anything else.
    hash.update(std::as_bytes(std::span(name.c_str(), name.size() + 1)));
    hash.update(std::as_bytes(std::span(description.c_str(), description.size() + 1)));
  }
  return hash.finish();
}

std::string firstDifference(const TextMap& wanted, const TextMap& there) {
  for (const auto& [name, description] : wanted) {
    const auto found = there.find(name);
    if (found == there.end()) return fmt::format("tensor {} is missing", base::inQuotes(name));
    if (found->second == description) continue;
    const auto kind = kindOf(description);
    if (kindOf(found->second) == kind) return fmt::format("tensor {} holds other numbers", base::inQuotes(name));
    return fmt::format("tensor {} is {} and not {}", base::inQuotes(name), kindOf(found->second),
                       base::printable(kind));
  }
  for (const auto& [name, description] : there) {
    if (!wanted.contains(name)) return fmt::format("tensor {} is one more", base::inQuotes(name));
  }
  return {};
}

std::string formatDeltaManifest(const DeltaManifest& manifest) {
  base::Json json;
  for (const auto& [key, text] : kTexts) json[key] = manifest.*text;
  for (const auto& [key, map] : kMaps) {
    auto& object = (json[key] = base::Json::object()).get_ref<base::Json::object_t&>();
    for (const auto& [name, value] : manifest.*map) object.emplace_back(name, value);
  }
  return json.dump(-1, ' ', false, base::Json::error_handler_t::strict);
}

Expected<DeltaManifest> parseDeltaManifest(std::string_view text, std::string_view source) {
  constexpr base::JsonLimits kLimits = {.bytes = std::uint64_t{256} << 20, .depth = 4};
  ROSA_TRY(const base::Json json, base::parseJson(text, fmt::format("The manifest of {}", source), kLimits));
  const auto damaged = [&](std::string_view what) {
    return Error{fmt::format("{} is no sound delta: its manifest {}. Fetch or export it again.", source, what)};
  };
  if (!json.is_object()) return damaged("is no JSON object");
  DeltaManifest manifest;
  for (const auto& [key, member] : kTexts) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) return damaged(fmt::format("has no text \"{}\"", key));
    manifest.*member = found->get<std::string>();
  }
  for (const auto& [key, member] : kMaps) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_object()) return damaged(fmt::format("has no object \"{}\"", key));
    for (const auto& [name, value] : found->items()) {
      if (!value.is_string()) return damaged(fmt::format("says no text of {}", base::inQuotes(name)));
      (manifest.*member)[name] = value.get<std::string>();
    }
  }
  for (const auto& [file, sha256] : manifest.sha256) {
    if (!staysInside(file)) return damaged(fmt::format("leads out of the folder with {}", base::inQuotes(file)));
  }
  for (const auto& [file, header] : manifest.headers) {
    if (!manifest.sha256.contains(file) || !manifest.sizes.contains(file)) {
      return damaged(fmt::format("has no hash and size of {}", base::inQuotes(file)));
    }
  }
  if (manifest.headers.empty()) return damaged("names no tensors");
  return manifest;
}

}  // namespace rosa::checkpoint
