// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdexcept>
#include <string>

#include "base/sha256.h"
#include "data/token_file.h"
#include "fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosa;
  const std::string key(64, 'k');
  auto& files = base::FileSystem::real();
  const auto text = fuzz::asText(data, size);
  fuzz::require(!data::openTokenFile(files, fuzz::fileWith(text), key), "bytes without their digest are no set");

  // As if whoever damaged the file had written a digest that fits.
  auto signedText = "ROSATOK2" + key + std::string(text);
  signedText += base::digestText(signedText).sha256;
  const auto set = data::openTokenFile(files, fuzz::fileWith(signedText), key);
  if (!set) return 0;
  std::int64_t tokens = 0;
  for (std::size_t i = 0; i < set->examples.size(); ++i) {
    try {
      const auto example = set->examples[i];
      tokens += std::ssize(example.tokenIds);
      fuzz::require(set->examples.length(i) == std::ssize(example.tokenIds), "lengths are those of the examples");
      fuzz::require(example.targets.empty() || example.targets.size() == example.tokenIds.size(),
                    "each token has a target, or none has");
      for (const auto target : example.targets) {
        fuzz::require(set->labels.size() == 0 || target == data::kNoTarget || target < set->labels.size(),
                      "classes have names");
      }
    } catch (const std::runtime_error& error) {
      fuzz::requireSentence(error.what());
    }
  }
  fuzz::require(tokens * 4 <= static_cast<std::int64_t>(size), "no more tokens than the file has room for");
  return 0;
}
