// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/gguf_weights.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.h"
#include "convert/delta_order.h"
#include "convert/gguf_places.h"
#include "gguf/blocks.h"

namespace rosa::convert {
namespace {

using model::DecoderNames;
using model::ModelConfig;

/// What llama.cpp reads settings from (gguf_config), not weights.
bool isSetting(std::string_view name) {
  constexpr std::array<std::string_view, 3> kSettings = {"rope_freqs.weight", "rope_factors_long.weight",
                                                         "rope_factors_short.weight"};
  return std::ranges::find(kSettings, name) != kSettings.end();
}

/// How the numbers of a file become those of a checkpoint.
struct Change {
  bool transposed = false;
  std::int64_t interleavedHeads = 0;  ///< rows of each head lie in pairs
  bool lessOne = false;
  std::string delta;  ///< of a gated delta rule: the name behind "blk.N."
  model::DeltaShape shape = {};

  [[nodiscard]] bool needsAll() const { return transposed || interleavedHeads > 0 || !delta.empty(); }
};

bool isLinear(std::string_view DecoderNames::*part) {
  constexpr std::array kLinear = {&DecoderNames::query,       &DecoderNames::key,          &DecoderNames::value,
                                  &DecoderNames::projections, &DecoderNames::attentionOut, &DecoderNames::gate,
                                  &DecoderNames::up,          &DecoderNames::gateUp,       &DecoderNames::down};
  return part != nullptr && std::ranges::find(kLinear, part) != kLinear.end();
}

Change changeOf(const FolderPlace& place, std::string_view name, std::size_t dimensions, const ModelConfig& config,
                const GgufFamily& family) {
  Change change;
  change.transposed = config.decoder.names->inOut && isLinear(place.part) && dimensions == 2;
  const bool reorders = reordersHeads(config, family);
  if (reorders && place.part == &DecoderNames::query) change.interleavedHeads = config.heads;
  if (reorders && place.part == &DecoderNames::key) change.interleavedHeads = config.keyValueHeads;
  const bool mixes = place.part == &DecoderNames::mixer;
  change.lessOne =
      config.decoder.norm == model::NormKind::RmsPlusOne && dimensions == 1 && name.ends_with("_norm.weight") && !mixes;
  if (mixes && family.architecture == "qwen35") {
    constexpr std::string_view kBlock = "blk.";
    change.delta = name.substr(name.find('.', kBlock.size()) + 1);
    change.shape = config.decoder.delta;
  }
  return change;
}

/// Numbers converted at a time: whole blocks of every format.
constexpr std::uint64_t kPieceNumbers = std::uint64_t{1} << 20;

Status handOver(gguf::BlockType type, std::span<const float> numbers, const gguf::ByteSink& sink) {
  std::vector<std::byte> bytes(numbers.size() * gguf::formatOf(type).bytes);
  gguf::quantise(type, numbers, bytes);
  return sink(bytes);
}

Status produceInPieces(const gguf::GgufFile& file, const gguf::TensorInfo& tensor, const Change& change,
                       gguf::BlockType type, const gguf::ByteSink& sink) {
  std::vector<float> numbers;
  for (std::uint64_t from = 0; from < tensor.count(); from += kPieceNumbers) {
    numbers.resize(std::min(kPieceNumbers, tensor.count() - from));
    ROSA_CHECK(file.readValues(tensor, from, numbers));
    if (change.lessOne) {
      for (auto& number : numbers) number -= 1;
    }
    ROSA_CHECK(handOver(type, numbers, sink));
  }
  return {};
}

Status produceRearranged(const gguf::GgufFile& file, const gguf::TensorInfo& tensor, const Change& change,
                         gguf::BlockType type, const gguf::ByteSink& sink) {
  std::vector<std::int64_t> shape(tensor.dimensions.rbegin(), tensor.dimensions.rend());
  auto numbers = at::empty(shape, at::kFloat);
  ROSA_CHECK(
      file.readValues(tensor, 0, {numbers.mutable_data_ptr<float>(), static_cast<std::size_t>(numbers.numel())}));
  if (change.interleavedHeads > 0) {
    std::vector<std::int64_t> split = {change.interleavedHeads, shape[0] / change.interleavedHeads / 2, 2};
    split.insert(split.end(), shape.begin() + 1, shape.end());
    numbers = numbers.reshape(split).transpose(1, 2).reshape(shape);
  }
  if (!change.delta.empty()) numbers = fromDeltaOrder(change.delta, numbers, change.shape);
  if (change.transposed) numbers = numbers.t();
  numbers = numbers.contiguous();
  const std::span<const float> all(numbers.const_data_ptr<float>(), static_cast<std::size_t>(numbers.numel()));
  for (std::size_t from = 0; from < all.size(); from += kPieceNumbers) {
    ROSA_CHECK(handOver(type, all.subspan(from, std::min<std::size_t>(kPieceNumbers, all.size() - from)), sink));
  }
  return {};
}

Error noPlace(const gguf::GgufFile& file, const std::string& tensor, std::string_view reason) {
  return Error{fmt::format("{}: tensor {} {}. Ask for the model as a Hugging Face folder.",
                           base::printable(file.path().native()), base::inQuotes(tensor), reason)};
}

}  // namespace

Expected<std::vector<FolderTensor>> folderTensors(const gguf::GgufFile& file, const ModelConfig& config) {
  const auto* family = ggufFamilyNamed(config.row->modelType);
  if (family == nullptr) return Error{fmt::format("{} has no form as GGUF.", config.architecture)};
  std::vector<FolderTensor> list;
  for (const auto& tensor : file.tensors()) {
    if (isSetting(tensor.name)) continue;
    const auto place = placeInFolder(tensor.name, config, *family);
    if (!place) {
      return noPlace(file, tensor.name, fmt::format("has no place in {}", config.architecture));
    }
    const auto type = gguf::readableType(tensor.format.id);
    if (!type) {
      return noPlace(file, tensor.name,
                     fmt::format("is stored as {}, which is not read here (F32, F16, BF16, Q8_0, Q5_0, Q4_0, Q4_K and "
                                 "Q6_K are)",
                                 tensor.format.name));
    }
    const auto change = changeOf(*place, tensor.name, tensor.dimensions.size(), config, *family);
    const auto rows = tensor.dimensions.empty() ? 1 : tensor.dimensions.back();
    if (change.interleavedHeads > 0 && rows % static_cast<std::uint64_t>(2 * change.interleavedHeads) != 0) {
      return noPlace(file, tensor.name, fmt::format("cannot be parted into {} heads", change.interleavedHeads));
    }
    if (!change.delta.empty() && !fitsDelta(change.delta, tensor.dimensions, change.shape)) {
      return noPlace(file, tensor.name, "has not the shape that its heads of linear attention ask for");
    }
    FolderTensor made;
    made.name = place->name;
    made.shape.assign(tensor.dimensions.rbegin(), tensor.dimensions.rend());
    if (change.transposed) std::ranges::reverse(made.shape);
    // A filter of a convolution over each channel by itself.
    if (place->part == &DecoderNames::mixer && tensor.name.find("conv") != std::string::npos &&
        tensor.dimensions.size() == 2 && !tensor.name.ends_with("_proj.weight")) {
      made.shape.insert(made.shape.begin() + 1, 1);
    }
    made.type = tensor.format.values > 1 ? gguf::BlockType::F32 : *type;
    made.produce = [&file, &tensor, change, target = made.type](const gguf::ByteSink& sink) {
      return change.needsAll() ? produceRearranged(file, tensor, change, target, sink)
                               : produceInPieces(file, tensor, change, target, sink);
    };
    list.push_back(std::move(made));
  }
  return list;
}

}  // namespace rosa::convert
