// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/progress_json.h"

#include <fmt/format.h>

#include <cmath>
#include <deque>
#include <limits>
#include <utility>

#include "base/json.h"

namespace rosa::train {

namespace {

using base::Json;

constexpr std::int64_t kVersion = 1;
constexpr std::int64_t kMost = std::int64_t{1} << 53;  // of a count: beyond it JSON's readers disagree
/// The indices of every layer's slice may be in it.
constexpr std::uint64_t kLargestFile = std::uint64_t{256} << 20;

/// NaN, which JSON lacks, is written as null.
Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

/// Takes values out of the file and remembers the first key that does not hold what it should.
class Reader {
 public:
  [[nodiscard]] const std::string& wrong() const { return wrong_; }

  void require(bool holds, const char* key) {
    if (!holds && wrong_.empty()) wrong_ = key;
  }

  /// The entry of an object, or nothing. `key` is also what a complaint names.
  static const Json* find(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() ? nullptr : &*found;
  }

  std::int64_t integer(const Json& value, const char* key, std::int64_t least, std::int64_t most) {
    const bool fits = value.is_number_integer() &&
                      (!value.is_number_unsigned() || value.get<std::uint64_t>() <= static_cast<std::uint64_t>(kMost));
    const auto read = fits ? value.get<std::int64_t>() : 0;
    const bool right = fits && read >= least && read <= most;
    require(right, key);
    return right ? read : least;
  }
  /// `otherwise` where an older version did not write it.
  std::int64_t integer(const Json& object, const char* key, std::int64_t least, std::int64_t most,
                       std::int64_t otherwise) {
    const auto* value = find(object, key);
    return value == nullptr ? otherwise : integer(*value, key, least, most);
  }

  double number(const Json& value, const char* key) {
    require(value.is_number() || value.is_null(), key);
    const double read = value.is_number() ? value.get<double>() : std::nan("");
    require(!std::isinf(read), key);
    return read;
  }
  double numberOf(const Json& object, const char* key) {
    const auto* value = find(object, key);
    return value == nullptr ? std::nan("") : number(*value, key);
  }
  double finite(const Json& object, const char* key, double least, double most) {
    const double read = numberOf(object, key);
    require(read >= least && read <= most, key);
    return read;
  }

  std::string text(const Json& object, const char* key) {
    const auto* value = find(object, key);
    require(value != nullptr && value->is_string(), key);
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
  }

  /// Calls `visit` with each entry of an array that has at least `least` parts, all arrays themselves.
  template <typename Visit>
  void entries(const Json* array, const char* key, std::size_t least, Visit visit) {
    require(array != nullptr && array->is_array(), key);
    if (array == nullptr || !array->is_array()) return;
    for (const auto& entry : *array) {
      const bool fits = entry.is_array() && entry.size() >= least;
      require(fits, key);
      if (!fits) return;
      visit(entry);
    }
  }

 private:
  std::string wrong_;
};

SmoothedLoss readSmoothedLoss(const Json& json, Reader& reader) {
  constexpr const char* kKey = "smoothed_loss";
  SmoothedLoss loss;
  const auto* object = Reader::find(json, kKey);
  reader.require(object != nullptr && object->is_object(), kKey);
  if (!reader.wrong().empty()) return loss;
  std::deque<SmoothedLoss::Open> open;
  reader.entries(Reader::find(*object, "open"), "open", 3, [&](const Json& entry) {
    open.push_back({reader.integer(entry[0], "open", 0, kMost), reader.integer(entry[1], "open", 0, kMost),
                    reader.number(entry[2], "open")});
  });
  constexpr double kLargest = std::numeric_limits<double>::max();
  loss.restore(reader.finite(*object, "sum", -kLargest, kLargest), reader.finite(*object, "weight", 0, 1 + 1e-9),
               std::move(open));
  return loss;
}

Progress readProgress(const Json& json, Reader& reader) {
  Progress progress;
  progress.step = reader.integer(json, "step", 0, kMost, 0);
  const auto steps = progress.step;
  progress.cycle = reader.integer(json, "cycle", 0, kMost, 0);
  progress.resampledStep = reader.integer(json, "resampled_step", 0, steps, 0);
  if (const auto* plateau = Reader::find(json, "plateau")) {
    reader.require(plateau->is_object(), "plateau");
    if (plateau->is_object()) {
      progress.plateau = {reader.numberOf(*plateau, "lowest"), reader.integer(*plateau, "step", 0, steps, 0)};
    }
  }
  const double elapsed = reader.numberOf(json, "elapsed_seconds");
  reader.require(!(elapsed < 0), "elapsed_seconds");
  progress.elapsedSeconds = std::isfinite(elapsed) ? elapsed : 0;
  progress.lastLoss = reader.numberOf(json, "last_loss");
  if (Reader::find(json, "rate_factor") != nullptr) {
    progress.rateFactor = reader.finite(json, "rate_factor", 0, std::numeric_limits<double>::max());
  }
  progress.bestValue = reader.numberOf(json, "best_value");
  progress.bestStep = reader.integer(json, "best_step", -1, steps, -1);
  if (const auto* best = Reader::find(json, "best")) {
    reader.entries(best, "best", 2, [&](const Json& entry) {
      progress.best.push_back({reader.integer(entry[0], "best", 0, steps), reader.number(entry[1], "best")});
    });
  }
  // Runs from before there could be several.
  if (progress.best.empty() && progress.bestStep >= 0) progress.best = {{progress.bestStep, progress.bestValue}};
  progress.evaluationsWithoutBetter = reader.integer(json, "evaluations_without_better", 0, kMost, 0);
  reader.entries(Reader::find(json, "last_metrics"), "last_metrics", 2, [&](const Json& entry) {
    reader.require(entry[0].is_string(), "last_metrics");
    if (entry[0].is_string()) {
      progress.lastMetrics.emplace_back(entry[0].get<std::string>(), reader.number(entry[1], "last_metrics"));
    }
  });
  progress.smoothedLoss = readSmoothedLoss(json, reader);
  return progress;
}

/// Runs from before there were other slices than windows lack the end of an entry.
StoredSlice readSlice(const Json& entry, Reader& reader) {
  constexpr const char* kKey = "slices";
  StoredSlice slice;
  reader.require(entry[0].is_string(), kKey);
  if (entry[0].is_string()) slice.layer = entry[0].get<std::string>();
  slice.directions = reader.integer(entry[3], kKey, 0, kMost);
  slice.count = reader.integer(entry[2], kKey, 0, slice.directions);
  slice.start = reader.integer(entry[1], kKey, 0, slice.directions);
  if (entry.size() > 5) {
    reader.require(entry[4].is_array() && entry[5].is_boolean(), kKey);
    if (!reader.wrong().empty()) return slice;
    slice.indexed = entry[5].get<bool>();
    std::int64_t least = slice.start;
    for (const auto& index : entry[4]) {
      slice.indices.push_back(reader.integer(index, kKey, least, slice.directions - 1));
      if (!reader.wrong().empty()) return slice;
      least = slice.indices.back() + 1;
    }
  }
  const bool windowFits = slice.start + slice.count <= slice.directions;
  reader.require(slice.indices.empty() ? windowFits : std::ssize(slice.indices) == slice.count, kKey);
  return slice;
}

}  // namespace

std::string formatProgress(const StoredProgress& stored) {
  const auto& progress = stored.progress;
  Json json;
  json["version"] = kVersion;
  json["base_fingerprint"] = stored.baseFingerprint;
  json["form"] = stored.form;
  json["step"] = progress.step;
  json["cycle"] = progress.cycle;
  json["resampled_step"] = progress.resampledStep;
  json["plateau"] = {{"lowest", number(progress.plateau.lowest)}, {"step", progress.plateau.step}};
  json["elapsed_seconds"] = progress.elapsedSeconds;
  json["last_loss"] = number(progress.lastLoss);
  if (progress.rateFactor != 1) json["rate_factor"] = progress.rateFactor;
  json["best_value"] = number(progress.bestValue);
  json["best_step"] = progress.bestStep;
  json["best"] = Json::array();
  for (const auto& good : progress.best) json["best"].push_back({good.step, number(good.value)});
  json["evaluations_without_better"] = progress.evaluationsWithoutBetter;
  json["last_metrics"] = Json::array();
  for (const auto& [name, value] : progress.lastMetrics) json["last_metrics"].push_back({name, number(value)});
  const auto& smoothed = progress.smoothedLoss;
  Json open = Json::array();
  for (const auto& entry : smoothed.open()) open.push_back({entry.cycle, entry.step, number(entry.before)});
  json["smoothed_loss"] = {{"sum", smoothed.sum()}, {"weight", smoothed.weight()}, {"open", open}};
  json["slices"] = Json::array();
  for (const auto& slice : stored.slices) {
    json["slices"].push_back(
        {slice.layer, slice.start, slice.count, slice.directions, Json(slice.indices), slice.indexed});
  }
  return json.dump(1) + "\n";
}

Expected<StoredProgress> parseProgress(std::string_view text, const std::filesystem::path& path) {
  ROSA_TRY(const auto json, base::parseJson(text, path.string(), {.bytes = kLargestFile}));
  Reader reader;
  reader.require(json.is_object(), "version");
  if (json.is_object() && reader.integer(json, "version", 0, kMost, 0) != kVersion && reader.wrong().empty()) {
    return Error{fmt::format("{} was written by another version of this program. Start the run anew.", path.string())};
  }
  StoredProgress stored;
  if (reader.wrong().empty()) {
    stored.baseFingerprint = reader.text(json, "base_fingerprint");
    stored.form = reader.text(json, "form");
    stored.progress = readProgress(json, reader);
    reader.entries(Reader::find(json, "slices"), "slices", 4,
                   [&](const Json& entry) { stored.slices.push_back(readSlice(entry, reader)); });
  }
  if (!reader.wrong().empty()) {
    return Error{
        fmt::format("{}: \"{}\" is missing, or holds what no run can have written. Resume from an older "
                    "checkpoint, or start the run anew.",
                    path.string(), reader.wrong())};
  }
  return stored;
}

}  // namespace rosa::train
