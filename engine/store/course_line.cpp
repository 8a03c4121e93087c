// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/course_line.h"

#include <charconv>
#include <limits>
#include <string>
#include <system_error>
#include <utility>

namespace rosa::store {
namespace {

/// Goes through a line from key to key; what is not as it should be stops it for good.
class Glance {
 public:
  explicit Glance(std::string_view text) : text_(text) {}

  [[nodiscard]] bool good() const { return good_; }

  bool tryPast(std::string_view expected) {
    if (!good_ || !text_.starts_with(expected)) return false;
    text_.remove_prefix(expected.size());
    return true;
  }
  void past(std::string_view expected) { good_ = tryPast(expected); }
  /// Past the value of a number that nobody wants.
  void skipNumber() {
    const auto end = text_.find(',');
    good_ = good_ && end != std::string_view::npos;
    if (good_) text_.remove_prefix(end);
  }
  void number(std::int64_t& value) { read(value); }
  /// Behind its key.
  template <typename Number>
  void number(std::string_view key, Number& value) {
    past(key);
    number(value);
  }
  /// What is not finite stands there as a string.
  void number(double& value) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (!text_.starts_with('"')) {
      read(value);
    } else if (tryPast("\"NaN\"")) {
      value = std::numeric_limits<double>::quiet_NaN();
    } else if (tryPast("\"Infinity\"")) {
      value = kInfinity;
    } else {
      past("\"-Infinity\"");
      value = -kInfinity;
    }
  }
  /// A text in which nothing is escaped.
  void text(std::string& value) {
    past("\"");
    const auto end = text_.find_first_of("\"\\");
    good_ = good_ && end != std::string_view::npos && text_[end] == '"';
    if (!good_) return;
    value.assign(text_.substr(0, end));
    text_.remove_prefix(end + 1);
  }
  [[nodiscard]] bool atEnd() const { return good_ && text_.empty(); }
  void truth(bool& value) {
    value = tryPast("true");
    if (!value) past("false");
  }

 private:
  template <typename Number>
  void read(Number& value) {
    if (!good_) return;
    const auto [end, failed] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    good_ = failed == std::errc();
    if (good_) text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
  }

  std::string_view text_;
  bool good_ = true;
};

bool readStep(Glance& line, LineGlance& glance) {
  line.number(glance.step);
  line.past(",\"epoch\":");
  line.skipNumber();
  line.number(",\"loss\":", glance.loss);
  line.number(",\"learning_rate\":", glance.learningRate);
  line.number(",\"gradient_norm\":", glance.gradientNorm);
  line.past(",\"applied\":");
  line.truth(glance.applied);
  line.number(",\"tokens\":", glance.tokens);
  line.past(",");
  return line.good();
}

bool readMemory(Glance& line, LineGlance& glance) {
  line.number(glance.step);
  line.past(",\"parts\":{\"");
  for (const std::string_view key :
       {"weights_bytes\":", "trainable_bytes\":", "moments_bytes\":", "activations_bytes\":", "other_bytes\":"}) {
    line.past(key);
    std::int64_t bytes = 0;
    line.number(bytes);
    glance.bytes += bytes;
    line.tryPast(",\"");
  }
  line.past("},");
  return line.good();
}

bool readWhole(Glance& line, StepCompleted& step) {
  line.number(step.step);
  line.number(",\"epoch\":", step.epoch);
  line.number(",\"loss\":", step.loss);
  line.number(",\"learning_rate\":", step.learningRate);
  line.number(",\"gradient_norm\":", step.gradientNorm);
  line.past(",\"applied\":");
  line.truth(step.applied);
  line.number(",\"tokens\":", step.tokens);
  line.number(",\"step_seconds\":", step.stepSeconds);
  line.number(",\"tokens_per_second\":", step.tokensPerSecond);
  line.number(",\"elapsed_seconds\":", step.elapsedSeconds);
  line.number(",\"remaining_seconds\":", step.remainingSeconds);
  line.past("}");
  return line.atEnd();
}

bool readWhole(Glance& line, ResampleCompleted& resample) {
  line.number(resample.step);
  line.number(",\"cycle\":", resample.cycle);
  line.past(",\"layers\":[");
  while (line.good() && !line.tryPast("]")) {
    LayerSlice& slice = resample.layers.emplace_back();
    line.past("{\"layer\":");
    line.text(slice.layer);
    line.number(",\"start\":", slice.start);
    line.number(",\"count\":", slice.count);
    line.number(",\"directions\":", slice.directions);
    line.past("}");
    line.tryPast(",");
  }
  line.number(",\"milliseconds\":", resample.milliseconds);
  line.number(",\"loss_before\":", resample.lossBefore);
  line.number(",\"loss_after\":", resample.lossAfter);
  line.number(",\"coverage\":", resample.coverage);
  line.number(",\"next_step\":", resample.nextStep);
  line.number(",\"rounding_loss\":", resample.roundingLoss);
  line.past("}");
  return line.atEnd();
}

/// The step of a phase stands at the line's end, behind a text.
bool readPhase(std::string_view text, LineGlance& glance) {
  constexpr std::string_view kKey = ",\"step\":";
  const auto found = text.rfind(kKey);
  if (found == std::string_view::npos) return false;
  Glance line(text.substr(found + kKey.size()));
  line.number(glance.step);
  line.past("}");
  return line.good();
}

/// Past what stands before the name of the event.
void readHead(Glance& line, std::int64_t& sequence, double& time) {
  line.past("{");
  if (line.tryPast("\"sequence\":")) {
    line.number(sequence);
    line.number(",\"time\":", time);
    line.past(",");
  }
  line.past("\"event\":\"");
}

}  // namespace

Expected<StoredEvent> storedEventOf(std::string_view text) {
  Glance line(text);
  StoredEvent stored{0, 0, {}};
  readHead(line, stored.sequence, stored.time);
  if (line.tryPast("step_completed\",\"step\":")) {
    StepCompleted step;
    if (readWhole(line, step)) {
      stored.event = step;
      return stored;
    }
  } else if (line.tryPast("resample_completed\",\"step\":")) {
    ResampleCompleted resample;
    if (readWhole(line, resample)) {
      stored.event = std::move(resample);
      return stored;
    }
  }
  return storedEventFromJson(text);
}

LineGlance glanceAt(std::string_view text) {
  LineGlance glance;
  if (!text.ends_with('}')) return glance;
  Glance line(text);
  line.past("{");
  if (line.tryPast("\"sequence\":")) {
    line.number(glance.sequence);
    line.past(",\"time\":");
    line.skipNumber();
    line.past(",");
  }
  line.past("\"event\":\"");
  LineGlance known = glance;
  if (line.tryPast("step_completed\",\"step\":")) {
    known.kind = LineKind::Step;
    return readStep(line, known) ? known : glance;
  }
  if (line.tryPast("memory_sampled\",\"step\":")) {
    known.kind = LineKind::Memory;
    return readMemory(line, known) ? known : glance;
  }
  if (line.tryPast("phase_changed\",")) {
    known.kind = LineKind::Phase;
    return readPhase(text, known) ? known : glance;
  }
  if (line.tryPast("log_line\",")) glance.kind = LineKind::Log;
  return glance;
}

}  // namespace rosa::store
