// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/peft_of_run.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <string>
#include <utility>

#include "adapt/dora.h"
#include "adapt/frozen_weight.h"
#include "adapt/ia3.h"
#include "adapt/lora.h"
#include "checkpoint/peft_adapter.h"
#include "checkpoint/tensors.h"
#include "config/values.h"
#include "model/tie.h"
#include "model/token_rows.h"
#include "rosa/task_traits.h"

namespace rosa::service {

namespace {

using checkpoint::PeftPart;

/// Share of ‖W‖ that counts as W's rounding: a few units in the last place of fp32.
constexpr double kRounding = 0x1p-22;

/// One matrix's change as factors: [in, rank] and [rank, out].
struct Change {
  at::Tensor a, b;
  double whole = 0;  ///< squared Frobenius norm
  double rest = 0;   ///< of what the rank leaves out, squared
  std::int64_t rank = 0;
};

/// `most` is the largest rank that the change can have; more is rounding.
Change takeApart(const at::Tensor& change, const at::Tensor& base, std::int64_t most) {
  const auto [u, sigma, vh] = at::linalg_svd(change.to(at::kDouble), /*full_matrices=*/false);
  const auto squares = sigma.square();
  const double rounding = std::pow(kRounding * base.norm().item<double>(), 2);
  Change made;
  made.whole = squares.sum().item<double>();
  made.rest = made.whole;
  const auto side = sigma.size(0);
  while (made.rank < std::min(most, side) && made.rest > rounding) {
    ++made.rank;
    made.rest = made.rank == side ? 0 : squares.narrow(0, made.rank, side - made.rank).sum().item<double>();
  }
  const auto root = sigma.narrow(0, 0, made.rank).sqrt();
  made.a = (u.narrow(1, 0, made.rank) * root).to(at::kFloat);
  made.b = (vh.narrow(0, 0, made.rank) * root.unsqueeze(1)).to(at::kFloat);
  return made;
}

const model::NamedTensor* findTensor(const model::Model& model, const std::string& name) {
  const auto& tensors = model.tensors();
  const auto found = std::ranges::find(tensors, name, &model::NamedTensor::name);
  return found == tensors.end() ? nullptr : &*found;
}

bool isHead(const model::Model& model, const std::string& tensor) {
  const auto names = model.headTensors();
  return std::ranges::find(names, tensor) != names.end();
}

/// Whether the base model's files hold the very tensor; what they lack is NaN in `base` and equals nothing.
bool sameIn(const model::Model& base, const model::NamedTensor& stored) {
  const auto* before = findTensor(base, stored.name);
  return before != nullptr && before->tensor.sizes() == stored.tensor.sizes() &&
         at::equal(before->tensor, adapt::widened(stored.tensor));
}

std::string moduleOf(const std::string& tensor) {
  return tensor.substr(0, tensor.rfind('.'));
}

class Writer {
 public:
  Writer(const train::Session& session, const train::Progress& progress, const model::Model& base,
         std::int64_t largestRank)
      : session_(session), progress_(progress), base_(base), largestRank_(largestRank) {}

  Expected<RunAsPeft> write() {
    const auto& config = session_.config;
    if (session_.layers.empty()) return noForm("it adapts no linear layer");
    made_.config.baseModel = std::filesystem::absolute(config.model).lexically_normal().string();
    made_.config.taskType = peftTaskType(session_.config.task);
    made_.config.fanInFanOut = storedByInputs(session_.layers.front());
    // Before the layers, whose remedies would lead to it.
    ROSA_CHECK(checkTie());
    for (const auto& layer : session_.layers) ROSA_CHECK(addLayer(layer));
    if (made_.config.targetModules.empty()) return noForm("no layer has changed yet");
    if (made_.config.kind == checkpoint::PeftKind::Lora) nameRanks();
    ROSA_CHECK(addWhole());
    ROSA_CHECK(addTokenRows());
    if (whole_ > 0) made_.residual = std::sqrt(rest_ / whole_);
    return std::move(made_);
  }

 private:
  struct Ranked {
    std::string module;
    std::int64_t rank;
    double scale;
  };

  [[nodiscard]] bool classifies() const { return hasLabels(session_.config.task); }
  [[nodiscard]] Error noForm(const std::string& reason) const {
    return Error{fmt::format("This run of method {} is no PEFT adapter: {}. Export it merged.",
                             config::formatValue(session_.config.method), reason)};
  }
  [[nodiscard]] bool storedByInputs(const train::AdaptedLayer& layer) const {
    return layer.slot->weight().strides() == findTensor(*session_.model, layer.name + ".weight")->tensor.strides();
  }
  [[nodiscard]] at::Tensor baseOf(const train::AdaptedLayer& layer) const {
    const auto& linears = base_.linears();
    return (*std::ranges::find_if(linears, [&](const auto* slot) { return slot->name() == layer.name; }))->weight();
  }

  [[nodiscard]] Status checkTie() const {
    const auto& shape = session_.model->config();
    if (!model::outputIsTable(shape)) return {};
    for (const auto& stored : session_.model->tensors()) {
      if (stored.name != model::tokenTable(shape) || sameIn(base_, stored)) continue;
      return noForm("the embeddings were trained, to which the output of this model is tied");
    }
    return {};
  }

  void add(PeftPart part, const std::string& module, const at::Tensor& tensor) {
    made_.tensors.push_back(
        checkpoint::tensorToWrite(checkpoint::peftName(part, module), tensor.contiguous(), at::kFloat));
  }
  void addFactors(const std::string& module, const at::Tensor& a, const at::Tensor& b, double scale) {
    add(PeftPart::LoraA, module, a.t());
    add(PeftPart::LoraB, module, b.t());
    made_.config.targetModules.push_back(module);
    ranked_.push_back({module, a.size(1), scale});
  }

  Status addLayer(const train::AdaptedLayer& layer) {
    const auto* ia3 = dynamic_cast<const adapt::Ia3*>(layer.adaptation);
    if (ia3 != nullptr) {
      const bool inputs = ia3->side() == adapt::Ia3::Side::Inputs;
      made_.config.kind = checkpoint::PeftKind::Ia3;
      made_.config.targetModules.push_back(layer.name);
      if (inputs) made_.config.feedforwardModules.push_back(layer.name);
      add(PeftPart::Ia3, layer.name, ia3->factors().unsqueeze(inputs ? 0 : 1));
      return {};
    }
    const auto before = baseOf(layer);
    if (const auto* dora = dynamic_cast<const adapt::Dora*>(layer.adaptation)) {
      made_.config.dora = true;
      add(PeftPart::Magnitude, layer.name, dora->magnitude());
      const auto& settings = dora->settings();
      const auto direction = at::addmm(adapt::widened(layer.slot->weight()), dora->a(), dora->b(), 1, settings.scale);
      if (isChange(direction, before, dora->a(), dora->b(), settings.scale)) {
        return addOwn(layer, dora->a(), dora->b(), settings.scale);
      }
      return addChange(layer, direction - before, 2 * settings.rank, true);
    }
    auto merged = at::empty_like(before);
    layer.adaptation->writeMerged(merged);
    if (const auto* lora = dynamic_cast<const adapt::Lora*>(layer.adaptation); lora != nullptr && !lora->resamples()) {
      if (isChange(merged, before, lora->a(), lora->b(), lora->settings().scale)) {
        return addOwn(layer, lora->a(), lora->b(), lora->settings().scale);
      }
    }
    return addChange(layer, merged - before, mostOf(layer), false);
  }

  /// Whether the factors alone are the change: a start such as PiSSA, the run's or its adapter's, moved the base.
  static bool isChange(const at::Tensor& after, const at::Tensor& before, const at::Tensor& a, const at::Tensor& b,
                       double scale) {
    constexpr double kClose = 1e-5;
    const auto rest = after - at::addmm(before, a, b, 1, scale);
    return rest.norm().item<double>() <= kClose * before.norm().item<double>();
  }

  /// The method's own factors, unless a smaller rank is asked for.
  Status addOwn(const train::AdaptedLayer& layer, const at::Tensor& a, const at::Tensor& b, double scale) {
    if (largestRank_ > 0 && largestRank_ < a.size(1)) {
      return addChange(layer, scale * at::mm(a, b), a.size(1), made_.config.dora);
    }
    addFactors(layer.name, a, b, scale);
    made_.rank = std::max(made_.rank, a.size(1));
    return {};
  }

  /// What the change's rank can be at most.
  [[nodiscard]] std::int64_t mostOf(const train::AdaptedLayer& layer) const {
    const auto& config = session_.config;
    const auto weight = layer.slot->weight();
    const auto side = std::min(weight.size(0), weight.size(1));
    const auto* factors = dynamic_cast<const adapt::LowRank*>(layer.adaptation);
    if (factors == nullptr || !config.adapter.empty()) return side;
    const auto draws = progress_.cycle + 1;
    const auto perDraw = (config.method == Method::Rosa || config.method == Method::Lora ? 2 : 1);
    return std::min(side, perDraw * factors->settings().rank * std::max<std::int64_t>(draws, 1));
  }

  Status addChange(const train::AdaptedLayer& layer, const at::Tensor& change, std::int64_t most, bool keepEmpty) {
    const auto asked = largestRank_ > 0 ? std::min(largestRank_, most) : most;
    auto made = takeApart(change, baseOf(layer), asked);
    const auto in = change.size(0), out = change.size(1);
    if (largestRank_ == 0 && made.rank * (in + out) > in * out) {
      return Error{
          fmt::format("The change of layer {} has rank {}, and its factors are larger than the layer itself. "
                      "Choose a smaller rank with --rank, which leaves a part of the change out, or export "
                      "it merged.",
                      layer.name, made.rank)};
    }
    whole_ += made.whole;
    rest_ += made.rest;
    made_.rank = std::max(made_.rank, made.rank);
    if (made.rank == 0 && !keepEmpty) return {};
    if (made.rank == 0) {  // a magnitude needs its layer, whose factors may be zero
      made.a = at::zeros({in, 1}, at::kFloat);
      made.b = at::zeros({1, out}, at::kFloat);
    }
    addFactors(layer.name, made.a, made.b, 1);
    return {};
  }

  /// r and lora_alpha of most layers, and patterns for the others.
  void nameRanks() {
    auto& config = made_.config;
    config.rslora = session_.config.rslora && session_.config.loraStart != LoraStart::Pissa &&
                    std::ranges::all_of(ranked_, [&](const auto& layer) { return layer.scale != 1; });
    const auto alphaOf = [&](const Ranked& layer) {
      const auto rank = static_cast<double>(layer.rank);
      return layer.scale * (config.rslora ? std::sqrt(rank) : rank);
    };
    const auto largest = std::ranges::max_element(ranked_, {}, &Ranked::rank);
    config.rank = largest->rank;
    config.alpha = alphaOf(*largest);
    for (const auto& layer : ranked_) {
      if (layer.rank != config.rank) config.rankPattern.emplace_back(layer.module, layer.rank);
      if (alphaOf(layer) != config.alpha) config.alphaPattern.emplace_back(layer.module, alphaOf(layer));
    }
  }

  /// Rows of single tokens; the table itself is the base model's.
  Status addTokenRows() {
    for (const auto& stored : session_.model->tensors()) {
      const auto* rows = session_.model->trainedRows(stored.name);
      if (rows == nullptr) continue;
      if (made_.config.kind == checkpoint::PeftKind::Ia3) return noForm("IA3 there has no rows of single tokens");
      const auto module = moduleOf(stored.name);
      add(PeftPart::TokenRows, module, rows->values());
      const auto ids = rows->ids().cpu();
      const auto* first = ids.const_data_ptr<std::int64_t>();
      made_.config.tokenRows.emplace_back(module, std::vector<std::int64_t>(first, first + ids.numel()));
    }
    return {};
  }

  /// Head, norms, embeddings and biases that are not the base model's, and all else that no file of it holds.
  Status addWhole() {
    if (classifies()) made_.config.modulesToSave = {"classifier", "score"};
    const std::set<std::string> targets(made_.config.targetModules.begin(), made_.config.targetModules.end());
    std::set<std::string> saved;
    for (const auto& stored : session_.model->tensors()) {
      if (stored.role == model::Role::LinearWeight) continue;
      if (!isHead(*session_.model, stored.name) && sameIn(base_, stored)) continue;
      if (stored.role == model::Role::LinearBias) {
        if (made_.config.kind == checkpoint::PeftKind::Ia3) return noForm("IA3 there has no trained biases");
        if (!targets.contains(moduleOf(stored.name))) {
          return noForm(fmt::format("{} was trained, whose layer is not adapted", stored.name));
        }
        made_.config.bias = "lora_only";
        add(PeftPart::Saved, moduleOf(stored.name) + ".base_layer.bias", stored.tensor.detach());
        continue;
      }
      saved.insert(moduleOf(stored.name));
    }
    // PEFT loads a saved module only where all its tensors are there.
    for (const auto& stored : session_.model->tensors()) {
      if (stored.role == model::Role::LinearBias || !saved.contains(moduleOf(stored.name))) continue;
      add(PeftPart::Saved, stored.name, stored.tensor.detach());
      made_.config.saveModule(moduleOf(stored.name));
    }
    return {};
  }

  const train::Session& session_;
  const train::Progress& progress_;
  const model::Model& base_;
  std::int64_t largestRank_;
  RunAsPeft made_;
  std::vector<Ranked> ranked_;
  double whole_ = 0, rest_ = 0;  ///< squared, over the layers taken apart
};

}  // namespace

std::string peftTaskType(Task task) {
  if (task == Task::TokenClassification) return "TOKEN_CLS";
  if (task == Task::MaskedLanguageModelling) return "";  // PEFT has no name for it
  return hasLabels(task) ? "SEQ_CLS" : "CAUSAL_LM";
}

Expected<RunAsPeft> peftOf(const train::Session& session, const train::Progress& progress, const model::Model& base,
                           std::int64_t largestRank) {
  const at::NoGradGuard noGrad;
  return Writer(session, progress, base, largestRank).write();
}

}  // namespace rosa::service
