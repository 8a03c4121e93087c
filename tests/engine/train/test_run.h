// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

#include "engine/data/temporary_folder.h"
#include "support/device_under_test.h"
#include "train/assemble_session.h"
#include "train/event_fan.h"
#include "train/group_state.h"
#include "train/progress.h"
#include "train/resampling.h"
#include "train/run_control.h"
#include "train/session.h"
#include "train/stepper.h"
#include "train/training_loop.h"

namespace rosa::test {

/// A run as the service makes one, but on the caller's thread: first draw, then the loop, with checkpoints in a
/// temporary folder and the events kept.
class TestRun final : public EventSink {
 public:
  explicit TestRun(train::Session& session) : session_(session) {}

  train::Progress progress;
  train::RunControl control;
  std::vector<Event> events;
  std::function<void(const Event&)> onEvent;  ///< called by the loop after the event was kept

  [[nodiscard]] Status train() {
    train::EventFan fan({}, *this);
    if (const auto prepared = train::prepare(session_, progress, fan); !prepared) return prepared;
    return train::TrainingLoop(session_, progress, control, fan, folder_.path()).run();
  }

  void receive(const Event& event) override {
    events.push_back(event);
    if (onEvent) onEvent(event);
  }

  template <typename T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> found;
    for (const auto& event : events) {
      if (const auto* wanted = std::get_if<T>(&event)) found.push_back(*wanted);
    }
    return found;
  }

  [[nodiscard]] std::filesystem::path checkpoints() const { return folder_.path() / "checkpoints"; }

 private:
  train::Session& session_;
  data::TemporaryFolder folder_;
};

/// Calls `react` with every event of one kind.
template <typename T, typename Function>
std::function<void(const Event&)> whenever(Function react) {
  return [react](const Event& event) {
    if (const auto* wanted = std::get_if<T>(&event)) react(*wanted);
  };
}

/// The very step that the session's loop would take.
inline train::Stepper stepperOf(train::Session& session) {
  return {*session.model, session.adaptations(), *session.arena, *session.optimizer, session.stepSettings()};
}

/// A session around a given model and given examples; throws where the configuration does not fit them.
inline std::unique_ptr<train::Session> sessionOf(const RunConfig& config, std::unique_ptr<model::Model> model,
                                                 std::vector<data::Example> training) {
  auto session = std::make_unique<train::Session>();
  session->config = config;
  session->device = deviceUnderTest();
  session->model = std::move(model);
  session->training = std::move(training);
  if (const auto status = train::assembleSession(*session); !status) throw std::runtime_error(status.error().message);
  return session;
}

}  // namespace rosa::test
