// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rosa::data {

/// The classes of a classification task: names and their indices, as a checkpoint's id2label and label2id hold them.
class LabelMap {
 public:
  LabelMap() = default;
  /// The name at place i has index i.
  explicit LabelMap(std::vector<std::string> names);
  /// From all labels of a training set. Where all are whole numbers, those of equal value are one class, however they
  /// are written (1, 1.0, 01), called by its digits; the classes are in numeric order, so that 0..n-1 keep their
  /// values. Anything else is in the order of its bytes.
  [[nodiscard]] static LabelMap fromLabels(const std::vector<std::string>& labels);

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(names_.size()); }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  /// By its name, or where all names are numbers by an equal one. A model that was never told names calls its classes
  /// LABEL_0, LABEL_1, ...: there a number is an index too.
  [[nodiscard]] std::optional<std::int64_t> indexOf(std::string_view label) const;
  /// Whether the names are those that stand for none: LABEL_0, LABEL_1, ...
  [[nodiscard]] bool unnamed() const;

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::int64_t, std::less<>> indices_;
  std::map<std::int64_t, std::int64_t> numbers_;  ///< indices by value; empty unless all names are different numbers
};

/// The value of a label that is a whole number, however it is written: 7, 7.0, 07, +7 and 7e0 are equal.
[[nodiscard]] std::optional<std::int64_t> wholeNumber(std::string_view label);

}  // namespace rosa::data
