// SPDX-License-Identifier: GPL-3.0-or-later
#include <vector>

#include "fuzz/fuzz_input.h"
#include "gguf/blocks.h"
#include "gguf/gguf_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosa;
  const auto file = gguf::GgufFile::open(base::FileSystem::real(), fuzz::fileWith(fuzz::asText(data, size)));
  if (!file) {
    fuzz::requireSentence(file.error().message);
    return 0;
  }
  fuzz::require(!file->architecture().empty() || file->metadata().find("general.architecture") != nullptr,
                "every file has an architecture");
  std::uint64_t total = 0;
  for (const auto& tensor : file->tensors()) {
    fuzz::require(file->find(tensor.name) == &tensor, "each tensor is found by its name");
    fuzz::require(tensor.begin >= total, "tensors lie one behind another");
    total = tensor.begin + tensor.bytes;
    fuzz::require(total <= size, "no tensor is larger than the file");
    std::vector<std::byte> bytes(tensor.bytes);
    fuzz::require(file->read(tensor, 0, bytes).hasValue(), "what the head promises can be read");
    std::vector<float> values(tensor.count());
    const bool read = file->readValues(tensor, 0, values).hasValue();
    fuzz::require(read == gguf::readableType(tensor.format.id).has_value(), "readable formats are read");
  }
  return 0;
}
