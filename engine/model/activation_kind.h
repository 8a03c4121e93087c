// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace rosa::model {

/// The nonlinearities that models use; GeluTanh is the approximation that is called gelu_new.
enum class Activation { Gelu, GeluTanh, Relu, Silu, Tanh };

}  // namespace rosa::model
