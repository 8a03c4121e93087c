// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "data/example.h"

namespace rosa::data {

/// Where examples lie: in memory, in a mapped file (data/token_file.h), or in other sources. Used by one thread at a
/// time. What cannot be read any more is thrown as a std::runtime_error with a sentence for the user.
class ExampleSource {
 public:
  virtual ~ExampleSource() = default;
  [[nodiscard]] virtual std::size_t size() const = 0;
  [[nodiscard]] virtual Example get(std::size_t index) const = 0;
  /// Tokens of an example; costs less than the example.
  [[nodiscard]] virtual std::int32_t length(std::size_t index) const = 0;
};

/// The examples of a set, in order, wherever they lie: each is made when it is asked for. Copies share the source.
class ExampleStore {
 public:
  class Iterator {
   public:
    using value_type = Example;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    Iterator(const ExampleSource* source, std::size_t index) : source_(source), index_(index) {}
    Example operator*() const { return source_->get(index_); }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    void operator++(int) { ++index_; }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const ExampleSource* source_ = nullptr;
    std::size_t index_ = 0;
  };

  ExampleStore() = default;
  ExampleStore(std::vector<Example> examples);  // NOLINT(google-explicit-constructor)
  explicit ExampleStore(std::shared_ptr<const ExampleSource> source) : source_(std::move(source)) {}

  [[nodiscard]] std::size_t size() const { return source_ ? source_->size() : 0; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] Example operator[](std::size_t index) const { return source_->get(index); }
  [[nodiscard]] std::int32_t length(std::size_t index) const { return source_->length(index); }
  /// Of all examples together.
  [[nodiscard]] std::int64_t tokens() const;
  [[nodiscard]] Iterator begin() const { return {source_.get(), 0}; }
  [[nodiscard]] Iterator end() const { return {source_.get(), size()}; }

  /// These rows alone, in this order.
  [[nodiscard]] ExampleStore chosen(std::shared_ptr<const std::vector<std::int64_t>> rows) const;
  /// All but these rows, which ascend.
  [[nodiscard]] ExampleStore without(std::shared_ptr<const std::vector<std::int64_t>> rows) const;
  [[nodiscard]] ExampleStore followedBy(const ExampleStore& others) const;
  /// The same with classes[c] for class c, of the texts or of their words.
  [[nodiscard]] ExampleStore renumbered(std::vector<std::int32_t> classes) const;

 private:
  std::shared_ptr<const ExampleSource> source_;  ///< null = none
};

}  // namespace rosa::data
