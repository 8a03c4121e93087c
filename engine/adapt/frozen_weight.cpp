// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/frozen_weight.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>
#include <functional>

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
  return isHalf(weight) && x.scalar_type() != weight.scalar_type();
}

}  // namespace

bool isHalf(const at::Tensor& weight) {
  return weight.scalar_type() == at::kBFloat16 || weight.scalar_type() == at::kHalf;
}

at::TensorOptions computeOptions(const at::Tensor& weight) {
  return isHalf(weight) ? weight.options().dtype(at::kFloat) : weight.options();
}

at::Tensor widened(const at::Tensor& weight) {
  return isHalf(weight) ? weight.to(at::kFloat) : weight;
}

at::Tensor product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
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
    const auto block = weight.narrow(dimension, first, count).to(at::kFloat);
    if (dimension == 0) {
      addProductOf(y, x.narrow(1, first, count), block);
    } else {
      auto columns = y.narrow(1, first, count);
      productOf(columns, x, block);
    }
  });
}

void addProduct(at::Tensor weight, const at::Tensor& a, const at::Tensor& b, double scale) {
  if (!isHalf(weight)) {
    weight.addmm_(a, b, 1, scale);
    return;
  }
  const auto dimension = lineDimension(weight);
  forEachBlock(weight, dimension, [&](std::int64_t first, std::int64_t count) {
    auto block = weight.narrow(dimension, first, count);
    auto wide = block.to(at::kFloat);
    if (dimension == 0) {
      wide.addmm_(a.narrow(0, first, count), b, 1, scale);
    } else {
      wide.addmm_(a, b.narrow(1, first, count), 1, scale);
    }
    block.copy_(wide);
  });
}

}  // namespace rosa::adapt
