// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/group_state.h"

#include <ATen/ATen.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/text.h"
#include "device/tensor_source.h"
#include "train/checkpoint_state.h"
#include "train/event_fan.h"
#include "train/resampling.h"
#include "train/session.h"

namespace rosa::train {

namespace {

using nlohmann::json;

constexpr std::chrono::seconds kLongestPause(2);  // between two signs of life

/// Tensors that have come from rank 0.
class SentTensors final : public device::TensorSource {
 public:
  void add(const std::string& name, at::Tensor tensor) { tensors_[name] = std::move(tensor); }

  [[nodiscard]] bool contains(std::string_view name) const override { return tensors_.contains(name); }
  [[nodiscard]] std::vector<std::string> names() const override {
    std::vector<std::string> all;
    for (const auto& [name, tensor] : tensors_) all.push_back(name);
    return all;
  }
  [[nodiscard]] Expected<std::vector<std::int64_t>> shape(std::string_view name) const override {
    ROSA_TRY(const auto tensor, find(name));
    return tensor.sizes().vec();
  }
  [[nodiscard]] Status read(std::string_view name, at::Tensor destination) const override {
    ROSA_TRY(const auto tensor, find(name));
    if (tensor.sizes() != destination.sizes()) return differs(name);
    destination.copy_(tensor);
    return {};
  }
  [[nodiscard]] Expected<bool> equal(std::string_view one, std::string_view other) const override {
    ROSA_TRY(const auto first, find(one));
    ROSA_TRY(const auto second, find(other));
    return at::equal(first, second);
  }

 private:
  [[nodiscard]] Expected<at::Tensor> find(std::string_view name) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) return differs(name);
    return found->second;
  }
  static Error differs(std::string_view name) {
    return Error{"Tensor " + std::string(name) +
                 " is another one on rank 0. Start every process with the same program, model and settings."};
  }

  std::map<std::string, at::Tensor, std::less<>> tensors_;
};

std::string toText(const RunControl::Wishes& wishes) {
  json text = {{"stop", wishes.stop}, {"save", wishes.stopMode == StopMode::Save}, {"paused", wishes.paused}};
  for (const auto& command : wishes.commands) text["commands"].push_back(toJson(command));
  return text.dump();
}

RunControl::Wishes wishesFrom(const std::string& text) {
  const auto stored = json::parse(text);
  RunControl::Wishes wishes;
  wishes.stop = stored.at("stop").get<bool>();
  wishes.stopMode = stored.at("save").get<bool>() ? StopMode::Save : StopMode::Discard;
  wishes.paused = stored.at("paused").get<bool>();
  for (const auto& line : stored.value("commands", json::array())) {
    if (auto command = commandFromJson(line.get<std::string>())) wishes.commands.push_back(*std::move(command));
  }
  return wishes;
}

/// Where all that trains is as large as the model and its optimizer steps numbers one by one. Of a slice the moments
/// are small, and a resample treats them as matrices.
bool dividesState(const Session& session) {
  const auto optimizer = session.config.optimizer;
  return session.config.method == Method::Full && (optimizer == Optimizer::AdamW || optimizer == Optimizer::Adam ||
                                                   optimizer == Optimizer::Lion || optimizer == Optimizer::Sgd);
}

}  // namespace

Status prepare(Session& session, Progress& progress, EventFan& events) {
  const bool leads = !session.group || session.group->leads();
  if (leads && awaitsFirstDraw(session)) events.receive(resampleLayers(session, 0, 0));
  if (!session.group) return {};
  ROSA_CHECK(shareState(session, progress));
  if (dividesState(session)) session.arena->divide(session.group->rank(), session.group->size());
  return {};
}

bool ofRankZero(bool own, parallel::ProcessGroup& group) {
  const auto answer = at::full({1}, std::int64_t{own}, at::kLong);
  group.broadcast(answer);
  return answer.item<std::int64_t>() != 0;
}

bool saveTogether(Session& session, const std::function<bool()>& save) {
  auto& group = *session.group;
  auto& arena = *session.arena;
  std::vector<std::vector<at::Tensor>> moments;
  for (const auto& share : arena.shares()) {
    moments.emplace_back();
    for (const auto& moment : share.moments) moments.back().push_back(group.collectPieces(moment));
  }
  bool saved = false;
  if (group.leads()) {
    arena.unite(moments);
    saved = save();
    moments.clear();
    arena.divide(group.rank(), group.size());
  }
  return ofRankZero(saved, group);
}

Status shareState(Session& session, Progress& progress) {
  auto& group = *session.group;
  RunState state;
  json heads;
  if (group.leads()) {
    state = stateOf(session, progress);
    for (const auto& [name, tensor] : state.tensors) {
      heads.push_back(
          {{"name", name}, {"shape", tensor.sizes().vec()}, {"type", static_cast<int>(tensor.scalar_type())}});
    }
  }
  heads = json::parse(group.ofFirst(heads.dump()));
  const auto text = group.ofFirst(state.progress);
  SentTensors sent;
  for (std::size_t i = 0; i < heads.size(); ++i) {
    const auto& head = heads[i];
    // A copy on the host, as a checkpoint's file is one: rows are in order, and small ones do not wait for a device.
    auto tensor = group.leads() ? state.tensors[i].second.detach().cpu().contiguous()
                                : at::empty(head.at("shape").get<std::vector<std::int64_t>>(),
                                            static_cast<at::ScalarType>(head.at("type").get<int>()));
    if (tensor.numel() > 0) group.broadcast(tensor);
    if (!group.leads()) sent.add(head.at("name").get<std::string>(), std::move(tensor));
  }
  if (group.leads()) return {};
  return restoreRun(sent, text, "what rank 0 has sent", session, progress);
}

RunControl::Wishes sharedWishes(RunControl& control, parallel::ProcessGroup& group, bool wait) {
  RunControl::Wishes own;
  if (group.leads() || !wait) own = wait ? control.waitAndTake(kLongestPause) : control.take();
  std::string text;
  const bool asked = own.stop || own.paused || !own.commands.empty();
  if (group.leads() && (asked || wait)) text = toText(own);
  const auto said = at::tensor(
      {static_cast<std::int64_t>(text.size()), std::int64_t{!group.leads() && control.stopping()}}, at::kLong);
  group.sum(said);
  if (said[0].item<std::int64_t>() > 0) {
    text = group.ofFirst(text);
    if (!group.leads()) own = wishesFrom(text);
  } else if (!group.leads()) {
    own = {};
  }
  if (said[1].item<std::int64_t>() > 0 && !own.stop) {
    own.stop = true;
    own.stopMode = StopMode::Save;
    own.paused = false;
  }
  return own;
}

}  // namespace rosa::train
