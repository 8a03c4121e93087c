// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "rosa/expected.h"

namespace rosa::text {

/// Turns the texts of tokens back into text; steps of a chain hand each other lists of parts.
class Decoder {
 public:
  virtual ~Decoder() = default;
  [[nodiscard]] virtual std::vector<std::string> apply(std::vector<std::string> tokens) const = 0;
};

/// From tokenizer.json's "decoder"; null makes null, which stands for joining with spaces.
[[nodiscard]] Expected<std::unique_ptr<Decoder>> makeDecoder(const base::Json& json);

}  // namespace rosa::text
