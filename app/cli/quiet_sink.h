// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rosa/events.h"

namespace rosa::cli {

/// Of a process without a terminal: whoever wants to hear of its run reads the run's folder.
class QuietSink final : public EventSink {
 public:
  void receive(const Event& /*event*/) override {}
};

}  // namespace rosa::cli
