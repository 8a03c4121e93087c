// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/group_run.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "device/device.h"
#include "parallel/launch_environment.h"
#include "service/import_gguf.h"
#include "service/run_opening.h"
#include "service/stored_run.h"

namespace rosa::service {

namespace {

/// Of the program that runs: what this file says of itself, whatever has become of it on the disk.
std::string digestOfProgram() {
  const auto digest = base::digestFile(base::FileSystem::real(), "/proc/self/exe");
  return digest ? digest->sha256.substr(0, 12) : "unknown";
}

/// The settings that need not be the same in all processes.
RunConfig withoutOwn(RunConfig config) {
  const RunConfig usual;
  config.threads = usual.threads;
  config.processes = usual.processes;
  config.name = usual.name;
  config.out = usual.out;
  return config;
}

/// The first setting that differs, as a sentence; empty where none does.
std::string difference(const RunConfig& own, const RunConfig& leaders) {
  const auto here = withoutOwn(own), there = withoutOwn(leaders);
  for (const auto& field : configFields()) {
    const auto mine = configFieldText(here, field.key), theirs = configFieldText(there, field.key);
    if (mine == theirs) continue;
    return fmt::format("{} is {} here and {} on rank 0. Start every process with the same settings.", field.key,
                       mine.empty() ? "not set" : base::inQuotes(mine),
                       theirs.empty() ? "not set" : base::inQuotes(theirs));
  }
  return {};
}

std::string describeFiles(const OpenedRun& run) {
  std::string text;
  for (const auto& file : run.data.files) text += file.part + file.sha256;
  const auto& session = *run.session;
  text += fmt::format("{} {} {}", session.training.size(), session.training.tokens(), session.validation.size());
  return base::digestText(text).sha256.substr(0, 12);
}

Status checkSame(parallel::ProcessGroup& group, const OpenedRun& run) {
  const auto& session = *run.session;
  const auto settings = base::digestText(formatConfig(withoutOwn(session.config))).sha256.substr(0, 12);
  return parallel::checkEqual(
      group, {{"device", device::describe(session.device), "Give every process the same kind of device (device)."},
              {"program", digestOfProgram(), "Install the same build of rosa for every process."},
              {"model", base::digestText(session.baseFingerprint).sha256.substr(0, 12),
               "Give every process the same model's files."},
              {"data", describeFiles(run), "Give every process the same data files."},
              {"settings", settings, "Start every process with the same settings on the same kind of machine."}});
}

Expected<GroupOrder> receiveOrder(parallel::ProcessGroup& group) {
  const auto text = nlohmann::json::parse(group.ofFirst(""));
  GroupOrder order;
  const auto problems = parseConfig(text.at("config").get<std::string>(), "", order.config);
  if (!problems.empty()) return Error{joinProblems(problems)};
  order.resumes = text.at("resumes").get<bool>();
  order.folder = text.at("folder").get<std::string>();
  order.labels = text.at("labels").get<std::vector<std::string>>();
  return order;
}

Expected<OpenedRun> openOrdered(const GroupOrder& order, const Opening& opening) {
  OpenedRun run;
  auto config = order.config;
  ROSA_TRY(config.model, modelFolderOf(config.model));
  train::OpenOptions options;
  options.giveUp = opening.giveUp;
  const data::LabelMap labels(order.labels);
  if (!order.labels.empty()) options.labels = &labels;
  if (order.resumes) options.storedTemplate = order.folder;
  ROSA_TRY(run.session, train::openSession(config, options));
  ROSA_TRY(run.data.files, describeData(config));
  return run;
}

}  // namespace

Expected<Company> gatherCompany(std::optional<std::int64_t> asked, std::int64_t ofSettings, const Opening& opening) {
  ROSA_TRY(auto launch, parallel::readLaunch(parallel::processEnvironment()));
  Company company;
  const auto processes = asked.value_or(ofSettings);
  if (launch && asked.value_or(1) > 1) {
    return Error{
        fmt::format("processes: {} has started {} processes already. Leave processes out, or start rosa "
                    "without a launcher.",
                    launch->launcher, launch->size)};
  }
  if (!launch && processes <= 1) return company;
  if (opening.phase) opening.phase("waiting for the other processes");
  parallel::GroupOptions options;
  options.giveUp = opening.giveUp;
  if (!launch) {
    ROSA_TRY(company.local, parallel::LocalGroup::start("/proc/self/exe", {"member"}, processes));
    launch = company.local->launch();
    options.lost = [local = company.local.get()] { return local->lost(); };
  }
  device::shareMachine(launch->localRank, launch->localSize);
  ROSA_TRY(company.group, parallel::ProcessGroup::join(*launch, options));
  return company;
}

void sendOrder(const Company& company, const GroupOrder& order) {
  if (!company.group) return;
  const nlohmann::json text = {{"config", formatConfig(order.config)},
                               {"resumes", order.resumes},
                               {"folder", order.folder.string()},
                               {"labels", order.labels}};
  static_cast<void>(company.group->ofFirst(text.dump()));
}

Expected<OpenedRun> openToFollow(Company company, const RunConfig* own, const Opening& opening) {
  return telling(company, [&]() -> Expected<OpenedRun> {
    ROSA_TRY(const auto order, receiveOrder(*company.group));
    // A run that goes on has the settings that its folder keeps, whatever it is started with.
    if (own != nullptr && !order.resumes) {
      if (auto differs = difference(*own, order.config); !differs.empty()) return Error{std::move(differs)};
    }
    ROSA_TRY(auto run, openOrdered(order, opening));
    ROSA_CHECK(joinCompany(run, std::move(company)));
    return run;
  });
}

Status joinCompany(OpenedRun& run, Company company) {
  if (!company.group) return {};
  ROSA_CHECK(checkSame(*company.group, run));
  run.session->group = company.group;
  run.company = std::make_shared<Company>(std::move(company));
  return {};
}

namespace {
constexpr const char* kFolder = "run-folder";
}

std::filesystem::path folderBegunBefore(const Company& company) {
  if (!company.group || company.group->launch().restarts == 0) return {};
  return company.group->kept(kFolder);
}

void rememberFolder(const OpenedRun& run, const std::filesystem::path& folder) {
  if (run.session->group) run.session->group->keep(kFolder, folder.string());
}

}  // namespace rosa::service
