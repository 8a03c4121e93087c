// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "checkpoint/tensor_reader.h"
#include "rosa/expected.h"

/// What a delta file says of the folder that it rebuilds, and of the base model that it builds on.
///
/// A delta is a safetensors file of packed bytes. "manifest" holds this; "change:NAME" what turns a tensor of the base
/// into the one of that name (checkpoint/packed_change.h), "left:NAME" and "right:NAME" the factors of a guess that the
/// change starts from, "file:NAME" a file that the base has otherwise or not at all.
namespace rosa::checkpoint {

using TextMap = std::map<std::string, std::string>;

struct DeltaManifest {
  std::string base;        ///< the name of its folder
  std::string baseSha256;  ///< of its tensors, as `contentHash` makes it
  std::string dtype;       ///< of what is rebuilt: "bf16", or "bf16 and fp32"
  TextMap baseTensors;     ///< by name, as `describeTensors` makes them
  TextMap headers;         ///< of the safetensors files to rebuild, by file, as JSON
  TextMap sizes;           ///< of those files' tensors, in bytes
  TextMap sha256;          ///< of every file to rebuild, by its path in the folder
  TextMap renamed;         ///< tensors that the base has under another name: that name
  TextMap guesses;         ///< tensors with a guess: its rank and its exponent of two, such as "8 -31"
};

/// Each tensor's dtype, shape and SHA-256: "F32 [64, 64] 0f3a...". Reads all of them.
[[nodiscard]] Expected<TextMap> describeTensors(const TensorReader& tensors);
/// SHA-256 of such descriptions with their names, whatever files the tensors lie in.
[[nodiscard]] std::string contentHash(const TextMap& descriptions);

/// Where a model has other tensors than those that a delta was made of: "tensor "x" holds other numbers"; empty where
/// it has the very same.
[[nodiscard]] std::string firstDifference(const TextMap& wanted, const TextMap& there);

[[nodiscard]] std::string formatDeltaManifest(const DeltaManifest& manifest);
/// `source` names the file in messages. Refuses files outside the folder.
[[nodiscard]] Expected<DeltaManifest> parseDeltaManifest(std::string_view text, std::string_view source);

}  // namespace rosa::checkpoint
