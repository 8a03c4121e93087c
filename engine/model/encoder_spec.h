// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

namespace rosa::model {

/// What one encoder does otherwise than another.
struct EncoderSpec {
  std::string_view prefix = {};         ///< of every tensor outside the head, e.g. "bert."
  std::int64_t paddingId = 0;           ///< where config.json names none
  bool positionsBehindPadding = false;  ///< position ids begin at the padding id + 1, whose own row is fixed
  std::string_view pooler = {};         ///< dense layer that the model has even without a head; empty = none
  std::string_view headDense = {};      ///< the head's own dense layer in its place; empty = none
  std::string_view headOut = {};        ///< the layer with a row for each class
  bool dropsBeforeHead = false;         ///< dropout before the dense layer, beside that after it
};

}  // namespace rosa::model
