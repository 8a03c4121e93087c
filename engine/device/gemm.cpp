// SPDX-License-Identifier: GPL-3.0-or-later
#include "device/gemm.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace rosa::device {

namespace {

// A kernel is made for each shape, in about a millisecond; batches change their number of tokens all the time.
constexpr std::int64_t kLeastWork = std::int64_t{1} << 25;  // multiplications and additions
constexpr std::int64_t kFewestRows = 16;
constexpr std::int64_t kFewestColumns = 64;

using Linear = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, c10::string_view,
                          c10::List<std::optional<at::Scalar>>, std::optional<c10::string_view>);

/// oneDNN's x·Wᵀ + b for plain tensors; null where LibTorch was built without it.
const c10::TypedOperatorHandle<Linear>* linear() {
  static const auto kFound = []() -> std::optional<c10::TypedOperatorHandle<Linear>> {
    const auto schema = c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""});
    if (!schema) return std::nullopt;
    return schema->typed<Linear>();
  }();
  return kFound ? &*kFound : nullptr;
}

}  // namespace

bool hasFastProducts() {
#if defined(__x86_64__) && defined(__GNUC__)
  static const bool kPrefers = !__builtin_cpu_is("intel") && __builtin_cpu_supports("avx512f") && linear() != nullptr;
  return kPrefers;
#else
  return false;
#endif
}

bool hasFastProduct(const at::Tensor& x, const at::Tensor& weight) {
  const auto isPlain = [](const at::Tensor& tensor) { return tensor.is_cpu() && tensor.scalar_type() == at::kFloat; };
  // oneDNN has kernels for matrices without gaps alone.
  const bool isDense = weight.is_contiguous() || weight.t().is_contiguous();
  return x.size(0) >= kFewestRows && weight.size(1) >= kFewestColumns && x.size(0) * weight.numel() >= kLeastWork &&
         isPlain(x) && isPlain(weight) && isDense && hasFastProducts();
}

at::Tensor fastProduct(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const at::NoGradGuard noGrad;
  const auto added = bias.defined() ? std::optional(bias) : std::nullopt;
  return linear()->call(x.contiguous(), weight.t(), added, "none", c10::List<std::optional<at::Scalar>>(),
                        std::nullopt);
}

}  // namespace rosa::device
