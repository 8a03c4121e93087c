// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "data/examples.h"
#include "data/text_encoder.h"
#include "rosa/expected.h"

/// The examples of a data file, kept from one run to the next, so that the next need not cut the texts into tokens.
///
/// One file a set, named by the SHA-256 of all that the examples follow from: the bytes of the data, the encoder, every
/// setting that says how rows are read, and the version of the format. It appears whole or not at all, and ends with
/// the SHA-256 of its bytes. One that is cut, changed or of another key is not believed but written anew.
namespace rosa::data {

struct TokenStore {
  std::filesystem::path folder;  ///< empty: nothing is kept
  std::string encoderKey;        ///< stands for all that the encoder depends on
  /// Bytes in the folder beyond which the sets that were used longest ago are removed.
  std::uint64_t limit = 10'000'000'000;
  /// Data of fewer bytes is read as quickly as it is looked up.
  std::uint64_t smallest = 8'000'000;
  /// A reading of as many bytes that is stopped or killed goes on where it was at the next one (data/cut_journal.h).
  std::uint64_t smallestResumed = 64'000'000;
};

/// `readExamples`, but from the store where it holds them, and into it where not; the examples stay in its file, which
/// is mapped. Where the store cannot be written to they are kept in memory.
[[nodiscard]] Expected<ExampleSet> readStoredExamples(const std::filesystem::path& file, const ExampleSpec& spec,
                                                      const TextEncoder& encoder, const ReadOptions& options,
                                                      const TokenStore& store);

}  // namespace rosa::data
