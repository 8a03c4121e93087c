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
  /// From all labels of a training set: whole numbers in numeric order, so that 0..n-1 keep their values, anything else
  /// in the order of its bytes.
  [[nodiscard]] static LabelMap fromLabels(const std::vector<std::string>& labels);

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(names_.size()); }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  /// A model that was never told names calls its classes LABEL_0, LABEL_1, ...: there a plain number is an index too.
  [[nodiscard]] std::optional<std::int64_t> indexOf(std::string_view label) const;

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::int64_t, std::less<>> indices_;
};

}  // namespace rosa::data
