// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>

#include "rosa/events.h"

namespace rosa::train {

/// Where a run's events go: first to disk, then to whoever listens. A disk that fails is told once as a warning.
class EventFan final : public EventSink {
 public:
  using Store = std::function<Status(const Event&)>;

  EventFan(Store store, EventSink& listener) : store_(std::move(store)), listener_(listener) {}

  void receive(const Event& event) override {
    if (store_ && !storeFailed_) {
      if (auto status = store_(event); !status) {
        storeFailed_ = true;
        listener_.receive(LogLine{"warning", status.error().message});
      }
    }
    listener_.receive(event);
  }

  void log(std::string level, std::string text) { receive(LogLine{std::move(level), std::move(text)}); }
  [[nodiscard]] bool storeFailed() const { return storeFailed_; }

 private:
  Store store_;
  EventSink& listener_;
  bool storeFailed_ = false;
};

}  // namespace rosa::train
