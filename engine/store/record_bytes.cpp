// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/record_bytes.h"

#include <cstdint>
#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace rosa::store {
namespace {

/// Calls `act` with each member in the order of their values.
template <typename Record, typename Act>
void eachMember(Record& record, const Act& act) {
  const auto all = [&](auto&... members) { (act(members), ...); };
  all(record.host, record.name, record.model, record.data, record.task, record.method, record.rank, record.status,
      record.message, record.startedAt, record.seed, record.step, record.totalSteps, record.trainableParameters,
      record.resamples, record.learningRate, record.lastLoss, record.metrics, record.elapsedSeconds,
      record.peakResidentBytes, record.sparkline, record.resumable, record.lastExport, record.exportDifference,
      record.diskBytes, record.notes.tags, record.notes.note);
}

/// Numbers as they lie in memory; texts and lists behind their length.
class RecordWriter {
 public:
  template <typename Value>
  requires std::is_arithmetic_v<Value>
  void put(Value value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value)); }
  void put(const std::string& text) {
    put(static_cast<std::uint32_t>(text.size()));
    bytes_ += text;
  }
  void put(const std::pair<std::string, double>& value) {
    put(value.first);
    put(value.second);
  }
  template <typename Value>
  void put(const std::vector<Value>& values) {
    put(static_cast<std::uint32_t>(values.size()));
    for (const Value& value : values) put(value);
  }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// After the first thing that is not there nothing more is read.
class RecordReader {
 public:
  explicit RecordReader(std::string_view bytes) : rest_(bytes) {}

  template <typename Value>
  requires std::is_arithmetic_v<Value>
  void get(Value& value) {
    if (!has(sizeof(value))) return;
    std::memcpy(&value, rest_.data(), sizeof(value));
    rest_.remove_prefix(sizeof(value));
  }
  void get(bool& value) {
    std::uint8_t byte = 0;
    get(byte);
    right_ = right_ && byte <= 1;
    value = byte == 1;
  }
  void get(std::string& text) {
    const std::size_t length = getLength(1);
    text.assign(rest_.substr(0, length));
    rest_.remove_prefix(length);
  }
  void get(std::pair<std::string, double>& value) {
    get(value.first);
    get(value.second);
  }
  template <typename Value>
  void get(std::vector<Value>& values) {
    // The shortest text takes four bytes too: a length that is damaged makes no list larger than the record.
    values.resize(getLength(4));
    for (Value& value : values) get(value);
  }
  [[nodiscard]] bool isRightAndAtEnd() const { return right_ && rest_.empty(); }

 private:
  bool has(std::size_t bytes) {
    right_ = right_ && rest_.size() >= bytes;
    return right_;
  }
  /// Of something whose parts take `least` bytes each.
  std::size_t getLength(std::size_t least) {
    std::uint32_t length = 0;
    get(length);
    return has(length * least) ? length : 0;
  }

  std::string_view rest_;
  bool right_ = true;
};

}  // namespace

std::string recordToBytes(const RunRecord& record) {
  RecordWriter writer;
  eachMember(record, [&writer](const auto& member) { writer.put(member); });
  return writer.take();
}

Expected<RunRecord> recordFromBytes(std::string_view bytes) {
  RunRecord record;
  RecordReader reader(bytes);
  eachMember(record, [&reader](auto& member) { reader.get(member); });
  if (!reader.isRightAndAtEnd()) return Error{"The catalogue's entry is not one of this version."};
  return record;
}

}  // namespace rosa::store
