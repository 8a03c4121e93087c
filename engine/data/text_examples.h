// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "data/example_sink.h"
#include "data/examples.h"
#include "data/length_sink.h"
#include "data/text_encoder.h"
#include "rosa/expected.h"

/// Text files as examples: each file is one text, whose tokens are divided into consecutive blocks
/// (data/text_blocks.h). No block holds parts of two files.
///
/// A text is cut into tokens in pieces, by several threads where there are some, as far as the encoder can tell that
/// the tokens are those of the whole (TextEncoder::encodePart); otherwise all at once.
namespace rosa::data {

[[nodiscard]] Expected<ExampleSet> readTextBlocks(const std::filesystem::path& file, const ExampleSpec& spec,
                                                  const TextEncoder& encoder, const ReadOptions& options,
                                                  ExampleSink& sink);

/// Cut into tokens as a whole unless it is larger than `limits` has it; then the facts are reckoned from its first
/// part.
[[nodiscard]] Expected<ExampleFacts> measureTextBlocks(const std::filesystem::path& file, const ExampleSpec& spec,
                                                       const TextEncoder& encoder, const MeasureLimits& limits);

}  // namespace rosa::data
