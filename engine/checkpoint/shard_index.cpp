// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/shard_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/json.h"
#include "base/text.h"

namespace rosa::checkpoint {
bool staysInside(std::string_view path) {
  if (path.find_first_of(std::string_view("\\:\0", 3)) != std::string_view::npos) return false;
  const auto parts = base::split(path, '/');
  return std::ranges::none_of(parts, [](std::string_view part) { return part.empty() || part == "." || part == ".."; });
}

Expected<ShardIndex> readShardIndex(base::FileSystem& files, const std::filesystem::path& path) {
  constexpr base::JsonLimits kLimits = {.bytes = std::uint64_t{64} << 20, .depth = 16};
  ROSA_TRY(const base::Json json, base::readJsonFile(files, path, kLimits));
  const auto problem = [&path](std::string_view reason) {
    return Error{fmt::format("{} {}. Fetch the index again.", base::printable(path.native()), reason)};
  };
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object()) {
    return problem("has no weight_map that says which file holds which tensor");
  }
  const auto& map = json["weight_map"];
  if (map.empty()) return problem("lists no tensors");
  ShardIndex index;
  for (const auto& [tensor, value] : map.items()) {
    if (!value.is_string()) return problem(fmt::format("names no file for tensor {}", base::inQuotes(tensor)));
    const auto& shard = value.get_ref<const std::string&>();
    if (!staysInside(shard)) {
      return problem(fmt::format("puts tensor {} into {}, which is not a file inside the model's folder",
                                 base::inQuotes(tensor), base::inQuotes(shard)));
    }
    index.shardOfTensor.emplace(tensor, shard);
  }
  return index;
}

std::string formatShardIndex(const ShardIndex& index) {
  base::Json json;
  json["metadata"] = {{"total_parameters", index.totalNumbers}, {"total_size", index.totalBytes}};
  auto& map = json["weight_map"] = base::Json::object();
  for (const auto& [tensor, shard] : index.shardOfTensor)
    map.get_ref<base::Json::object_t&>().emplace_back(tensor, shard);
  return json.dump(2) + '\n';
}

}  // namespace rosa::checkpoint
