// SPDX-License-Identifier: GPL-3.0-or-later
#include "parallel/process_group.h"

#define USE_C10D_GLOO
#include <ATen/ATen.h>
#include <c10/util/Logging.h>
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <utility>

namespace rosa::parallel {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kDefaultTimeout(600);
constexpr milliseconds kHeartbeat(500);
/// Without a sign of life for so long a rank has ended; its beats are half a second apart.
constexpr seconds kSilence(4);
/// That the causes of a fault are looked for.
constexpr seconds kInquiry(10);
constexpr milliseconds kLook(50);

std::vector<std::uint8_t> bytesOf(const std::string& text) {
  return {text.begin(), text.end()};
}
std::string textOf(const std::vector<std::uint8_t>& bytes) {
  return {bytes.begin(), bytes.end()};
}

std::string firstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::string secondsOf(milliseconds time) {
  return fmt::format("{} s", std::chrono::duration_cast<seconds>(time).count());
}

/// Tells the store again and again that this process lives, from a thread of its own: a rank that computes for minutes
/// lives, one that was killed does not.
class Heart {
 public:
  Heart(c10::intrusive_ptr<c10d::Store> store, std::string key)
      : store_(std::move(store)), key_(std::move(key)), thread_([this] { beat(); }) {}
  Heart(const Heart&) = delete;
  Heart& operator=(const Heart&) = delete;
  ~Heart() {
    {
      const std::scoped_lock lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

 private:
  void beat() {
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      try {
        store_->add(key_, 1);
      } catch (const std::exception&) {
        return;  // the meeting point is gone: whoever needs it will say so
      }
      changed_.wait_for(lock, kHeartbeat, [this] { return stopped_; });
    }
  }

  c10::intrusive_ptr<c10d::Store> store_;
  std::string key_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  std::thread thread_;  ///< last: it uses all of the above
};

/// Which ranks have shown a sign of life lately.
class Pulse {
 public:
  Pulse(c10d::Store& store, std::int64_t size) : store_(store), beats_(static_cast<std::size_t>(size)) {}

  /// Looks anew; the first rank, other than `self`, without one for kSilence.
  [[nodiscard]] std::optional<std::int64_t> firstSilent(std::int64_t self, const std::set<std::int64_t>& left) {
    const auto now = Clock::now();
    std::optional<std::int64_t> silent;
    for (std::int64_t rank = 0; rank < std::ssize(beats_); ++rank) {
      if (rank == self || left.contains(rank)) continue;
      auto& beat = beats_[static_cast<std::size_t>(rank)];
      const auto count = store_.add(keyOf(rank), 0);
      if (count != beat.count) beat = {count, now};
      if (now - beat.seen > kSilence && !silent) silent = rank;
    }
    return silent;
  }
  [[nodiscard]] static std::string keyOf(std::int64_t rank) { return fmt::format("alive/{}", rank); }

 private:
  struct Beat {
    std::int64_t count = -1;
    Clock::time_point seen = Clock::now();
  };
  c10d::Store& store_;
  std::vector<Beat> beats_;
};

std::string silenceOf(std::int64_t rank) {
  return fmt::format(
      "Rank {} has ended without a word: it was killed, ran out of memory, or its machine cannot be reached. Look at "
      "what it printed; then go on from the last checkpoint with rosa resume, or start the group anew.",
      rank);
}

}  // namespace

milliseconds GroupOptions::defaultTimeout() {
  if (const char* text = std::getenv("ROSA_GROUP_TIMEOUT")) {
    if (const auto given = std::strtol(text, nullptr, 10); given > 0) return seconds(given);
  }
  return kDefaultTimeout;
}

class ProcessGroup::Parts {
 public:
  Parts(Launch where, GroupOptions how) : launch(std::move(where)), options(std::move(how)) {}
  ~Parts() {
    gloo.reset();  // first: whoever waits for this rank notices
    leave();
  }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  void meet();
  void connect();
  /// Waits until all ranks are there; a sentence where that cannot be any more.
  [[nodiscard]] std::string awaitAll();
  template <typename Start>
  void run(Start start) {
    try {
      start()->wait();
    } catch (const std::exception& error) {
      throw GroupFault(causeOf(error.what()));
    }
  }
  [[nodiscard]] std::string causeOf(const std::string& seen);
  [[nodiscard]] std::string toldFault() { return store->check({"fault"}) ? textOf(store->get("fault")) : ""; }
  std::string tellFault(const std::string& sentence) {
    return textOf(store->compareSet("fault", {}, bytesOf(sentence)));
  }
  /// Of a process that is known to have ended, if any.
  std::string tellLost() {
    const auto lost = options.lost ? options.lost() : std::nullopt;
    if (!lost) return {};
    gone.insert(lost->rank);
    return tellFault(lost->sentence);
  }
  void leave();

  Launch launch;
  GroupOptions options;
  c10::intrusive_ptr<c10d::Store> server;  ///< the whole meeting point
  c10::intrusive_ptr<c10d::Store> store;   ///< of this start of the group
  std::unique_ptr<Heart> heart;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo;
  std::set<std::int64_t> gone;  ///< ranks that are known to have ended
  bool broken = false;
  bool finished = false;
};

void ProcessGroup::Parts::meet() {
  c10d::TCPStoreOptions where;
  where.port = static_cast<std::uint16_t>(launch.port);
  where.isServer = launch.rank == 0 && !launch.storeIsThere;
  where.waitWorkers = false;
  where.timeout = options.timeout;
  if (where.isServer && launch.listening >= 0) where.masterListenFd = launch.listening;
  server = c10::make_intrusive<c10d::TCPStore>(launch.address, where);
  // Of a launcher that starts a group anew the store is the old one: what was said in it before is of other processes.
  const auto prefix = fmt::format("rosa/{}", launch.restarts);
  store = c10::make_intrusive<c10d::PrefixStore>(prefix, server);
  heart = std::make_unique<Heart>(c10::make_intrusive<c10d::PrefixStore>(prefix, server->clone()),
                                  Pulse::keyOf(launch.rank));
}

std::string ProcessGroup::Parts::awaitAll() {
  const auto key = [](std::int64_t rank) { return fmt::format("here/{}", rank); };
  store->set(key(launch.rank), bytesOf("here"));
  const auto until = Clock::now() + options.timeout;
  for (std::int64_t rank = 0; rank < launch.size;) {
    if (store->check({key(rank)})) {
      ++rank;
      continue;
    }
    if (auto fault = toldFault(); !fault.empty()) return fault;
    if (options.giveUp && options.giveUp()) return "The run was stopped while it waited for the other processes.";
    if (auto lost = tellLost(); !lost.empty()) return lost;
    if (Clock::now() > until) {
      return tellFault(
          fmt::format("Rank {} of {} has not come within {}. See that it was started, and that it reaches "
                      "{}, port {}.",
                      rank, launch.size, secondsOf(options.timeout), launch.address, launch.port));
    }
    std::this_thread::sleep_for(kLook);
  }
  return {};
}

void ProcessGroup::Parts::connect() {
  c10::intrusive_ptr<c10d::ProcessGroupGloo::Options> how;
  if (launch.onThisMachine) {
    how = c10d::ProcessGroupGloo::Options::create(options.timeout);
    how->devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1"));
  } else {
    how = c10d::ProcessGroupGloo::Options::create_default(options.timeout);
  }
  gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(c10::make_intrusive<c10d::PrefixStore>("gloo", store),
                                                     static_cast<int>(launch.rank), static_cast<int>(launch.size),
                                                     std::move(how));
}

/// A call that failed tells that a connection closed, and not why. The rank that failed first says so itself; one that
/// was killed is known by its silence.
std::string ProcessGroup::Parts::causeOf(const std::string& seen) {
  broken = true;
  try {
    Pulse pulse(*store, launch.size);
    for (const auto until = Clock::now() + kInquiry; Clock::now() < until; std::this_thread::sleep_for(kLook)) {
      if (auto fault = toldFault(); !fault.empty()) return fault;
      if (auto lost = tellLost(); !lost.empty()) return lost;
      if (const auto silent = pulse.firstSilent(launch.rank, {})) {
        gone.insert(*silent);
        return tellFault(silenceOf(*silent));
      }
    }
    const bool late = seen.find("imed out") != std::string::npos;
    return tellFault(late ? fmt::format("The processes have waited {} for one another, though all of them live. Where "
                                        "one may take longer for what it does alone, set ROSA_GROUP_TIMEOUT to more "
                                        "seconds.",
                                        secondsOf(options.timeout))
                          : fmt::format("Rank {} has lost its connection to another one, though all of them live: {}. "
                                        "Look at the network between their machines, and resume the run.",
                                        launch.rank, firstLine(seen)));
  } catch (const std::exception&) {
    return launch.rank == 0 ? fmt::format(
                                  "Rank 0 has lost the launcher's meeting point at {}, port {}. Look at what "
                                  "{} printed, and resume the run.",
                                  launch.address, launch.port, launch.launcher)
                            : silenceOf(0);
  }
}

/// Who holds the meeting point stays until all others have read in it why the group ends.
void ProcessGroup::Parts::leave() {
  if (!store) return;
  try {
    const auto key = [](std::int64_t rank) { return fmt::format("left/{}", rank); };
    store->set(key(launch.rank), bytesOf("left"));
    if (launch.rank != 0 || launch.storeIsThere) return;
    Pulse pulse(*store, launch.size);
    for (const auto until = Clock::now() + kInquiry + kSilence; Clock::now() < until;
         std::this_thread::sleep_for(kLook)) {
      for (std::int64_t rank = 1; rank < launch.size; ++rank) {
        if (!gone.contains(rank) && store->check({key(rank)})) gone.insert(rank);
      }
      if (const auto silent = pulse.firstSilent(0, gone)) gone.insert(*silent);
      if (std::ssize(gone) == launch.size - 1) return;
    }
  } catch (const std::exception&) {
    return;  // nobody is there to be waited for
  }
}

ProcessGroup::ProcessGroup(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Expected<std::unique_ptr<ProcessGroup>> ProcessGroup::join(const Launch& launch, const GroupOptions& options) {
  // What it logs of a lost connection, with its own frames, would hide the one sentence that tells the cause.
  constexpr int kFatalAlone = 3;
  if (std::getenv("TORCH_CPP_LOG_LEVEL") == nullptr) FLAGS_caffe2_log_level = kFatalAlone;
  auto parts = std::make_unique<Parts>(launch, options);
  try {
    parts->meet();
  } catch (const std::exception& error) {
    const std::string reason = error.what();
    if (reason.find("EADDRINUSE") != std::string::npos || reason.find("in use") != std::string::npos) {
      return Error{
          fmt::format("Rank 0 cannot open the group's meeting point: port {} is in use on this machine. Choose "
                      "another one (MASTER_PORT) for all ranks.",
                      launch.port)};
    }
    return Error{
        fmt::format("Rank {} cannot reach the group's meeting point at {}, port {}, within {}: is rank 0 there, do "
                    "MASTER_ADDR and MASTER_PORT name it, and does no firewall stand between?",
                    launch.rank, launch.address, launch.port, secondsOf(options.timeout))};
  }
  try {
    if (auto fault = parts->awaitAll(); !fault.empty()) return Error{std::move(fault)};
    parts->connect();
  } catch (const std::exception& error) {
    return Error{parts->causeOf(error.what())};
  }
  return std::unique_ptr<ProcessGroup>(new ProcessGroup(std::move(parts)));
}

ProcessGroup::~ProcessGroup() {
  if (!parts_->finished && !parts_->broken) {
    fail("It ended before the others did. Look at what it printed.");
  }
}

std::int64_t ProcessGroup::rank() const {
  return parts_->launch.rank;
}
std::int64_t ProcessGroup::size() const {
  return parts_->launch.size;
}
const Launch& ProcessGroup::launch() const {
  return parts_->launch;
}

namespace {

class PendingSum final : public ProcessGroup::Pending {
 public:
  PendingSum(std::function<void()> finish) : finish_(std::move(finish)) {}
  void wait() override { finish_(); }

 private:
  std::function<void()> finish_;
};

}  // namespace

std::unique_ptr<ProcessGroup::Pending> ProcessGroup::startSum(const at::Tensor& tensor) {
  const bool direct = tensor.is_cpu() && tensor.is_contiguous();
  std::vector<at::Tensor> own = {direct ? tensor.detach() : tensor.detach().cpu().contiguous()};
  c10::intrusive_ptr<c10d::Work> work;
  try {
    work = parts_->gloo->allreduce(own);
  } catch (const std::exception& error) {
    throw GroupFault(parts_->causeOf(error.what()));
  }
  return std::make_unique<PendingSum>([this, work, own, tensor, direct] {
    parts_->run([&] { return work; });
    if (!direct) tensor.detach().copy_(own.front());
  });
}

void ProcessGroup::sum(const at::Tensor& tensor) {
  startSum(tensor)->wait();
}

void ProcessGroup::sumPieces(const at::Tensor& whole) {
  const auto piece = whole.numel() / size();
  auto all = whole.is_cpu() ? whole.detach() : whole.detach().cpu();
  auto own = at::empty({piece}, all.options());
  parts_->run([&] { return parts_->gloo->_reduce_scatter_base(own, all); });
  whole.detach().narrow(0, rank() * piece, piece).copy_(own);
}

void ProcessGroup::exchangePieces(const at::Tensor& whole) {
  const auto piece = whole.numel() / size();
  auto own = whole.detach().narrow(0, rank() * piece, piece).to(at::kCPU, /*non_blocking=*/false, /*copy=*/true);
  auto all = whole.is_cpu() ? whole.detach() : at::empty(whole.sizes(), own.options());
  parts_->run([&] { return parts_->gloo->_allgather_base(all, own); });
  if (!whole.is_cpu()) whole.detach().copy_(all);
}

at::Tensor ProcessGroup::collectPieces(const at::Tensor& own) {
  std::vector<at::Tensor> sent = {own.detach().cpu().contiguous()};
  std::vector<std::vector<at::Tensor>> received;
  at::Tensor whole;
  if (leads()) {
    whole = at::empty({size() * own.numel()}, sent.front().options());
    received.emplace_back();
    for (std::int64_t i = 0; i < size(); ++i) received.front().push_back(whole.narrow(0, i * own.numel(), own.numel()));
  }
  parts_->run([&] { return parts_->gloo->gather(received, sent); });
  return whole;
}

void ProcessGroup::broadcast(const at::Tensor& tensor, std::int64_t from) {
  const bool direct = tensor.is_cpu() && tensor.is_contiguous();
  std::vector<at::Tensor> own = {direct ? tensor.detach() : tensor.detach().cpu().contiguous()};
  c10d::BroadcastOptions options;
  options.rootRank = from;
  parts_->run([&] { return parts_->gloo->broadcast(own, options); });
  if (!direct) tensor.detach().copy_(own.front());
}

std::string ProcessGroup::ofFirst(const std::string& text) {
  auto length = at::full({1}, static_cast<std::int64_t>(text.size()), at::kLong);
  broadcast(length);
  const auto count = length.item<std::int64_t>();
  if (count == 0) return {};
  auto bytes = at::empty({count}, at::kByte);
  if (leads()) std::copy(text.begin(), text.end(), bytes.mutable_data_ptr<std::uint8_t>());
  broadcast(bytes);
  const auto* begin = bytes.const_data_ptr<std::uint8_t>();
  return {begin, begin + count};
}

std::vector<std::string> ProcessGroup::gather(const std::string& text) {
  auto lengths = at::zeros({size()}, at::kLong);
  lengths[rank()].fill_(static_cast<std::int64_t>(text.size()));
  sum(lengths);
  const auto longest = lengths.max().item<std::int64_t>();
  std::vector<std::string> all(static_cast<std::size_t>(size()));
  if (longest == 0) return all;
  std::vector<at::Tensor> own = {at::zeros({longest}, at::kByte)};
  std::copy(text.begin(), text.end(), own.front().mutable_data_ptr<std::uint8_t>());
  std::vector<std::vector<at::Tensor>> gathered(1);
  for (std::int64_t i = 0; i < size(); ++i) gathered.front().push_back(at::empty({longest}, at::kByte));
  parts_->run([&] { return parts_->gloo->allgather(gathered, own); });
  for (std::int64_t i = 0; i < size(); ++i) {
    const auto* begin = gathered.front()[static_cast<std::size_t>(i)].const_data_ptr<std::uint8_t>();
    all[static_cast<std::size_t>(i)] = std::string(begin, begin + lengths[i].item<std::int64_t>());
  }
  return all;
}

void ProcessGroup::fail(const std::string& sentence) {
  if (parts_->finished) return;
  parts_->broken = true;
  try {
    parts_->tellFault(fmt::format("Rank {} has ended the group: {}", rank(), sentence));
  } catch (const std::exception&) {
    return;  // nobody is there to be told
  }
}

void ProcessGroup::finish() {
  auto token = at::zeros({1}, at::kLong);
  sum(token);
  parts_->finished = true;
}

void ProcessGroup::keep(const std::string& name, const std::string& value) {
  parts_->server->set("rosa/kept/" + name, bytesOf(value));
}

std::string ProcessGroup::kept(const std::string& name) {
  const auto key = "rosa/kept/" + name;
  return parts_->server->check({key}) ? textOf(parts_->server->get(key)) : "";
}

Status checkEqual(ProcessGroup& group, const std::vector<SharedFact>& facts) {
  for (const auto& fact : facts) {
    const auto all = group.gather(fact.value);
    for (std::size_t rank = 1; rank < all.size(); ++rank) {
      if (all[rank] == all.front()) continue;
      return Error{
          fmt::format("Rank {} has {} {}, rank 0 has {}. {}", rank, fact.what, all[rank], all.front(), fact.remedy)};
    }
  }
  return {};
}

}  // namespace rosa::parallel
