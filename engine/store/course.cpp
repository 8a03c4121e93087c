// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/course.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <iterator>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
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

/// The first line that begins behind a place in the file; none where `sequence` and `offset` are 0.
Expected<CoursePlace> lineBehind(const std::filesystem::path& file, std::int64_t place) {
  const Error enough{"It was found."};
  std::int64_t lines = 0;
  CoursePlace found;
  LineTail tail(file, kLongestEvent, place);
  const Status status = tail.read([&](std::string_view text) -> Status {
    // The first is the rest of one.
    if (lines++ == 0) {
      found.offset = tail.offset();
      return {};
    }
    found.sequence = glanceAt(text).sequence;
    return enough;
  });
  if (!status && lines < 2) return status.error();
  return lines < 2 ? CoursePlace{} : found;
}

class Scan {
 public:
  explicit Scan(std::filesystem::path file) : file_(std::move(file)) {}

  /// A large file by two threads.
  Status read(const CoursePlace& place, std::int64_t after) {
    constexpr std::int64_t kLarge = std::int64_t{16} << 20;
    std::error_code code;
    const auto size = static_cast<std::int64_t>(std::filesystem::file_size(file_, code));
    reserve(size - place.offset);
    if (code || size - place.offset < kLarge) return readPart(place, after, kToTheEnd);
    ROSA_TRY(const auto middle, lineBehind(file_, place.offset + (size - place.offset) / 2));
    // The second half could not be counted from here.
    if (middle.sequence == 0) return readPart(place, after, kToTheEnd);
    Scan second(file_);
    Status read;
    std::thread other([&] {
      second.reserve((size - place.offset) / 2);
      read = second.readPart({middle.offset, middle.sequence - 1}, after, kToTheEnd);
    });
    const Status first = readPart(place, after, middle.offset);
    other.join();
    ROSA_CHECK(first);
    ROSA_CHECK(read);
    append(std::move(second));
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
  static constexpr std::int64_t kToTheEnd = std::numeric_limits<std::int64_t>::max();

  /// The lines that begin before `end`.
  Status readPart(const CoursePlace& place, std::int64_t after, std::int64_t end) {
    sequence_ = place.sequence;
    const Error enough{"That was all."};
    bool all = false;
    LineTail tail(file_, kLongestEvent, place.offset);
    const Status status = tail.read([&](std::string_view line) -> Status {
      all = tail.offset() > end;
      if (all) return enough;
      take(line, tail.offset() - static_cast<std::int64_t>(line.size()) - 1, after);
      return {};
    });
    offset_ = tail.offset();
    return all ? Status() : status;
  }

  /// What comes behind this part.
  void append(Scan&& later) {
    goBackTo(later.lowest_);
    const auto steps = static_cast<std::uint32_t>(steps_.size());
    const auto samples = static_cast<std::uint32_t>(memory_.size());
    const auto others = static_cast<std::uint32_t>(others_.size());
    for (CourseLine line : later.told_) {
      if (line.kind == LineKind::Step) line.place += steps;
      if (line.kind == LineKind::Memory) line.place += samples;
      if (line.kind == LineKind::Other) line.place += others;
      told_.push_back(line);
    }
    steps_.insert(steps_.end(), later.steps_.begin(), later.steps_.end());
    memory_.insert(memory_.end(), later.memory_.begin(), later.memory_.end());
    std::ranges::move(later.others_, std::back_inserter(others_));
    sequence_ = later.sequence_;
    offset_ = later.offset_;
  }

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
      goBackTo(started->firstStep);
    }
    told.step = stepOf(stored->event);
    told.place = static_cast<std::uint32_t>(others_.size());
    others_.push_back(*std::move(stored));
    return true;
  }

  /// A session that goes on after this step trains all later ones anew.
  void goBackTo(std::int64_t step) {
    lowest_ = std::min(lowest_, step);
    if (step == kToTheEnd) return;
    std::erase_if(told_, [step](const CourseLine& earlier) { return earlier.step > step; });
  }

  /// As many lines as there will be, about.
  void reserve(std::int64_t bytes) {
    constexpr std::int64_t kUsualLine = 300;
    if (bytes < kUsualLine) return;
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
  std::int64_t lowest_ = kToTheEnd;  ///< step that a session went on after
  bool thinned_ = false;
};

}  // namespace

Expected<CoursePlace> placeAfter(const RunFolder& folder, std::int64_t after) {
  CoursePlace place;
  std::error_code code;
  auto end = static_cast<std::int64_t>(std::filesystem::file_size(folder.eventsFile(), code));
  if (code || after <= 0) return place;
  constexpr std::int64_t kNear = std::int64_t{256} << 10;
  while (end - place.offset > kNear) {
    const std::int64_t middle = place.offset + (end - place.offset) / 2;
    ROSA_TRY(const auto line, lineBehind(folder.eventsFile(), middle));
    if (line.offset == 0 || line.offset >= end) {
      // One line, or few, from the middle to the end.
      end = middle;
    } else if (line.sequence == 0) {
      return CoursePlace{};
    } else if (line.sequence > after) {
      end = middle;
    } else {
      place = {line.offset, line.sequence - 1};
    }
  }
  return place;
}

Expected<Course> readCourse(const RunFolder& folder, std::int64_t after) {
  ROSA_TRY(const auto place, placeAfter(folder, after));
  Scan scan(folder.eventsFile());
  ROSA_CHECK(scan.read(place, after));
  ROSA_TRY(auto course, scan.course());
  course.newest = std::max(course.newest, after);
  return course;
}

}  // namespace rosa::store
