// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/run_notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/atomic_write.h"
#include "base/file.h"
#include "base/file_lock.h"
#include "base/json.h"
#include "base/text.h"

namespace rosa::store {
namespace {

namespace fs = std::filesystem;
using NotesJson = base::Json;

constexpr std::size_t kLongestTag = 64;  // bytes
constexpr std::size_t kMostTags = 64;
constexpr std::size_t kLongestNote = std::size_t{64} << 10;

Error notOurs(const RunFolder& folder) {
  return Error{
      fmt::format("{} is not an object with a list \"tags\" of texts and a text \"note\". Mend it, or move it away.",
                  base::printable(folder.notesFile().native()))};
}

/// The whole file; an empty object where there is none.
Expected<NotesJson> readNotesFile(const RunFolder& folder) {
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(folder.notesFile(), ignored))) return NotesJson::object();
  ROSA_TRY(auto json, base::readJsonFile(base::FileSystem::real(), folder.notesFile()));
  if (!json.is_object()) return notOurs(folder);
  const auto tags = json.find("tags");
  const auto note = json.find("note");
  const bool right =
      (tags == json.end() ||
       (tags->is_array() && std::ranges::all_of(*tags, [](const auto& tag) { return tag.is_string(); }))) &&
      (note == json.end() || note->is_string());
  if (!right) return notOurs(folder);
  return json;
}

RunNotes notesOf(const NotesJson& json) {
  RunNotes notes;
  if (const auto tags = json.find("tags"); tags != json.end()) notes.tags = tags->get<std::vector<std::string>>();
  if (const auto note = json.find("note"); note != json.end()) notes.note = note->get<std::string>();
  return notes;
}

bool isTag(std::string_view tag) {
  return tag.size() <= kLongestTag && base::isUtf8(tag) && base::printable(tag) == tag &&
         tag.find(',') == std::string_view::npos;
}

/// Without white space at the ends, each once.
Expected<std::vector<std::string>> checkedTags(const std::vector<std::string>& given) {
  std::vector<std::string> tags;
  for (const std::string& text : given) {
    const std::string tag(base::trim(text));
    if (tag.empty() || !isTag(tag)) {
      return Error{fmt::format("{} cannot be a tag. A tag has 1 to {} bytes of text on one line, without a comma.",
                               base::inQuotes(tag), kLongestTag)};
    }
    if (std::ranges::find(tags, tag) == tags.end()) tags.push_back(tag);
  }
  if (tags.size() > kMostTags) {
    return Error{fmt::format("A run takes {} tags, and {} were given. Leave some out.", kMostTags, tags.size())};
  }
  return tags;
}

Expected<std::vector<std::string>> tagsAfter(const std::vector<std::string>& before, const RunNotesChange& change) {
  std::vector<std::string> tags = change.tags.value_or(before);
  tags.insert(tags.end(), change.addedTags.begin(), change.addedTags.end());
  std::erase_if(tags, [&](const std::string& tag) {
    return std::ranges::find(change.removedTags, tag) != change.removedTags.end();
  });
  return checkedTags(tags);
}

Status checkNote(std::string_view note) {
  if (note.size() > kLongestNote) {
    return Error{
        fmt::format("A note takes {} KiB, and this one has {}. Shorten it.", kLongestNote >> 10, note.size() >> 10)};
  }
  if (!base::isUtf8(note) || note.find('\0') != std::string_view::npos) {
    return Error{"The note is not text in UTF-8. Write it without the bytes that are not."};
  }
  return {};
}

}  // namespace

Expected<RunNotes> readRunNotes(const RunFolder& folder) {
  ROSA_TRY(const auto json, readNotesFile(folder));
  return notesOf(json);
}

Status changeRunNotes(const RunFolder& folder, const RunNotesChange& change) {
  constexpr std::chrono::milliseconds kPatience(2000);
  if (change.note) ROSA_CHECK(checkNote(*change.note));
  // Tags from a terminal and a note from the window, at once: neither takes the other's away.
  ROSA_TRY(const auto lock, base::FileLock::takeWithin(folder.path / ".notes.lock", kPatience));
  if (!lock) {
    return Error{
        fmt::format("Another program is writing {}. Try again.", base::printable(folder.notesFile().native()))};
  }
  ROSA_TRY(auto json, readNotesFile(folder));
  const auto before = notesOf(json).tags;
  ROSA_TRY(const auto tags, tagsAfter(before, change));
  if (tags != before) json["tags"] = tags;
  if (change.note) json["note"] = std::string(base::trim(*change.note));
  return base::writeFileAtomically(base::FileSystem::real(), folder.notesFile(), json.dump(1) + "\n");
}

}  // namespace rosa::store
