// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "parallel/local_group.h"
#include "parallel/process_group.h"
#include "rosa/config.h"
#include "rosa/expected.h"
#include "service/guard.h"

/// How the processes of a group come to train one run: rank 0 opens it as if it were alone and tells the others what to
/// open; when all have, they compare what they have.
namespace rosa::service {

struct OpenedRun;
struct Opening;

/// The processes that train a run together; both null where this one trains alone.
struct Company {
  std::unique_ptr<parallel::LocalGroup> local;  ///< that this process started; goes after the group
  std::shared_ptr<parallel::ProcessGroup> group;

  [[nodiscard]] bool leads() const { return !group || group->leads(); }
};

/// Joins the group that a launcher's environment tells of, or else starts so many processes of this program and leads
/// them: as `asked` for now, which contradicts a launcher, or as the run's settings say.
[[nodiscard]] Expected<Company> gatherCompany(std::optional<std::int64_t> asked, std::int64_t ofSettings,
                                              const Opening& opening);

/// What rank 0 tells the others to open.
struct GroupOrder {
  RunConfig config;
  bool resumes = false;
  std::filesystem::path folder;     ///< of a run that goes on
  std::vector<std::string> labels;  ///< likewise: its classes, empty where none are known
};
/// To the others, where there are any.
void sendOrder(const Company& company, const GroupOrder& order);

/// What every rank but 0 does: opens what it is told to, as `own` settings say too where the launcher gave it some.
[[nodiscard]] Expected<OpenedRun> openToFollow(Company company, const RunConfig* own, const Opening& opening);

/// Puts the company into an opened run. The same error on all ranks where what they have opened is not the same.
[[nodiscard]] Status joinCompany(OpenedRun& run, Company company);

/// Where the same launch has begun a run before and started its processes anew: that run's folder, else empty.
[[nodiscard]] std::filesystem::path folderBegunBefore(const Company& company);
void rememberFolder(const OpenedRun& run, const std::filesystem::path& folder);

/// `work`, whose error the other processes are told.
template <typename Work>
auto telling(const Company& company, Work work) -> decltype(work()) {
  const auto group = company.group;  // the company may be moved away meanwhile
  auto result = guarded(std::move(work));
  if (!result && group) group->fail(result.error().message);
  return result;
}

}  // namespace rosa::service
