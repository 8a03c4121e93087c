// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "rosa/catalogue.h"
#include "rosa/expected.h"
#include "store/run_folder.h"
#include "store/run_record.h"

/// The list of all runs, fast because it remembers what it read of each folder.
///
/// What it remembers stands in catalogue.sqlite and is nowhere the only copy: a file that is damaged, or written by a
/// newer version, is deleted and made again from the run folders.
namespace rosa::store {

/// May be called from any thread, by several processes at once; calls block while the disk is read.
class Catalogue {
 public:
  /// `home` is made if need be; its runs lie in home/runs.
  [[nodiscard]] static Expected<Catalogue> open(const std::filesystem::path& home);
  Catalogue(Catalogue&&) noexcept;
  Catalogue& operator=(Catalogue&&) noexcept;
  ~Catalogue();

  /// Lets `runs` list a run outside home/runs too; runs inside are found without.
  [[nodiscard]] Status registerRun(const RunFolder& folder);

  /// Newest first. A folder is read again only when its events have changed or it is being trained; one that has
  /// vanished is left out; one that cannot be read is listed as failed, with the reason.
  [[nodiscard]] Expected<std::vector<RunRecord>> runs();

  /// Takes a run off the list; its folder stays. One inside home/runs comes back if it is still there.
  [[nodiscard]] Status forget(const std::filesystem::path& path);

 private:
  class Index;
  explicit Catalogue(std::unique_ptr<Index> index);
  std::unique_ptr<Index> index_;
};

}  // namespace rosa::store
