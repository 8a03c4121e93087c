// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/example_store.h"

#include <iterator>
#include <stdexcept>
#include <utility>

namespace rosa::data {

static_assert(std::input_iterator<ExampleStore::Iterator>);

namespace {

using Rows = std::shared_ptr<const std::vector<std::int64_t>>;

class InMemory final : public ExampleSource {
 public:
  explicit InMemory(std::vector<Example> examples) : examples_(std::move(examples)) {}
  std::size_t size() const override { return examples_.size(); }
  Example get(std::size_t index) const override { return examples_[index]; }
  std::int32_t length(std::size_t index) const override {
    return static_cast<std::int32_t>(examples_[index].tokenIds.size());
  }

 private:
  std::vector<Example> examples_;
};

class Chosen final : public ExampleSource {
 public:
  Chosen(ExampleStore all, Rows rows) : all_(std::move(all)), rows_(std::move(rows)) {}
  std::size_t size() const override { return rows_->size(); }
  Example get(std::size_t index) const override { return all_[rowOf(index)]; }
  std::int32_t length(std::size_t index) const override { return all_.length(rowOf(index)); }

 private:
  [[nodiscard]] std::size_t rowOf(std::size_t index) const { return static_cast<std::size_t>((*rows_)[index]); }

  ExampleStore all_;
  Rows rows_;
};

/// Keeps the rows that are left out, which are few, instead of the others.
class Without final : public ExampleSource {
 public:
  Without(ExampleStore all, Rows rows) : all_(std::move(all)), rows_(std::move(rows)) {}
  std::size_t size() const override { return all_.size() - rows_->size(); }
  Example get(std::size_t index) const override { return all_[rowOf(index)]; }
  std::int32_t length(std::size_t index) const override { return all_.length(rowOf(index)); }

 private:
  [[nodiscard]] std::size_t rowOf(std::size_t index) const {
    // Before the k-th row that is left out stand (its place - k) others.
    std::size_t first = 0;  // of those left out that stand behind
    for (auto end = rows_->size(); first < end;) {
      const auto k = first + (end - first) / 2;
      if (static_cast<std::size_t>((*rows_)[k]) - k <= index) {
        first = k + 1;
      } else {
        end = k;
      }
    }
    return index + first;
  }

  ExampleStore all_;
  Rows rows_;
};

class Joined final : public ExampleSource {
 public:
  Joined(ExampleStore first, ExampleStore second) : first_(std::move(first)), second_(std::move(second)) {}
  std::size_t size() const override { return first_.size() + second_.size(); }
  Example get(std::size_t index) const override {
    return index < first_.size() ? first_[index] : second_[index - first_.size()];
  }
  std::int32_t length(std::size_t index) const override {
    return index < first_.size() ? first_.length(index) : second_.length(index - first_.size());
  }

 private:
  ExampleStore first_, second_;
};

class Renumbered final : public ExampleSource {
 public:
  Renumbered(ExampleStore all, std::vector<std::int32_t> classes)
      : all_(std::move(all)), classes_(std::move(classes)) {}
  std::size_t size() const override { return all_.size(); }
  Example get(std::size_t index) const override {
    auto example = all_[index];
    if (example.targets.empty()) example.label = classOf(example.label);
    for (auto& target : example.targets) {
      if (target != kNoTarget) target = classOf(target);
    }
    return example;
  }
  std::int32_t length(std::size_t index) const override { return all_.length(index); }

 private:
  [[nodiscard]] std::int32_t classOf(std::int64_t old) const {
    // The number may come from a file.
    if (old < 0 || old >= std::ssize(classes_)) throw std::runtime_error("An example has a class that is not there.");
    return classes_[static_cast<std::size_t>(old)];
  }

  ExampleStore all_;
  std::vector<std::int32_t> classes_;
};

}  // namespace

ExampleStore::ExampleStore(std::vector<Example> examples) : source_(std::make_shared<InMemory>(std::move(examples))) {}

std::int64_t ExampleStore::tokens() const {
  std::int64_t all = 0;
  for (std::size_t i = 0; i < size(); ++i) all += length(i);
  return all;
}

ExampleStore ExampleStore::chosen(Rows rows) const {
  return ExampleStore(std::make_shared<Chosen>(*this, std::move(rows)));
}

ExampleStore ExampleStore::without(Rows rows) const {
  return ExampleStore(std::make_shared<Without>(*this, std::move(rows)));
}

ExampleStore ExampleStore::followedBy(const ExampleStore& others) const {
  return empty() ? others : ExampleStore(std::make_shared<Joined>(*this, others));
}

ExampleStore ExampleStore::renumbered(std::vector<std::int32_t> classes) const {
  return ExampleStore(std::make_shared<Renumbered>(*this, std::move(classes)));
}

}  // namespace rosa::data
