// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/gguf_tensors.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "convert/delta_order.h"
#include "convert/gguf_keys.h"
#include "convert/gguf_mix.h"
#include "convert/gguf_places.h"
#include "device/parallel.h"
#include "gguf/blocks.h"
#include "model/tensor_names.h"

namespace rosa::convert {
namespace {

using model::DecoderNames;
using model::ModelConfig;

constexpr std::string_view kBlock = "blk.";

/// Rows of each head: those of its first half to the even places, those of its second to the odd.
at::Tensor interleaved(const at::Tensor& rows, std::int64_t heads) {
  auto shape = rows.sizes().vec();
  const auto half = shape[0] / heads / 2;
  std::vector<std::int64_t> split = {heads, 2, half};
  split.insert(split.end(), shape.begin() + 1, shape.end());
  return rows.reshape(split).transpose(1, 2).reshape(shape);
}

GgufTensor converted(const model::NamedTensor& stored, const FilePlace& place, const ModelConfig& config,
                     const GgufFamily& family) {
  GgufTensor tensor;
  tensor.numbers = stored.tensor.detach();
  const auto is = [&](std::string_view DecoderNames::*one) { return place.part != nullptr && place.part == one; };
  if (config.decoder.names->inOut && stored.role == model::Role::LinearWeight) tensor.numbers = tensor.numbers.t();
  const bool reorders = reordersHeads(config, family);
  if (reorders && is(&DecoderNames::query)) tensor.numbers = interleaved(tensor.numbers, config.heads);
  if (reorders && is(&DecoderNames::key)) {
    tensor.numbers = interleaved(tensor.numbers, config.keyValueHeads);
  }
  if (is(&DecoderNames::mixer)) {
    if (family.architecture == "qwen35") {
      const auto name = std::string_view(place.name).substr(place.name.find('.', kBlock.size()) + 1);
      tensor.numbers = toDeltaOrder(name, tensor.numbers, config.decoder.delta);
    } else if (tensor.numbers.dim() == 3) {
      tensor.numbers = tensor.numbers.squeeze(1);
    }
  }
  const bool plusOne = config.decoder.norm == model::NormKind::RmsPlusOne && stored.role == model::Role::Norm &&
                       tensor.numbers.dim() == 1 && place.name.ends_with("_norm.weight") && !is(&DecoderNames::mixer);
  tensor.summand = plusOne ? 1 : 0;
  // A scale of the scores that the file has no key for becomes part of the queries.
  const bool normed = config.decoder.queryKeyNorm != model::QueryKeyNorm::None;
  if (is(normed ? &DecoderNames::queryNorm : &DecoderNames::query)) {
    tensor.factor = queryFactor(config, family);
    tensor.summand *= tensor.factor;
  }
  return tensor;
}

GgufTensor settingTensor(std::string name, const std::vector<float>& numbers) {
  return {std::move(name), at::tensor(numbers, at::kFloat), 1, 0, gguf::BlockType::F32};
}

std::vector<float> asFloats(const std::vector<double>& numbers) {
  return {numbers.begin(), numbers.end()};
}

std::vector<std::uint64_t> dimensionsOf(const at::Tensor& numbers) {
  const auto sizes = numbers.sizes();
  return {sizes.rbegin(), sizes.rend()};
}

/// Rows of about this many numbers are converted at a time.
constexpr std::int64_t kPiece = std::int64_t{1} << 20;

/// Calls body(first number, floats) for piece after piece, whole rows each.
template <typename Body>
Status forPieces(const GgufTensor& tensor, const Body& body) {
  const auto rows = tensor.numbers.dim() > 1 ? tensor.numbers : tensor.numbers.unsqueeze(0);
  const auto length = rows[0].numel();
  const auto step = std::max<std::int64_t>(1, kPiece / std::max<std::int64_t>(1, length));
  for (std::int64_t row = 0; row < rows.size(0); row += step) {
    const auto count = std::min(step, rows.size(0) - row);
    auto piece = rows.narrow(0, row, count).to(at::kCPU, at::kFloat).contiguous();
    if (tensor.factor != 1) piece = piece * tensor.factor;
    if (tensor.summand != 0) piece = piece + tensor.summand;
    ROSA_CHECK(
        body(static_cast<std::uint64_t>(row * length),
             std::span<const float>(piece.template const_data_ptr<float>(), static_cast<std::size_t>(piece.numel()))));
  }
  return {};
}

/// By how much the root mean square of a tensor may be off, as a share of the tensor's.
double roundingOf(gguf::BlockType type) {
  switch (type) {
    case gguf::BlockType::F32:
      return 0;
    case gguf::BlockType::F16:
      return 1e-3;
    case gguf::BlockType::BF16:
      return 8e-3;
    case gguf::BlockType::Q8_0:
      return 2e-2;
    case gguf::BlockType::Q6_K:
      return 5e-2;
    default:
      return 0.2;
  }
}

Error differs(const gguf::GgufFile& file, const std::string& name, std::string_view how) {
  return Error{fmt::format("The export was given up: in the written file {} tensor {} {}. Please report this.",
                           base::printable(file.path().native()), base::inQuotes(name), how)};
}

}  // namespace

Expected<std::vector<GgufTensor>> ggufTensors(const std::vector<model::NamedTensor>& tensors, const ModelConfig& config,
                                              const GgufFamily& family, GgufType type) {
  std::vector<GgufTensor> list;
  if (const auto factors = ropeFactors(config); !factors.empty()) {
    list.push_back(settingTensor("rope_freqs.weight", factors));
  }
  if (family.architecture == "phi3" && !config.ropes.front().longFactors.empty()) {
    list.push_back(settingTensor("rope_factors_long.weight", asFloats(config.ropes.front().longFactors)));
    list.push_back(settingTensor("rope_factors_short.weight", asFloats(config.ropes.front().shortFactors)));
  }
  for (const auto& stored : tensors) {
    if (config.tied && stored.name == model::kLanguageHead) continue;
    const auto place = placeInFile(stored.name, config, family);
    if (!place) {
      return Error{fmt::format(
          "{} cannot be written as GGUF: llama.cpp has no place for its tensor {}. What remains is a merged "
          "model (--as merged), and of a run what it changed (--as peft or --as delta).",
          config.architecture, base::inQuotes(stored.name))};
    }
    auto tensor = converted(stored, *place, config, family);
    tensor.name = place->name;
    tensor.type = blockTypeOf(type, {.name = tensor.name,
                                     .dimensions = tensor.numbers.dim(),
                                     .rowLength = tensor.numbers.size(-1),
                                     .layer = place->layer,
                                     .layers = config.layers,
                                     .tiedTable = config.tied && tensor.name == "token_embd.weight"});
    list.push_back(std::move(tensor));
  }
  return list;
}

gguf::TensorToWrite toWrite(const GgufTensor& tensor) {
  gguf::TensorToWrite out{tensor.name, dimensionsOf(tensor.numbers), tensor.type, {}};
  out.produce = [tensor](const gguf::ByteSink& sink) -> Status {
    const auto format = gguf::formatOf(tensor.type);
    return forPieces(tensor, [&](std::uint64_t, std::span<const float> numbers) -> Status {
      std::vector<std::byte> bytes(numbers.size() / format.values * format.bytes);
      constexpr std::size_t kAtATime = 4096;  // numbers: whole blocks of every format
      const auto parts = (numbers.size() + kAtATime - 1) / kAtATime;
      device::forEachInParallel(static_cast<std::int64_t>(parts), [&](std::int64_t part) {
        const auto from = static_cast<std::size_t>(part) * kAtATime;
        const auto count = std::min(kAtATime, numbers.size() - from);
        gguf::quantise(
            tensor.type, numbers.subspan(from, count),
            std::span(bytes).subspan(from / format.values * format.bytes, count / format.values * format.bytes));
      });
      return sink(bytes);
    });
  };
  return out;
}

Expected<GgufDifference> compareWithFile(const gguf::GgufFile& file, const std::vector<GgufTensor>& tensors) {
  GgufDifference all;
  double squares = 0, differences = 0;
  for (const auto& tensor : tensors) {
    const auto* found = file.find(tensor.name);
    if (found == nullptr) return differs(file, tensor.name, "is missing");
    if (found->dimensions != dimensionsOf(tensor.numbers)) return differs(file, tensor.name, "has another shape");
    double square = 0, difference = 0;
    std::vector<float> back;
    const auto compared = forPieces(tensor, [&](std::uint64_t from, std::span<const float> numbers) -> Status {
      back.resize(numbers.size());
      ROSA_CHECK(file.readValues(*found, from, back));
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        const double off = static_cast<double>(back[i]) - numbers[i];
        square += static_cast<double>(numbers[i]) * numbers[i];
        difference += off * off;
      }
      return {};
    });
    if (!compared) return compared.error();
    if (!std::isfinite(difference)) {
      return Error{fmt::format("Tensor {} holds a number that {} cannot hold. Export it with --type bf16 or f32.",
                               base::inQuotes(tensor.name), found->format.name)};
    }
    if (difference > std::pow(roundingOf(tensor.type), 2) * square + 1e-12) {
      return differs(file, tensor.name, "is another one");
    }
    squares += square;
    differences += difference;
    ++all.tensors;
  }
  if (file.tensors().size() != tensors.size()) return differs(file, "?", "is one too many");
  all.rootMeanSquare = squares > 0 ? std::sqrt(differences / squares) : 0;
  return all;
}

}  // namespace rosa::convert
