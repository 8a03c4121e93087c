// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/try/piece_box.h"

#include <utility>

namespace rosa::ui {

void PieceBox::put(Item item) {
  const std::lock_guard lock(mutex_);
  items_.push_back(std::move(item));
}

std::vector<PieceBox::Item> PieceBox::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(items_, {});
}

}  // namespace rosa::ui
