// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>

#include "rosa/events.h"

namespace rosa::train {

/// Where a run's events go: first to disk, then to whoever listens. The store keeps what it cannot write yet; that it
/// failed, and that it works again, is told once each.
class EventFan final : public EventSink {
 public:
  using Store = std::function<Status(const Event&)>;

  EventFan(Store store, EventSink& listener) : store_(std::move(store)), listener_(listener) {}

  void receive(const Event& event) override {
    if (store_) keep(event);
    listener_.receive(event);
  }

  void log(std::string level, std::string text) { receive(LogLine{std::move(level), std::move(text)}); }
  /// Whether events still wait to be written.
  [[nodiscard]] bool storeFailed() const { return storeFailed_; }

 private:
  void keep(const Event& event) {
    const auto status = store_(event);
    if (status.hasValue() != storeFailed_) return;
    storeFailed_ = !status;
    tell(storeFailed_ ? LogLine{"warning", status.error().message +
                                               " The run goes on; what it tells is kept in memory until it can be "
                                               "written."}
                      : LogLine{"info", "What the run tells is written to its folder again."});
  }
  void tell(const Event& line) {
    listener_.receive(line);
    static_cast<void>(store_(line));
  }

  Store store_;
  EventSink& listener_;
  bool storeFailed_ = false;
};

}  // namespace rosa::train
