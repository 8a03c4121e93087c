// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// What a run would train on, token by token: the truth about masks, ends of turns and cuts, to be looked at before it
/// starts.
namespace rosa {

struct PreviewToken {
  std::string text;  ///< as it reads alone; a part of a character shows as U+FFFD
  std::int32_t id = 0;
  bool counts = false;    ///< in the loss: it is predicted, or its word's class is
  bool cut = false;       ///< lies behind max-length, and is not seen
  bool endsTurn = false;  ///< the token that ends the model's turn
};

struct PreviewRow {
  std::string text;  ///< the whole, as the model reads it, what is cut off included
  std::vector<PreviewToken> tokens;
  std::string label;             ///< of the text, or of each of its words: what is to be predicted
  std::int64_t targets = 0;      ///< tokens that count
  std::int64_t endedTurns = 0;   ///< of these, ends of the model's turns
  std::int64_t lostTokens = 0;   ///< tokens that are cut off
  std::int64_t lostTargets = 0;  ///< of these, such as would count
};

struct DataPreview {
  std::vector<PreviewRow> rows;      ///< in the order of the file
  std::vector<std::string> remarks;  ///< how the rows are read
};

}  // namespace rosa
