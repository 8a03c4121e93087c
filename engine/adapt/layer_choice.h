// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rosa/config.h"
#include "rosa/expected.h"

/// Which of a model's linear layers are adapted. Pure functions for any thread.
namespace rosa::adapt {

struct LayerName {
  std::string name;        ///< checkpoint name without ".weight"
  bool attention = false;  ///< else mlp
};

/// The chosen layers as ascending indices. `choice` is `all`, `attention`, `mlp`, or a comma-separated list of names
/// and glob patterns (`*` any text, `?` one character). An entry matches a layer's whole name or its end from a dot on:
/// "query", "attn.c_*", "h.0.attn.c_proj". An entry that matches nothing is an error that lists what there is, so that
/// no run silently trains less than was asked for; it begins with the setting's `key`.
[[nodiscard]] Expected<std::vector<std::size_t>> chooseLayers(std::string_view choice,
                                                              std::span<const LayerName> layers,
                                                              std::string_view key = "layers");

/// Whether a layer of this name follows an activation or the attention and writes back into the residual stream
/// (c_proj, o_proj, down_proj, output.dense, and what other encoders call them).
[[nodiscard]] bool isOutputProjection(std::string_view layer);

/// The chosen layers that the method can adapt: a bottleneck stands behind output projections alone, Pfeiffer's behind
/// the MLP's. An error where the choice holds none of them.
[[nodiscard]] Expected<std::vector<std::size_t>> chooseLayersOf(Method method, std::string_view choice,
                                                                std::span<const LayerName> layers);

}  // namespace rosa::adapt
