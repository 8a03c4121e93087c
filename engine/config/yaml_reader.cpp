// SPDX-License-Identifier: GPL-3.0-or-later
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <exception>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "config/fields.h"
#include "config/mix.h"
#include "rosa/config.h"

namespace rosa {
namespace {

/// A configuration is a page of text; more of it, or more mistakes in it, is a wrong file.
constexpr std::size_t kMostBytes = 1 << 18;
constexpr std::size_t kMostProblems = 100;

constexpr std::string_view kOneALine = "write one \"key: value\" a line";

/// Thrown through the parser when nothing more is worth reading.
struct EnoughSeen {};

/// Takes a flat map apart as the parser meets it. No tree is built: aliases cannot multiply, depth costs nothing, and
/// keys that stand twice are seen.
class FlatMapReader : public YAML::EventHandler {
 public:
  FlatMapReader(const std::filesystem::path& baseDirectory, RunConfig& config)
      : baseDirectory_(baseDirectory), config_(config) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(started_, true)) {
      add({}, place(mark) + "nothing may follow the settings; remove the rest, or leave one YAML document");
      throw EnoughSeen();
    }
  }
  void OnDocumentEnd() override {}

  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                const std::string& value) override {
    if (depth_ == 0) return refuseDocument();
    if (depth_ == 1 && !key_) return takeKey(mark, value);
    if (depth_ == 1) return setValue(value);
    entries_.push_back(value);
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    if (depth_ > 0) leafOfNoUse(mark, "has no value; write one, or leave the line out");
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    leafOfNoUse(mark, "refers to another line; write the value itself");
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {
    open(mark, false);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    open(mark, true);
  }
  void OnMapEnd() override { close(); }

  void add(std::string key, std::string message) { problems_.push_back({std::move(key), std::move(message)}); }
  [[nodiscard]] std::vector<ConfigProblem> takeProblems() { return std::move(problems_); }

  static std::string place(const YAML::Mark& mark) {
    return mark.is_null() ? std::string() : "line " + std::to_string(mark.line + 1) + ": ";
  }

 private:
  /// A key whose value comes next. Without a field it is a mistake already told, and the value is passed over.
  struct PendingKey {
    YAML::Mark mark;
    const config::Field* field = nullptr;
  };

  void refuseDocument() {
    add({}, std::string("the configuration is not a list of settings; ").append(kOneALine));
    throw EnoughSeen();
  }

  void beginKey(const YAML::Mark& mark, const config::Field* field) {
    if (problems_.size() >= kMostProblems) {
      add({}, place(mark) + "more mistakes follow; is it the right file?");
      throw EnoughSeen();
    }
    key_ = PendingKey{mark, field};
  }

  void takeKey(const YAML::Mark& mark, const std::string& name) {
    beginKey(mark, config::findField(name));
    if (key_->field == nullptr) {
      add(name, place(mark) + config::unknownKeyMessage(name));
    } else if (!seen_.insert(name).second) {
      addToKey("is set twice; leave one of the two lines");
      key_->field = nullptr;
    }
  }

  void refuseKey(const YAML::Mark& mark) {
    beginKey(mark, nullptr);
    add({}, place(mark).append("a key must be a word; ").append(kOneALine));
  }

  void setValue(const std::string& text) {
    const config::Field* field = key_->field;
    if (field != nullptr && field->list != nullptr) {
      config_.*field->list = {fromHere(*field, text)};
    } else if (field != nullptr) {
      const bool relative = field->isPath && !text.empty() && std::filesystem::path(text).is_relative();
      const Status parsed = field->parse(relative ? (baseDirectory_ / text).string() : text, config_);
      if (!parsed) addToKey(parsed.error().message);
    }
    key_.reset();
  }

  /// An entry of a list, whose path, if it is one, is taken from where the file lies.
  [[nodiscard]] std::string fromHere(const config::Field& field, const std::string& entry) const {
    if (!field.isPath) return entry;
    return config::withMixPath(entry,
                               [&](const auto& path) { return path.is_relative() ? baseDirectory_ / path : path; });
  }

  void leafOfNoUse(const YAML::Mark& mark, std::string_view sentence) {
    if (depth_ > 1) {
      onlyText_ = false;
    } else if (key_) {
      addToKey(sentence);
      key_.reset();
    } else {
      refuseKey(mark);
    }
  }

  void open(const YAML::Mark& mark, bool map) {
    if (depth_ == 0 && !map) refuseDocument();
    if (depth_ == 1) {
      insideKey_ = !key_;
      entries_.clear();
      onlyText_ = true;
      if (insideKey_) {
        refuseKey(mark);
      } else if (map) {
        addToKey("takes one value, not settings of its own");
        key_->field = nullptr;
      } else if (key_->field != nullptr && key_->field->list == nullptr) {
        addToKey("takes one value, not a list");
        key_->field = nullptr;
      }
    } else if (depth_ > 1) {
      onlyText_ = false;
    }
    ++depth_;
  }

  void close() {
    --depth_;
    if (depth_ != 1 || insideKey_) return;
    if (key_->field != nullptr) {
      if (!onlyText_) addToKey("holds something else than text; quote each entry");
      for (auto& entry : entries_) entry = fromHere(*key_->field, entry);
      config_.*key_->field->list = std::move(entries_);
    }
    key_.reset();
  }

  void addToKey(std::string_view sentence) {
    if (key_->field == nullptr) return;
    const std::string name(key_->field->info.key);
    add(name, (place(key_->mark) + name).append(": ").append(sentence));
  }

  const std::filesystem::path& baseDirectory_;
  RunConfig& config_;
  std::vector<ConfigProblem> problems_;
  std::set<std::string> seen_;
  bool started_ = false;
  int depth_ = 0;  ///< open maps and lists
  std::optional<PendingKey> key_;
  bool insideKey_ = false;            ///< the open list or map stands where a key should
  std::vector<std::string> entries_;  ///< of the open list
  bool onlyText_ = true;              ///< so far in the open list
};

void read(std::string_view yaml, FlatMapReader& reader) {
  if (yaml.size() > kMostBytes)
    return reader.add({}, "the configuration is longer than 256 KiB; is it the right file?");
  if (!base::isUtf8(yaml) || yaml.find('\0') != std::string_view::npos) {
    return reader.add({}, "the configuration is not UTF-8 text; is it the right file?");
  }
  const auto refuse = [&](const std::string& place, const std::string& reason) {
    reader.add({}, (place + "not valid YAML (" + reason + "); ").append(kOneALine));
  };
  try {
    std::istringstream stream{std::string(yaml)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(reader)) continue;
  } catch (const EnoughSeen&) {
    return;
  } catch (const YAML::Exception& exception) {
    refuse(FlatMapReader::place(exception.mark), exception.msg);
  } catch (const std::exception& exception) {
    refuse({}, exception.what());
  }
}

}  // namespace

std::vector<ConfigProblem> parseConfig(std::string_view yaml, const std::filesystem::path& baseDirectory,
                                       RunConfig& config) {
  FlatMapReader reader(baseDirectory, config);
  read(yaml, reader);
  return reader.takeProblems();
}

}  // namespace rosa
