// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "optim/arena.h"
#include "optim/optimizer.h"
#include "rosa/config.h"

/// The kinds of optimizers, one file each, and what those keep whose state is not simply a number of moments.
namespace rosa::optim {

/// AdamW, or Adam where the configuration says so.
[[nodiscard]] std::unique_ptr<Optimizer> makeAdam(const RunConfig& config, Arena& arena);
[[nodiscard]] std::unique_ptr<Optimizer> makeSgd(const RunConfig& config, Arena& arena);
[[nodiscard]] std::unique_ptr<Optimizer> makeLion(const RunConfig& config, Arena& arena);

/// Sums over rows and columns in place of a matrix of squares.
[[nodiscard]] StateLayout adafactorState(const adapt::Parameter& parameter);
[[nodiscard]] std::unique_ptr<Optimizer> makeAdafactor(const RunConfig& config, Arena& arena);

/// One moment for the matrices inside the model, AdamW's two for all else.
[[nodiscard]] StateLayout muonState(const adapt::Parameter& parameter);
[[nodiscard]] std::unique_ptr<Optimizer> makeMuon(const RunConfig& config, Arena& arena);

/// Codes of a byte and a scale for each block; small parameters keep whole moments.
[[nodiscard]] StateLayout adamW8bitState(const adapt::Parameter& parameter);
[[nodiscard]] std::unique_ptr<Optimizer> makeAdamW8bit(const RunConfig& config, Arena& arena);

}  // namespace rosa::optim
