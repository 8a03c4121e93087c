// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/export_proof.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/text.h"
#include "checkpoint/peft_adapter.h"
#include "data/examples.h"
#include "device/tensor_source.h"
#include "train/batch_tensors.h"
#include "train/merged_tensors.h"
#include "train/opened_model.h"
#include "train/start_adapter.h"
#include "train/stored_types.h"

namespace rosa::service {

namespace {

constexpr std::int64_t kComparedTokens = 512;
/// Of the largest logit: what another order of the same sums may move. TF32 keeps 10 bits.
constexpr double kTolerance = 1e-4, kToleranceOfTf32 = 5e-3;
/// An exact export may differ by this many times the tolerance before it is refused; in between the report tells.
constexpr double kSlack = 10;
/// Of a matrix's norm: what its factors round.
constexpr double kFactorRounding = 1e-4;

Error differs(const std::string& what) {
  return Error{
      fmt::format("The export was given up: built again from its files, {}. Nothing was written. Please report this, "
                  "with the run's "
                  "config.yaml.",
                  what)};
}

/// Compares name by name. `close` says whether a matrix is near enough where it is not equal.
template <typename Close>
Status compareTensors(const std::vector<model::NamedTensor>& live, const std::vector<model::NamedTensor>& rebuilt,
                      Close close, ExportReport& report) {
  for (const auto& stored : live) {
    const auto found = std::ranges::find(rebuilt, stored.name, &model::NamedTensor::name);
    if (found == rebuilt.end()) return differs(fmt::format("the model has no tensor {}", stored.name));
    if (!found->tensor.sizes().equals(stored.tensor.sizes())) {
      return differs(fmt::format("tensor {} has another shape", stored.name));
    }
    ++report.comparedTensors;
    if (at::equal(found->tensor, stored.tensor)) continue;
    if (found->tensor.isnan().any().item<bool>()) {
      return differs(fmt::format("tensor {} is in no file", stored.name));
    }
    if (!close(stored, *found)) return differs(fmt::format("tensor {} is another one", stored.name));
  }
  return rebuilt.size() == live.size() ? Status() : differs("the model has tensors that the trained one lacks");
}

Status compareLogits(const Live& live, model::Model& rebuilt, bool exact, ExportReport& report) {
  const auto logits = rebuilt.logits(live.batch);
  if (!logits.sizes().equals(live.logits.sizes())) return differs("its logits have another shape");
  const double largest = live.logits.abs().max().item<double>();
  const bool tf32 = logits.is_cuda() && at::globalContext().allowTF32CuBLAS();
  report.comparedLogits = logits.numel();
  report.comparedTexts = static_cast<std::int64_t>(live.batch.offsets.size()) - 1;
  report.largestLogitDifference = (logits - live.logits).abs().max().item<double>();
  report.tolerance = (tf32 ? kToleranceOfTf32 : kTolerance) * std::max(1.0, largest);
  report.equal = report.largestLogitDifference <= report.tolerance;
  if (!exact || report.largestLogitDifference <= kSlack * report.tolerance) return {};
  return differs(fmt::format("the largest difference of {} logits from the trained model's is {:.3g}",
                             report.comparedLogits, report.largestLogitDifference));
}

/// Tensors in memory as the place that a model is filled from.
class HeldTensors final : public device::TensorSource {
 public:
  explicit HeldTensors(const std::vector<model::NamedTensor>& tensors) : tensors_(tensors) {}

  [[nodiscard]] bool contains(std::string_view name) const override { return find(name) != tensors_.end(); }
  [[nodiscard]] std::vector<std::string> names() const override {
    std::vector<std::string> all;
    for (const auto& stored : tensors_) all.push_back(stored.name);
    return all;
  }
  [[nodiscard]] Expected<std::vector<std::int64_t>> shape(std::string_view name) const override {
    return find(name)->tensor.sizes().vec();
  }
  [[nodiscard]] Status read(std::string_view name, at::Tensor destination) const override {
    destination.copy_(find(name)->tensor);
    return {};
  }
  [[nodiscard]] Expected<bool> equal(std::string_view one, std::string_view other) const override {
    return at::equal(find(one)->tensor, find(other)->tensor);
  }

 private:
  [[nodiscard]] std::vector<model::NamedTensor>::const_iterator find(std::string_view name) const {
    return std::ranges::find(tensors_, name, &model::NamedTensor::name);
  }
  const std::vector<model::NamedTensor>& tensors_;
};

/// Sequences of tokens from all over the vocabulary, for a run whose data are gone or have changed.
std::vector<data::Example> madeUpExamples(const train::Session& session) {
  constexpr std::int64_t kSequences = 4;
  constexpr std::int64_t kLongest = 64;
  constexpr std::int64_t kStride = 7919;  // a prime
  std::vector<data::Example> examples(kSequences);
  std::int64_t drawn = 0;
  for (auto& example : examples) {
    for (std::int64_t i = 0; i < std::min(kLongest, session.config.maxLength); ++i) {
      const auto id = ++drawn * kStride % session.model->config().vocabularySize;
      example.tokenIds.push_back(static_cast<std::int32_t>(id));
    }
    example.targets.assign(example.tokenIds.size(), data::kNoTarget);
  }
  return examples;
}

}  // namespace

Live liveOf(const train::Session& session) {
  const at::NoGradGuard noGrad;
  const data::ExampleStore examples = session.training.empty()     ? madeUpExamples(session)
                                      : session.validation.empty() ? session.training
                                                                   : session.validation;
  std::vector<std::int64_t> chosen;
  std::int64_t tokens = 0;
  for (std::size_t i = 0; i < examples.size() && (tokens < kComparedTokens || chosen.empty()); ++i) {
    chosen.push_back(static_cast<std::int64_t>(i));
    tokens += examples.length(i);
  }
  const auto flat = data::makeFlatBatch(examples, chosen, data::targetKind(session.config.task),
                                        session.model->config().firstPosition);
  Live live;
  live.tensors = train::mergedTensors(session);
  live.batch = train::toTensors(flat, session.device);
  live.logits = session.model->logits(live.batch);
  return live;
}

Expected<std::unique_ptr<model::Model>> openBare(const std::filesystem::path& base, model::BuildOptions options) {
  options.drawn = std::numeric_limits<double>::quiet_NaN();
  return train::openModel(base, options);
}

std::string firstHole(const model::Model& bare, const std::vector<std::string>& brought) {
  const auto found = std::ranges::find_if(bare.tensors(), [&](const model::NamedTensor& stored) {
    return std::ranges::find(brought, stored.name) == brought.end() && stored.tensor.isnan().any().item<bool>();
  });
  return found == bare.tensors().end() ? std::string() : found->name;
}

Expected<Live> roundedLive(const Live& live, const std::vector<at::ScalarType>& types, const model::ModelConfig& config,
                           c10::Device device, ExportReport& report) {
  const at::NoGradGuard noGrad;
  auto there = live;
  ROSA_TRY(there.tensors, train::rounded(live.tensors, types));
  const auto same = [](const auto& one, const auto& other) { return one.tensor.is_same(other.tensor); };
  if (std::ranges::equal(there.tensors, live.tensors, same)) return there;
  model::BuildOptions options;
  options.device = device;
  const HeldTensors source(there.tensors);
  ROSA_TRY(const auto twin, model::buildModel(config, &source, options));
  there.logits = twin->logits(live.batch);
  report.rounded = true;
  report.roundedLogitDifference = (there.logits - live.logits).abs().max().item<double>();
  return there;
}

Status proveModel(const std::filesystem::path& folder, const Live& live, c10::Device device, ExportReport& report) {
  model::BuildOptions options;
  options.device = device;
  ROSA_TRY(const auto rebuilt, openBare(folder, options));
  ROSA_CHECK(compareTensors(
      live.tensors, rebuilt->tensors(), [](const auto&, const auto&) { return false; }, report));
  return compareLogits(live, *rebuilt, true, report);
}

Status proveAdapter(const std::filesystem::path& base, const std::filesystem::path& folder, const Live& live,
                    model::Head head, c10::Device device, bool exact, ExportReport& report) {
  const at::NoGradGuard noGrad;
  ROSA_TRY(const auto adapter, checkpoint::PeftAdapter::open(base::FileSystem::real(), folder));
  model::BuildOptions options;
  options.device = device;
  if (head == model::Head::LanguageModel || head == model::Head::MaskedLanguageModel) options.head = head;
  train::chooseHead(adapter, options);
  train::untieFor(adapter, options);
  ROSA_TRY(const auto rebuilt, openBare(base, options));
  ROSA_CHECK(train::mergeAdapter(folder, *rebuilt));
  const auto close = [exact](const model::NamedTensor& stored, const model::NamedTensor& found) {
    const bool factored = stored.role == model::Role::LinearWeight || stored.role == model::Role::LinearBias;
    if (!factored) return false;
    if (!exact && stored.role == model::Role::LinearWeight) return true;
    return (found.tensor - stored.tensor).norm().template item<double>() <=
           kFactorRounding * stored.tensor.norm().template item<double>();
  };
  ROSA_CHECK(compareTensors(live.tensors, rebuilt->tensors(), close, report));
  return compareLogits(live, *rebuilt, exact, report);
}

}  // namespace rosa::service
