// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/frozen_weight.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>

#include "adapt/few_rows.h"
#include "device/gemm.h"

namespace rosa::adapt {

namespace {

/// Numbers of a block that is widened: 4 MiB of fp32, small enough to be read from the cache by the product that
/// follows, large enough for it to run at full speed.
constexpr std::int64_t kBlock = std::int64_t{1} << 20;

/// Blocks of lines along `dimension` of about equal size: `visit(first, count)`.
void forEachBlock(const at::Tensor& weight, std::int64_t dimension,
                  const std::function<void(std::int64_t, std::int64_t)>& visit) {
  const auto lines = weight.size(dimension);
  const auto line = std::max<std::int64_t>(1, weight.size(1 - dimension));
  const auto most = std::max<std::int64_t>(1, kBlock / line);
  const auto blocks = std::max<std::int64_t>(1, (lines + most - 1) / most);
  const auto step = std::max<std::int64_t>(1, (lines + blocks - 1) / blocks);
  for (std::int64_t first = 0; first < lines; first += step) visit(first, std::min(step, lines - first));
}

/// The dimension whose neighbours lie farthest apart: blocks of it are contiguous.
std::int64_t lineDimension(const at::Tensor& weight) {
  return weight.stride(0) >= weight.stride(1) ? 0 : 1;
}

void productOf(at::Tensor& y, const at::Tensor& x, const at::Tensor& weight) {
  if (device::hasFastProduct(x, weight)) {
    y.copy_(device::fastProduct(x, weight));
  } else {
    at::mm_out(y, x, weight);
  }
}

void addProductOf(at::Tensor& y, const at::Tensor& x, const at::Tensor& weight) {
  if (device::hasFastProduct(x, weight)) {
    y.add_(device::fastProduct(x, weight));
  } else {
    y.addmm_(x, weight);
  }
}

/// A model that is half precision as a whole is multiplied as it is.
bool isWidened(const at::Tensor& x, const at::Tensor& weight) {
  return isNarrow(weight) && x.scalar_type() != weight.scalar_type();
}

constexpr std::int64_t kScaleBytes = sizeof(float);
constexpr double kLargestWhole = 127;

/// Bytes before a row's scale, which lies where an fp32 number may.
std::int64_t placeOfScale(std::int64_t columns) {
  return (columns + kScaleBytes - 1) / kScaleBytes * kScaleBytes;
}

}  // namespace

at::Tensor emptyWeight(std::int64_t rows, std::int64_t columns, const at::TensorOptions& options, at::ScalarType type) {
  if (type != at::kChar) return at::empty({rows, columns}, options.dtype(type));
  return at::empty({rows, placeOfScale(columns) + kScaleBytes}, options.dtype(type)).narrow(1, 0, columns);
}

bool isInt8(const at::Tensor& weight) {
  return weight.scalar_type() == at::kChar;
}

at::Tensor scalesOf(const at::Tensor& weight) {
  const auto rows = lineDimension(weight);
  const auto place = placeOfScale(weight.size(1 - rows));
  TORCH_CHECK(weight.stride(rows) == place + kScaleBytes, "An int8 matrix without the scales of its rows.");
  const auto bytes =
      weight.as_strided({weight.size(rows), kScaleBytes}, {weight.stride(rows), 1}, weight.storage_offset() + place);
  const auto scales = bytes.view(at::kFloat);
  return rows == 0 ? scales : scales.t();
}

bool isNarrow(const at::Tensor& weight) {
  return weight.scalar_type() == at::kBFloat16 || weight.scalar_type() == at::kHalf || isInt8(weight);
}

at::TensorOptions computeOptions(const at::Tensor& weight) {
  return isNarrow(weight) ? weight.options().dtype(at::kFloat) : weight.options();
}

at::Tensor widened(const at::Tensor& weight) {
  if (!isInt8(weight)) return isNarrow(weight) ? weight.to(at::kFloat) : weight;
  // Row after row as they lie.
  const bool byRows = lineDimension(weight) == 0;
  const auto stored = byRows ? weight : weight.t();
  const auto wide = stored.to(at::kFloat).mul_(scalesOf(stored));
  return byRows ? wide : wide.t();
}

void widenInto(at::Tensor destination, const at::Tensor& weight) {
  destination.copy_(weight);
  if (isInt8(weight)) destination.mul_(scalesOf(weight));
}

void assign(at::Tensor weight, const at::Tensor& values) {
  if (!isInt8(weight)) {
    weight.copy_(values);
    return;
  }
  // Least of all a normal number, so that a row of zeros has a scale to divide by; NaN and Inf stay in it.
  const auto most = values.abs().amax(1 - lineDimension(weight), /*keepdim=*/true);
  auto scales = scalesOf(weight);
  scales.copy_((most / kLargestWhole).clamp_min(std::numeric_limits<float>::min()));
  weight.copy_((values / scales).nan_to_num_(0, 0, 0).round_().clamp_(-kLargestWhole, kLargestWhole));
}

at::Tensor kept(const at::Tensor& weight) {
  if (!isInt8(weight)) return weight;
  const auto rows = lineDimension(weight);
  const auto width = placeOfScale(weight.size(1 - rows)) + kScaleBytes;
  return weight.as_strided({weight.size(rows), width}, {weight.stride(rows), 1}, weight.storage_offset());
}

at::Tensor product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  if (hasFewRows(x, weight)) return fewRowsProduct(x, weight, bias);
  if (device::hasFastProduct(x, weight)) return device::fastProduct(x, weight, bias);
  if (!isWidened(x, weight)) return bias.defined() ? at::addmm(bias, x, weight) : at::mm(x, weight);
  auto y = at::empty({x.size(0), weight.size(1)}, x.options());
  productInto(y, x, weight);
  return bias.defined() ? y.add_(bias) : y;
}

void productInto(at::Tensor y, const at::Tensor& x, const at::Tensor& weight) {
  if (!isWidened(x, weight)) {
    productOf(y, x, weight);
    return;
  }
  const auto dimension = lineDimension(weight);
  if (dimension == 0) y.zero_();
  forEachBlock(weight, dimension, [&](std::int64_t first, std::int64_t count) {
    const auto block = widened(weight.narrow(dimension, first, count));
    if (dimension == 0) {
      addProductOf(y, x.narrow(1, first, count), block);
    } else {
      auto columns = y.narrow(1, first, count);
      productOf(columns, x, block);
    }
  });
}

void addProduct(at::Tensor weight, const at::Tensor& a, const at::Tensor& b, double scale) {
  if (!isNarrow(weight)) {
    weight.addmm_(a, b, 1, scale);
    return;
  }
  const auto dimension = lineDimension(weight);
  forEachBlock(weight, dimension, [&](std::int64_t first, std::int64_t count) {
    auto block = weight.narrow(dimension, first, count);
    auto wide = widened(block);
    if (dimension == 0) {
      wide.addmm_(a.narrow(0, first, count), b, 1, scale);
    } else {
      wide.addmm_(a, b.narrow(1, first, count), 1, scale);
    }
    assign(block, wide);
  });
}

}  // namespace rosa::adapt
