// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/run_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "cli/command.h"
#include "cli/run_names.h"

namespace rosa::cli {

RunChanges::RunChanges(CLI::App& runs)
    : tag_(runs.add_subcommand("tag", "Give a run tags, by which it is found")),
      note_(runs.add_subcommand("note", "Write a note to a run")),
      rename_(runs.add_subcommand("rename", "Give a run another name; its folder keeps its own")),
      delete_(runs.add_subcommand("delete", "Delete runs with all their files")) {
  for (auto* command : {tag_, note_, rename_}) {
    command->add_option("run", run_, "Run name or folder")->required()->type_name("RUN");
  }
  tag_->add_option("tags", tags_, "Tags to add")->required()->type_name("TAG...");
  tag_->add_flag("--remove", remove_, "Take these tags away instead");
  note_->add_option("text", text_, "The note, in place of the one that there is; \"\" for none")->required();
  rename_->add_option("name", text_, "The name; \"\" for the folder's")->required()->type_name("NAME");
  delete_->add_option("runs", runs_, "Run names or folders")->required()->type_name("RUN...");
  delete_->add_flag("--yes", yes_, "Delete them; without it the command only says what would go");
}

bool RunChanges::parsed() const {
  return tag_->parsed() || note_->parsed() || rename_->parsed() || delete_->parsed();
}

Status RunChanges::apply(Engine& engine) const {
  if (delete_->parsed()) return deleteRuns(engine);
  ROSA_TRY(const auto folder, runFolderOf(engine, run_));
  if (rename_->parsed()) return engine.renameRun(folder, text_);
  RunNotesChange change;
  if (note_->parsed()) {
    change.note = text_;
  } else {
    (remove_ ? change.removedTags : change.addedTags) = tags_;
  }
  return engine.annotateRun(folder, change);
}

Status RunChanges::deleteRuns(Engine& engine) const {
  ROSA_TRY(auto all, engine.runs());
  for (const auto& name : runs_) {
    if (std::ranges::count(all, name, &RunRecord::name) > 1) {
      return Error{fmt::format("Several runs are called '{}'. Name the folder of the one to delete.", name)};
    }
  }
  ROSA_TRY(auto picked, pickRuns(std::move(all), runs_));
  std::ranges::sort(picked, {}, &RunRecord::directory);
  const auto again = std::ranges::unique(picked, {}, &RunRecord::directory);
  picked.erase(again.begin(), again.end());
  std::string names;
  std::int64_t bytes = 0;
  for (const auto& run : picked) {
    names += (names.empty() ? "" : ", ") + run.name;
    bytes += run.diskBytes;
  }
  if (!yes_) {
    return Error{
        fmt::format("{} of files would be deleted for good: {}. Add --yes to delete them.", humanBytes(bytes), names)};
  }
  for (const auto& run : picked) ROSA_CHECK(engine.deleteRun(run.directory));
  return {};
}

}  // namespace rosa::cli
