// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <mutex>
#include <variant>
#include <vector>

#include "rosa/chat.h"

namespace rosa::ui {

/// Where the pieces of answers wait for the window, and where it says that it wants no more. The worker puts them in
/// and never waits; the window takes all of them at once. Any thread.
class PieceBox {
 public:
  struct Item {
    int side = 0;                                        ///< of the models that answer side by side
    std::variant<TextPiece, Expected<Completion>> what;  ///< a piece, or how the answer ended
  };

  void put(Item item);
  /// Everything that came since the last call, in order.
  [[nodiscard]] std::vector<Item> take();

  void stop() { stopped_ = true; }
  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  std::mutex mutex_;
  std::vector<Item> items_;
  std::atomic<bool> stopped_ = false;
};

}  // namespace rosa::ui
