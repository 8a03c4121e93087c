// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/course.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

#include "base/file.h"
#include "store/course_line.h"
#include "store/event_log.h"
#include "store/line_file.h"

namespace rosa::store {
namespace {

constexpr std::size_t kNewest = 2048;     ///< of a kind: come whole
constexpr std::size_t kStretches = 1024;  ///< of what is before them

/// A line by its place in the file, or what was read from it.
struct CourseLine {
  std::int64_t offset = 0, sequence = 0, step = 0;
  std::uint32_t length = 0;
  std::uint32_t place = 0;  ///< in the figures of steps or memory samples, or among the events that were read
  LineKind kind = LineKind::Other;
  bool kept = true;
};

struct StepFigures {
  double loss = 0;
  float learningRate = 0, gradientNorm = 0;
  std::int64_t tokens = 0;
  bool applied = true;
};

class Scan {
 public:
  explicit Scan(const RunFolder& folder) : file_(folder.eventsFile()) {}

  Status read(const CoursePlace& place, std::int64_t after) {
    sequence_ = place.sequence;
    reserve(place.offset);
    LineTail tail(file_, kLongestEvent, place.offset);
    ROSA_CHECK(tail.read([&](std::string_view line) -> Status {
      take(line, tail.offset() - static_cast<std::int64_t>(line.size()) - 1, after);
      return {};
    }));
    offset_ = tail.offset();
    return {};
  }

  Expected<Course> course() {
    thinSteps();
    thinMemory();
    keepNewest(LineKind::Phase);
    keepNewest(LineKind::Log);
    Course course;
    course.newest = sequence_;
    course.offset = offset_;
    for (const CourseLine& told : told_) {
      if (told.kind == LineKind::Step) course.losses.push_back(static_cast<float>(steps_[told.place].loss));
    }
    ROSA_CHECK(readKept(course));
    return course;
  }

 private:
  /// Of the line whose figures have this place.
  using Figure = std::function<double(std::uint32_t place)>;

  void take(std::string_view line, std::int64_t offset, std::int64_t after) {
    const LineGlance glance = glanceAt(line);
    sequence_ = glance.sequence > 0 ? glance.sequence : sequence_ + 1;
    if (sequence_ <= after) return;
    CourseLine told{offset, sequence_, glance.step, static_cast<std::uint32_t>(line.size()), 0, glance.kind};
    if (glance.kind == LineKind::Step) {
      told.place = static_cast<std::uint32_t>(steps_.size());
      steps_.push_back({glance.loss, static_cast<float>(glance.learningRate), static_cast<float>(glance.gradientNorm),
                        glance.tokens, glance.applied});
    } else if (glance.kind == LineKind::Memory) {
      told.place = static_cast<std::uint32_t>(memory_.size());
      memory_.push_back(glance.bytes);
    } else if (glance.kind == LineKind::Other && !takeOther(line, told)) {
      return;
    }
    told_.push_back(told);
  }

  bool takeOther(std::string_view line, CourseLine& told) {
    auto stored = storedEventOf(line);
    if (!stored) return false;
    if (stored->sequence > sequence_) sequence_ = told.sequence = stored->sequence;
    if (const auto* started = std::get_if<RunStarted>(&stored->event)) {
      const std::int64_t first = started->firstStep;
      std::erase_if(told_, [first](const CourseLine& earlier) { return earlier.step > first; });
    }
    told.step = stepOf(stored->event);
    told.place = static_cast<std::uint32_t>(others_.size());
    others_.push_back(*std::move(stored));
    return true;
  }

  /// As many lines as there will be, about.
  void reserve(std::int64_t from) {
    constexpr std::int64_t kUsualLine = 300;
    std::error_code code;
    const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(file_, code)) - from;
    if (code || bytes < kUsualLine) return;
    told_.reserve(static_cast<std::size_t>(bytes / kUsualLine));
    steps_.reserve(static_cast<std::size_t>(bytes / kUsualLine));
  }

  [[nodiscard]] std::vector<CourseLine*> ofKind(LineKind kind) {
    std::vector<CourseLine*> found;
    for (CourseLine& told : told_) {
      if (told.kind == kind) found.push_back(&told);
    }
    return found;
  }

  /// Keeps, of each stretch but the newest, those with the lowest and the highest of each figure.
  static void thin(const std::vector<CourseLine*>& lines, const std::vector<Figure>& figures) {
    const std::size_t old = lines.size() - kNewest;
    for (std::size_t place = 1; place < old; ++place) lines[place]->kept = false;
    const std::span<CourseLine* const> all(lines);
    for (std::size_t stretch = 0; stretch < kStretches; ++stretch) {
      const std::size_t from = stretch * old / kStretches;
      for (const Figure& figure : figures) {
        keepExtremes(all.subspan(from, (stretch + 1) * old / kStretches - from), figure);
      }
    }
  }

  static void keepExtremes(std::span<CourseLine* const> lines, const Figure& figure) {
    CourseLine* low = nullptr;
    CourseLine* high = nullptr;
    double least = std::numeric_limits<double>::infinity();
    double most = -least;
    for (CourseLine* line : lines) {
      const double value = figure(line->place);
      if (!std::isfinite(value)) continue;
      if (value < least) {
        least = value;
        low = line;
      }
      if (value > most) {
        most = value;
        high = line;
      }
    }
    for (CourseLine* line : {low, high}) {
      if (line != nullptr) line->kept = true;
    }
  }

  void thinSteps() {
    const auto lines = ofKind(LineKind::Step);
    if (lines.size() <= kMostSteps) return;
    thin(lines, {[this](std::uint32_t place) { return steps_[place].loss; },
                 [this](std::uint32_t place) { return steps_[place].learningRate; },
                 [this](std::uint32_t place) { return steps_[place].gradientNorm; }});
    // Each that was skipped is told by itself.
    std::size_t skipped = 0;
    for (auto line = lines.rbegin(); line != lines.rend() && skipped < kNewest; ++line) {
      if (steps_[(*line)->place].applied) continue;
      (*line)->kept = true;
      ++skipped;
    }
    thinned_ = true;
  }

  void thinMemory() {
    const auto lines = ofKind(LineKind::Memory);
    if (lines.size() <= kMostSteps) return;
    thin(lines, {[this](std::uint32_t place) { return static_cast<double>(memory_[place]); }});
  }

  void keepNewest(LineKind kind) {
    const auto lines = ofKind(kind);
    if (lines.size() <= kMostSteps) return;
    for (std::size_t place = 0; place < lines.size() - kNewest; ++place) lines[place]->kept = false;
  }

  Status readKept(Course& course) {
    if (told_.empty()) return {};
    ROSA_TRY(const auto file, base::FileSystem::real().open(file_));
    std::string line;
    std::int64_t tokens = 0;
    double sum = 0;
    double weight = 0;
    for (const CourseLine& told : told_) {
      if (told.kind == LineKind::Other) {
        course.events.push_back(std::move(others_[told.place]));
        course.events.back().sequence = told.sequence;
        continue;
      }
      if (told.kind == LineKind::Step) {
        const StepFigures& step = steps_[told.place];
        tokens += step.tokens;
        if (std::isfinite(step.loss)) {
          sum = kUsualSmoothing * sum + (1 - kUsualSmoothing) * step.loss;
          weight = kUsualSmoothing * weight + (1 - kUsualSmoothing);
        }
      }
      if (!told.kept) continue;
      line.resize(told.length);
      ROSA_CHECK(file->readAt(static_cast<std::uint64_t>(told.offset), std::as_writable_bytes(std::span(line))));
      auto stored = storedEventOf(line);
      if (!stored) continue;
      stored->sequence = told.sequence;
      if (auto* step = std::get_if<StepCompleted>(&stored->event); step != nullptr && thinned_) {
        step->tokens = std::exchange(tokens, 0);
        if (weight > 0) step->smoothedLoss = sum / weight;
      }
      course.events.push_back(*std::move(stored));
    }
    return {};
  }

  std::filesystem::path file_;
  std::vector<CourseLine> told_;
  std::vector<StepFigures> steps_;
  std::vector<std::int64_t> memory_;
  std::vector<StoredEvent> others_;
  std::int64_t sequence_ = 0;
  std::int64_t offset_ = 0;
  bool thinned_ = false;
};

}  // namespace

Expected<CoursePlace> placeAfter(const RunFolder& folder, std::int64_t after) {
  CoursePlace place;
  std::error_code code;
  auto end = static_cast<std::int64_t>(std::filesystem::file_size(folder.eventsFile(), code));
  if (code || after <= 0) return place;
  constexpr std::int64_t kNear = std::int64_t{256} << 10;
  const Error enough{"It was found."};
  while (end - place.offset > kNear) {
    const std::int64_t middle = place.offset + (end - place.offset) / 2;
    // The first line is the rest of one; the second is looked at.
    std::int64_t line = 0;
    std::int64_t begin = 0;
    std::int64_t sequence = 0;
    LineTail tail(folder.eventsFile(), kLongestEvent, middle);
    const Status status = tail.read([&](std::string_view text) -> Status {
      if (line++ == 0) {
        begin = tail.offset();
        return {};
      }
      sequence = glanceAt(text).sequence;
      return enough;
    });
    if (!status && line < 2) return status.error();
    if (line < 2 || begin >= end) {
      // One line, or few, from the middle to the end.
      end = middle;
    } else if (sequence == 0) {
      return CoursePlace{};
    } else if (sequence > after) {
      end = middle;
    } else {
      place = {begin, sequence - 1};
    }
  }
  return place;
}

Expected<Course> readCourse(const RunFolder& folder, std::int64_t after) {
  ROSA_TRY(const auto place, placeAfter(folder, after));
  Scan scan(folder);
  ROSA_CHECK(scan.read(place, after));
  ROSA_TRY(auto course, scan.course());
  course.newest = std::max(course.newest, after);
  return course;
}

}  // namespace rosa::store
