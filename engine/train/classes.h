// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "data/labels.h"
#include "model/model_config.h"

namespace rosa::train {

/// The classes that a run begins with.
struct Classes {
  data::LabelMap labels;  ///< in the order of the head's rows
  bool drawHead = false;  ///< the model's own head is for other classes and makes way for a new one
  std::string remark;     ///< what was decided, as a sentence
};

/// From the labels of the training data and the model's own classes. A head whose classes are the data's, by name or as
/// equal numbers, is kept, and so is their order; so is one whose classes have no names, or other names where the data
/// number as many classes from 0. Any other makes way for a new one. `head` is the kind that
/// the task trains; a model's head of another kind makes way too. `headElsewhere`: an adapter brings the head along.
[[nodiscard]] Classes chooseClasses(const data::LabelMap& ofData, const model::ModelConfig& model, model::Head head,
                                    bool headElsewhere);

}  // namespace rosa::train
