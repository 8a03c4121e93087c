// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/classes.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "model/class_names.h"

namespace rosa::train {

namespace {

using Names = std::vector<std::string>;

/// "0 = positive, 1 = negative"
std::string listed(const Names& names) {
  constexpr std::size_t kMost = 20;
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i) {
    list += fmt::format("{}{} = {}", i == 0 ? "" : ", ", i, base::printable(names[i]));
  }
  return names.size() > kMost ? fmt::format("{} and {} more", list, names.size() - kMost) : list;
}

/// The data's names in the order of the model's, where both are the same; the case of letters counts only if it has to.
std::optional<Names> inOrderOf(const Names& wanted, const data::LabelMap& ofData) {
  if (static_cast<std::int64_t>(wanted.size()) != ofData.size()) return std::nullopt;
  for (const bool exact : {true, false}) {
    Names lower;
    for (const auto& name : ofData.names()) lower.push_back(base::lowered(name));
    const data::LabelMap known = exact ? ofData : data::LabelMap(lower);
    std::vector<bool> taken(wanted.size());
    Names names;
    for (const auto& name : wanted) {
      const auto index = known.indexOf(exact ? name : base::lowered(name));
      if (!index || taken[static_cast<std::size_t>(*index)]) break;
      taken[static_cast<std::size_t>(*index)] = true;
      names.push_back(ofData.names()[static_cast<std::size_t>(*index)]);
    }
    if (names.size() == wanted.size()) return names;
  }
  return std::nullopt;
}

bool countsFromZero(const data::LabelMap& labels) {
  for (std::int64_t i = 0; i < labels.size(); ++i) {
    if (labels.names()[static_cast<std::size_t>(i)] != std::to_string(i)) return false;
  }
  return true;
}

}  // namespace

Classes chooseClasses(const data::LabelMap& ofData, const model::ModelConfig& model, model::Head head,
                      bool headElsewhere) {
  Classes classes{ofData, false, {}};
  const auto inOrder = listed(ofData.names());
  if (model.head != head) {
    const bool ofTexts = head == model::Head::Classification;
    // Heads of different kinds may share names and shapes.
    classes.drawHead = !headElsewhere && (model::hasClasses(model.head) || model.head == model::Head::Regression);
    classes.remark =
        headElsewhere ? fmt::format(
                            "The adapter's head does not name its classes; the data's are taken in this "
                            "order: {}.",
                            inOrder)
                      : fmt::format("The model has no head for classes of {}: a new one is drawn, for the classes {}.",
                                    ofTexts ? "texts" : "words", inOrder);
    return classes;
  }
  const auto own = model::classNames(model);
  const data::LabelMap known(own);
  if (auto names = inOrderOf(own, ofData)) {
    classes.labels = data::LabelMap(*std::move(names));
    classes.remark = fmt::format(
        "The classes keep the order that the model's head has them in (id2label of "
        "config.json): {}.",
        listed(classes.labels.names()));
  } else if (known.size() == ofData.size() && known.unnamed()) {
    classes.remark = fmt::format(
        "The model's head is kept. It has no names for its classes; the data's are taken in "
        "this order: {}.",
        inOrder);
  } else if (known.size() == ofData.size() && countsFromZero(ofData)) {
    classes.remark = fmt::format(
        "The model's head is kept. The data number their classes, which are taken for the "
        "model's in the order of its config.json: {}.",
        listed(own));
  } else {
    classes.drawHead = true;
    classes.remark = fmt::format(
        "The model's head is for other classes ({}) than the data have ({}): a new head is "
        "drawn.",
        listed(own), inOrder);
  }
  return classes;
}

}  // namespace rosa::train
