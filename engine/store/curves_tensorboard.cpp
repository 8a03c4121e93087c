// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "store/curves.h"

namespace rosa::store {
namespace {

constexpr std::array<std::uint32_t, 256> crcTable() {
  constexpr std::uint32_t kPolynomial = 0x82F63B78;
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1U) ^ ((value & 1U) != 0 ? kPolynomial : 0);
    table[byte] = value;
  }
  return table;
}

/// As TFRecord stores a checksum: rotated and shifted, so that one of data that hold checksums is no weaker.
std::uint32_t masked(std::uint32_t crc) {
  constexpr std::uint32_t kDelta = 0xA282EAD8;
  return std::rotr(crc, 15) + kDelta;
}

template <typename Number>
void appendFixed(std::string& bytes, Number number) {
  for (std::size_t i = 0; i < sizeof(Number); ++i) bytes += static_cast<char>(number >> (8 * i) & 0xFF);
}

void appendVarint(std::string& bytes, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7U) bytes += static_cast<char>(number | 0x80);
  bytes += static_cast<char>(number);
}

// Protocol buffers: a field's number and kind, then its value.
enum WireKind : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

void appendKey(std::string& bytes, std::uint64_t field, WireKind kind) {
  appendVarint(bytes, field << 3U | kind);
}
void appendDouble(std::string& bytes, std::uint64_t field, double value) {
  appendKey(bytes, field, kFixed64);
  appendFixed(bytes, std::bit_cast<std::uint64_t>(value));
}
void appendFloat(std::string& bytes, std::uint64_t field, double value) {
  appendKey(bytes, field, kFixed32);
  appendFixed(bytes, std::bit_cast<std::uint32_t>(static_cast<float>(value)));
}
void appendText(std::string& bytes, std::uint64_t field, std::string_view text) {
  appendKey(bytes, field, kBytes);
  appendVarint(bytes, text.size());
  bytes += text;
}

/// Event messages: 1 wall_time, 2 step, 3 file_version, 5 summary; of a summary 1 value; of a value 1 tag, 2
/// simple_value.
class File {
 public:
  explicit File(double time) {
    std::string event;
    appendDouble(event, 1, time);
    appendText(event, 3, "brain.Event:2");
    frame(event);
  }

  void scalar(double time, std::int64_t step, std::string_view tag, double value) {
    std::string entry;
    appendText(entry, 1, tag);
    appendFloat(entry, 2, value);
    std::string summary;
    appendText(summary, 1, entry);
    std::string event;
    appendDouble(event, 1, time);
    appendKey(event, 2, kVarint);
    appendVarint(event, static_cast<std::uint64_t>(step));
    appendText(event, 5, summary);
    frame(event);
  }

  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  void frame(const std::string& data) {
    std::string length;
    appendFixed(length, static_cast<std::uint64_t>(data.size()));
    bytes_ += length;
    appendFixed(bytes_, masked(crc32c(length)));
    bytes_ += data;
    appendFixed(bytes_, masked(crc32c(data)));
  }

  std::string bytes_;
};

struct Scalars {
  File& file;
  double time = 0;

  void operator()(const StepCompleted& event) {
    add(event.step, "train/loss", event.loss);
    add(event.step, "train/learning_rate", event.learningRate);
    add(event.step, "train/gradient_norm", event.gradientNorm);
    add(event.step, "train/tokens_per_second", event.tokensPerSecond);
    add(event.step, "train/epoch", event.epoch);
  }
  void operator()(const MemorySampled& event) {
    add(event.step, "memory/peak_bytes", static_cast<double>(event.peakBytes));
    add(event.step, "memory/process_bytes", static_cast<double>(event.processResidentBytes));
  }
  void operator()(const ResampleCompleted& event) {
    add(event.step, "resample/cycle", static_cast<double>(event.cycle));
    add(event.step, "resample/coverage", event.coverage);
    add(event.step, "resample/milliseconds", event.milliseconds);
  }
  void operator()(const EvaluationCompleted& event) {
    add(event.step, "validation/loss", event.loss);
    for (const auto& [name, value] : event.metrics) add(event.step, "validation/" + name, value);
  }
  template <typename Other>
  void operator()(const Other&) {}

 private:
  void add(std::int64_t step, std::string_view tag, double value) { file.scalar(time, step, tag, value); }
};

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static constexpr auto kTable = crcTable();
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char byte : bytes) crc = (crc >> 8U) ^ kTable[(crc ^ static_cast<unsigned char>(byte)) & 0xFFU];
  return ~crc;
}

std::string curvesAsTensorBoard(const std::vector<StoredEvent>& events) {
  File file(events.empty() ? 0 : events.front().time);
  for (const auto& stored : events) {
    Scalars scalars{file, stored.time};
    std::visit(scalars, stored.event);
  }
  return file.take();
}

}  // namespace rosa::store
