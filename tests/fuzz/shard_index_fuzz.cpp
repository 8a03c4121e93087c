// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/shard_index.h"
#include "fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosa;
  const auto index = checkpoint::readShardIndex(base::FileSystem::real(), fuzz::fileWith(fuzz::asText(data, size)));
  if (!index) {
    fuzz::requireSentence(index.error().message);
    return 0;
  }
  const std::filesystem::path folder = "/models/one";
  for (const auto& [tensor, shard] : index->shardOfTensor) {
    const auto relative = (folder / shard).lexically_normal().lexically_relative(folder);
    fuzz::require(!relative.empty() && *relative.begin() != "..", "a shard lies inside the model's folder");
  }
  return 0;
}
