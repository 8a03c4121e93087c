// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/model_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "checkpoint/shard_index.h"

namespace rosa::checkpoint {
namespace {

namespace fs = std::filesystem;

std::string shown(const fs::path& path) {
  return base::printable(path.native());
}

bool isThere(const fs::path& path) {
  std::error_code code;
  return fs::exists(path, code);
}

/// Weights of another kind that lie in the folder, by name; empty if none.
std::string foreignWeights(const fs::path& folder) {
  static const std::set<std::string> kExtensions = {".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".gguf"};
  std::vector<std::string> found;
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    if (kExtensions.contains(it->path().extension().string())) found.push_back(it->path().filename().string());
  }
  return found.empty() ? std::string() : *std::ranges::min_element(found);
}

Error noWeights(const fs::path& folder) {
  if (const auto foreign = foreignWeights(folder); !foreign.empty()) {
    return Error{
        fmt::format("{} holds its weights only as {}, a format that is not read here (a pickle can run code). "
                    "Fetch the model's safetensors files, or save it again with transformers' save_pretrained.",
                    shown(folder), base::inQuotes(foreign))};
  }
  return Error{fmt::format("{} has no {}. Fetch the model's safetensors files.", shown(folder), kWeightsFile)};
}

Expected<base::Json> readConfig(base::FileSystem& files, const fs::path& folder) {
  std::error_code code;
  if (!fs::exists(folder, code)) return base::fileError("open", folder, ENOENT);
  if (!fs::is_directory(folder, code)) {
    return Error{fmt::format("{} is not a folder. Name the folder that holds the model's config.json.", shown(folder))};
  }
  const fs::path path = folder / "config.json";
  if (!isThere(path)) {
    return Error{fmt::format("{} has no config.json. Name a Hugging Face model folder.", shown(folder))};
  }
  ROSA_TRY(base::Json config, base::readJsonFile(files, path));
  if (!config.is_object()) {
    return Error{fmt::format("{} is not a JSON object. Fetch it again.", shown(path))};
  }
  return config;
}

/// The map and the shards must agree in both directions.
Status checkShard(const fs::path& indexPath, const ShardIndex& index, const std::string& shardName,
                  const SafetensorsFile& shard) {
  const auto disagree = [&](std::string_view what) {
    return Error{fmt::format("{} and {} do not belong together: {}. Fetch both again.", shown(indexPath),
                             base::printable(shardName), what)};
  };
  for (const auto* entry : shard.entries()) {
    const auto listed = index.shardOfTensor.find(entry->name);
    if (listed == index.shardOfTensor.end()) {
      return disagree(fmt::format("the index does not list tensor {}", base::inQuotes(entry->name)));
    }
    if (listed->second != shardName) {
      return disagree(
          fmt::format("tensor {} should lie in {}", base::inQuotes(entry->name), base::printable(listed->second)));
    }
  }
  for (const auto& [tensor, owner] : index.shardOfTensor) {
    if (owner == shardName && shard.find(tensor) == nullptr) {
      return disagree(fmt::format("tensor {} is missing", base::inQuotes(tensor)));
    }
  }
  return {};
}

Expected<std::vector<SafetensorsFile>> openShards(base::FileSystem& files, const fs::path& folder) {
  const fs::path indexPath = folder / kIndexFile;
  ROSA_TRY(const ShardIndex index, readShardIndex(files, indexPath));
  std::set<std::string> names;
  for (const auto& [tensor, shard] : index.shardOfTensor) names.insert(shard);
  std::vector<SafetensorsFile> shards;
  for (const auto& name : names) {
    if (!isThere(folder / name)) {
      return Error{fmt::format("{} names {}, which is missing. Fetch this file into the folder.", shown(indexPath),
                               base::inQuotes(name))};
    }
    ROSA_TRY(SafetensorsFile shard, SafetensorsFile::open(files, folder / name));
    ROSA_CHECK(checkShard(indexPath, index, name, shard));
    shards.push_back(std::move(shard));
  }
  return shards;
}

/// The value of `license:` between the two lines of dashes that open a model card.
std::string frontMatterLicense(std::string_view readme) {
  const auto lines = base::split(readme, '\n');
  if (base::trim(lines.front()) != "---") return {};
  constexpr std::string_view kKey = "license:";
  for (std::size_t i = 1; i < lines.size() && base::trim(lines[i]) != "---"; ++i) {
    if (!lines[i].starts_with(kKey)) continue;
    auto value = base::trim(lines[i].substr(kKey.size()));
    if (value.size() >= 2 && value.front() == value.back() && (value.front() == '"' || value.front() == '\'')) {
      value = value.substr(1, value.size() - 2);
    }
    return base::printable(value);
  }
  return {};
}

}  // namespace

ModelFolder::ModelFolder(fs::path path, base::Json config, std::vector<SafetensorsFile> shards)
    : path_(std::move(path)), config_(std::move(config)), shards_(std::move(shards)) {
  for (std::size_t shard = 0; shard < shards_.size(); ++shard) {
    for (const auto* entry : shards_[shard].entries()) {
      entries_.push_back(entry);
      byName_.push_back({entry, shard});
    }
  }
  std::ranges::sort(byName_, {}, [](const Located& located) { return std::string_view(located.entry->name); });
}

Expected<ModelFolder> ModelFolder::open(base::FileSystem& files, fs::path folder) {
  ROSA_TRY(base::Json config, readConfig(files, folder));
  std::vector<SafetensorsFile> shards;
  if (isThere(folder / kWeightsFile)) {
    ROSA_TRY(SafetensorsFile single, SafetensorsFile::open(files, folder / kWeightsFile));
    shards.push_back(std::move(single));
  } else if (isThere(folder / kIndexFile)) {
    ROSA_TRY(shards, openShards(files, folder));
  } else {
    return noWeights(folder);
  }
  return ModelFolder(std::move(folder), std::move(config), std::move(shards));
}

const ModelFolder::Located* ModelFolder::locate(std::string_view name) const {
  const auto nameOf = [](const Located& located) { return std::string_view(located.entry->name); };
  const auto found = std::ranges::lower_bound(byName_, name, {}, nameOf);
  return found != byName_.end() && nameOf(*found) == name ? &*found : nullptr;
}

const TensorEntry* ModelFolder::find(std::string_view name) const {
  const Located* located = locate(name);
  return located == nullptr ? nullptr : located->entry;
}

Status ModelFolder::read(const TensorEntry& entry, std::uint64_t offset, std::span<std::byte> bytes) const {
  const Located* located = locate(entry.name);
  assert(located != nullptr && located->entry == &entry);
  return shards_[located->shard].read(entry, offset, bytes);
}

std::uint64_t ModelFolder::totalBytes() const {
  std::uint64_t total = 0;
  for (const auto* entry : entries_) total += entry->bytes();
  return total;
}

std::int64_t ModelFolder::totalNumbers() const {
  std::int64_t total = 0;
  for (const auto* entry : entries_) total += entry->count();
  return total;
}

std::string ModelFolder::dtypeSummary() const {
  std::map<std::string_view, std::uint64_t> bytesOf;
  for (const auto* entry : entries_) {
    // Whole numbers are counters and position tables, not weights.
    if (isFloating(entry->dtype)) bytesOf[dtypeWord(entry->dtype)] += entry->bytes();
  }
  std::vector<std::pair<std::string_view, std::uint64_t>> sorted(bytesOf.begin(), bytesOf.end());
  std::ranges::stable_sort(sorted, std::ranges::greater(), &std::pair<std::string_view, std::uint64_t>::second);
  std::string summary;
  for (const auto& [word, bytes] : sorted) {
    if (!summary.empty()) summary += " and ";
    summary += word;
  }
  return summary;
}

std::string statedLicense(base::FileSystem& files, const fs::path& folder) {
  constexpr std::uint64_t kLimit = 1 << 20;
  if (const auto readme = base::readFile(files, folder / "README.md", kLimit)) {
    if (auto license = frontMatterLicense(*readme); !license.empty()) return license;
  }
  for (const char* name : {"LICENSE", "LICENSE.txt", "LICENSE.md"}) {
    const auto text = base::readFile(files, folder / name, kLimit);
    if (!text) continue;
    const auto all = base::trim(*text);
    constexpr std::size_t kLongest = 80;
    return base::printable(base::trim(all.substr(0, all.find('\n')).substr(0, kLongest)));
  }
  return {};
}

}  // namespace rosa::checkpoint
