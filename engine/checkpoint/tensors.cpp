// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/tensors.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "base/text.h"

namespace rosa::checkpoint {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors holds little-endian numbers");

constexpr std::int64_t kPieceBytes = 4 << 20;

constexpr std::pair<Dtype, at::ScalarType> kSameDtypes[] = {
    {Dtype::Bool, at::kBool}, {Dtype::U8, at::kByte},    {Dtype::I8, at::kChar},  {Dtype::I16, at::kShort},
    {Dtype::I32, at::kInt},   {Dtype::I64, at::kLong},   {Dtype::F16, at::kHalf}, {Dtype::BF16, at::kBFloat16},
    {Dtype::F32, at::kFloat}, {Dtype::F64, at::kDouble},
};

/// Views of at most `most` numbers that follow one another in row-major order and together are all of `tensor`.
Status inPieces(const at::Tensor& tensor, std::int64_t most, const std::function<Status(const at::Tensor&)>& visit) {
  if (tensor.numel() == 0) return {};
  if (tensor.numel() <= most) return visit(tensor);
  const std::int64_t rows = tensor.size(0);
  const std::int64_t numbersInRow = tensor.numel() / rows;
  if (numbersInRow > most) {
    for (std::int64_t row = 0; row < rows; ++row) ROSA_CHECK(inPieces(tensor.select(0, row), most, visit));
    return {};
  }
  const std::int64_t rowsAtOnce = most / numbersInRow;
  for (std::int64_t row = 0; row < rows; row += rowsAtOnce) {
    ROSA_CHECK(visit(tensor.narrow(0, row, std::min(rowsAtOnce, rows - row))));
  }
  return {};
}

std::span<std::byte> memoryOf(const at::Tensor& tensor) {
  return {static_cast<std::byte*>(tensor.data_ptr()), tensor.nbytes()};
}

bool liesPlainly(const at::Tensor& tensor) {
  return tensor.device().is_cpu() && tensor.is_contiguous();
}

Error problem(const TensorReader& reader, std::string_view name, std::string_view reason) {
  return Error{fmt::format("Tensor {} in {} {}.", base::inQuotes(name), base::printable(reader.source()), reason)};
}

Expected<const TensorEntry*> findEntry(const TensorReader& reader, std::string_view name) {
  const TensorEntry* entry = reader.find(name);
  if (entry == nullptr) {
    return problem(reader, name, "is missing. Check that the files belong to this model");
  }
  return entry;
}

Expected<at::ScalarType> readableType(const TensorReader& reader, const TensorEntry& entry) {
  const auto type = scalarType(entry.dtype);
  if (!type) {
    return problem(reader, entry.name,
                   fmt::format("is stored as {}, which is not supported. Use the model in fp32, fp16 "
                               "or bf16",
                               dtypeName(entry.dtype)));
  }
  return *type;
}

}  // namespace

std::optional<at::ScalarType> scalarType(Dtype dtype) {
  const auto* found = std::ranges::find(kSameDtypes, dtype, &std::pair<Dtype, at::ScalarType>::first);
  return found == std::end(kSameDtypes) ? std::nullopt : std::optional(found->second);
}

Dtype storedDtype(at::ScalarType type) {
  const auto* found = std::ranges::find(kSameDtypes, type, &std::pair<Dtype, at::ScalarType>::second);
  TORCH_CHECK(found != std::end(kSameDtypes), "checkpoints hold no tensors of type ", c10::toString(type));
  return found->first;
}

Status readTensor(const TensorReader& reader, std::string_view name, at::Tensor destination) {
  ROSA_TRY(const TensorEntry* entry, findEntry(reader, name));
  ROSA_TRY(const at::ScalarType stored, readableType(reader, *entry));
  if (destination.sizes() != at::IntArrayRef(entry->shape)) {
    return problem(reader, name,
                   fmt::format("has the shape [{}] instead of [{}]. Check that the files belong to this model",
                               fmt::join(entry->shape, ", "), fmt::join(destination.sizes(), ", ")));
  }
  const at::ScalarType wanted = destination.scalar_type();
  if (stored != wanted && !(at::isFloatingType(stored) && at::isFloatingType(wanted))) {
    return problem(reader, name,
                   fmt::format("is stored as {} where {} is needed. Check that the files belong to this model",
                               dtypeWord(entry->dtype), c10::toString(wanted)));
  }

  if (stored == wanted && liesPlainly(destination)) return reader.read(*entry, 0, memoryOf(destination));
  const at::NoGradGuard noGrad;
  const std::int64_t most = kPieceBytes / static_cast<std::int64_t>(c10::elementSize(stored));
  const at::Tensor buffer = at::empty({std::min(most, destination.numel())}, stored);
  std::uint64_t offset = 0;
  return inPieces(destination, most, [&](const at::Tensor& piece) -> Status {
    const at::Tensor read = buffer.narrow(0, 0, piece.numel());
    ROSA_CHECK(reader.read(*entry, offset, memoryOf(read)));
    offset += read.nbytes();
    piece.copy_(read.view(piece.sizes()));
    return {};
  });
}

Expected<at::Tensor> loadTensor(const TensorReader& reader, std::string_view name,
                                std::optional<at::ScalarType> dtype) {
  ROSA_TRY(const TensorEntry* entry, findEntry(reader, name));
  ROSA_TRY(const at::ScalarType stored, readableType(reader, *entry));
  at::Tensor tensor = at::empty(entry->shape, dtype.value_or(stored));
  ROSA_CHECK(readTensor(reader, name, tensor));
  return tensor;
}

TensorToWrite tensorToWrite(std::string name, at::Tensor tensor, std::optional<at::ScalarType> storedAs) {
  const at::ScalarType stored = storedAs.value_or(tensor.scalar_type());
  TensorToWrite entry{std::move(name), storedDtype(stored), tensor.sizes().vec(), {}};
  entry.produce = [tensor = tensor.detach(), stored](const ByteSink& sink) -> Status {
    if (tensor.scalar_type() == stored && liesPlainly(tensor)) return sink(memoryOf(tensor));
    const std::int64_t most = kPieceBytes / static_cast<std::int64_t>(c10::elementSize(stored));
    return inPieces(tensor, most,
                    [&](const at::Tensor& piece) { return sink(memoryOf(piece.to(at::kCPU, stored).contiguous())); });
  };
  return entry;
}

TensorToWrite copyOfTensor(const TensorReader& reader, const TensorEntry& entry) {
  TensorToWrite copy{entry.name, entry.dtype, entry.shape, {}};
  copy.produce = [&reader, &entry](const ByteSink& sink) -> Status {
    constexpr std::uint64_t kMost = kPieceBytes;
    std::vector<std::byte> buffer(std::min(kMost, entry.bytes()));
    for (std::uint64_t offset = 0; offset < entry.bytes(); offset += buffer.size()) {
      const auto piece = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), entry.bytes() - offset));
      ROSA_CHECK(reader.read(entry, offset, piece));
      ROSA_CHECK(sink(piece));
    }
    return {};
  };
  return copy;
}

bool FileTensorSource::contains(std::string_view name) const {
  return reader_.find(name) != nullptr;
}

std::vector<std::string> FileTensorSource::names() const {
  std::vector<std::string> names;
  names.reserve(reader_.entries().size());
  for (const auto* entry : reader_.entries()) names.push_back(entry->name);
  return names;
}

Expected<std::vector<std::int64_t>> FileTensorSource::shape(std::string_view name) const {
  ROSA_TRY(const TensorEntry* entry, findEntry(reader_, name));
  return entry->shape;
}

Status FileTensorSource::read(std::string_view name, at::Tensor destination) const {
  return readTensor(reader_, name, std::move(destination));
}

Expected<bool> FileTensorSource::equal(std::string_view one, std::string_view other) const {
  ROSA_TRY(const TensorEntry* first, findEntry(reader_, one));
  ROSA_TRY(const TensorEntry* second, findEntry(reader_, other));
  if (first->shape != second->shape) return false;
  if (first->dtype != second->dtype) {
    ROSA_TRY(const auto numbers, loadTensor(reader_, one, at::kDouble));
    ROSA_TRY(const auto others, loadTensor(reader_, other, at::kDouble));
    return at::equal(numbers, others);
  }
  std::vector<std::byte> piece, otherPiece;
  for (std::uint64_t offset = 0; offset < first->bytes(); offset += piece.size()) {
    piece.resize(std::min<std::uint64_t>(kPieceBytes, first->bytes() - offset));
    otherPiece.resize(piece.size());
    ROSA_CHECK(reader_.read(*first, offset, piece));
    ROSA_CHECK(reader_.read(*second, offset, otherPiece));
    if (piece != otherPiece) return false;
  }
  return true;
}

}  // namespace rosa::checkpoint
