// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <vector>

#include "checkpoint/safetensors.h"
#include "fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosa;
  const auto file =
      checkpoint::SafetensorsFile::open(base::FileSystem::real(), fuzz::fileWith(fuzz::asText(data, size)));
  if (!file) {
    fuzz::requireSentence(file.error().message);
    return 0;
  }
  std::uint64_t total = 0;
  checkpoint::SafetensorsHeader header{file->metadata(), {}};
  for (const auto* entry : file->entries()) {
    fuzz::require(file->find(entry->name) == entry, "each tensor is found by its name");
    fuzz::require(entry->begin == total, "tensors lie one behind another");
    total += entry->bytes();
    fuzz::require(total <= size, "no tensor is larger than the file");
    std::vector<std::byte> bytes(entry->bytes());
    fuzz::require(file->read(entry->name, bytes).hasValue(), "what the header promises can be read");
    header.entries.push_back(*entry);
  }
  const std::string written = checkpoint::formatSafetensorsHeader(header);
  const auto again = checkpoint::parseSafetensorsHeader(std::string_view(written).substr(checkpoint::kLengthFieldBytes),
                                                        total, "its own header");
  fuzz::require(again && again->entries.size() == header.entries.size() && again->metadata == header.metadata,
                "a written header is read back to the same");
  return 0;
}
