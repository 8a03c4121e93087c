// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rosa/config.h"

/// What holds for a kind of task, asked by engine, checks and forms.
namespace rosa {

/// A text is a class or a number, or each of its words a class; else its own tokens are to be
/// predicted.
[[nodiscard]] constexpr bool hasLabels(Task task) {
  return task == Task::Classification || task == Task::Regression || task == Task::TokenClassification;
}

/// The labels are names out of a list.
[[nodiscard]] constexpr bool hasClasses(Task task) {
  return task == Task::Classification || task == Task::TokenClassification;
}

}  // namespace rosa
