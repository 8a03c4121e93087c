// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "parallel/launch_environment.h"
#include "rosa/expected.h"

namespace rosa::parallel {

/// What ended a group, as the sentence that every rank tells: the first cause, not what followed from it.
class GroupFault final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A rank whose process has ended although the group goes on.
struct LostRank {
  std::int64_t rank = 0;
  std::string sentence;
};

struct GroupOptions {
  /// That ranks wait for each other, in seconds of ROSA_GROUP_TIMEOUT or ten minutes: longer than one of them may take
  /// for what it does alone.
  std::chrono::milliseconds timeout = defaultTimeout();
  /// Asked while ranks are waited for, and where one is missed: who has started them knows at once.
  std::function<std::optional<LostRank>()> lost{};
  /// True once nobody wants the group any more.
  std::function<bool()> giveUp{};

  [[nodiscard]] static std::chrono::milliseconds defaultTimeout();
};

/// Processes that train one model together, over LibTorch's c10d: Gloo, with a TCPStore where they meet. Every rank
/// makes the same calls in the same order. Where a rank fails, ends or stays away, the call throws GroupFault on all
/// others. Used by one thread.
class ProcessGroup {
 public:
  /// Meets all others and connects with them. The error is a sentence with the rank and the remedy.
  [[nodiscard]] static Expected<std::unique_ptr<ProcessGroup>> join(const Launch& launch, const GroupOptions& options);
  /// Lets go of the others. Who does so before `finish` tells them of a fault by it.
  ~ProcessGroup();
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;

  [[nodiscard]] std::int64_t rank() const;
  [[nodiscard]] std::int64_t size() const;
  /// Rank 0, which writes and decides.
  [[nodiscard]] bool leads() const { return rank() == 0; }
  [[nodiscard]] const Launch& launch() const;

  /// Replaces the tensor, dense and of the same shape and type everywhere, by the sum over all ranks: the same bits on
  /// each. On a GPU it goes by way of the host.
  void sum(const at::Tensor& tensor);
  /// Starts such sums; `wait` of what comes back has them done, and must be called before another call of this object.
  class Pending {
   public:
    virtual ~Pending() = default;
    virtual void wait() = 0;
  };
  [[nodiscard]] std::unique_ptr<Pending> startSum(const at::Tensor& tensor);
  // Of a flat tensor of one equally long piece for each rank, contiguous and in the order of ranks:
  /// Replaces the own piece by the sum of that piece over all ranks; the others are as they were.
  void sumPieces(const at::Tensor& whole);
  /// Replaces every piece by that of the rank whose it is.
  void exchangePieces(const at::Tensor& whole);
  /// Rank 0 gets the pieces of all ranks one after another, on the host; the others nothing.
  [[nodiscard]] at::Tensor collectPieces(const at::Tensor& own);
  /// Replaces the tensor by that of `from`.
  void broadcast(const at::Tensor& tensor, std::int64_t from = 0);
  /// Text of rank 0.
  [[nodiscard]] std::string ofFirst(const std::string& text);
  /// The texts of all ranks, in order.
  [[nodiscard]] std::vector<std::string> gather(const std::string& text);

  /// Tells the others why this rank cannot go on; what they throw says so. The first one counts.
  void fail(const std::string& sentence);
  /// Waits for all others to have come here too.
  void finish();

  /// A word that outlives the group where the launcher holds the meeting point: empty where nobody kept one.
  void keep(const std::string& name, const std::string& value);
  [[nodiscard]] std::string kept(const std::string& name);

 private:
  class Parts;
  explicit ProcessGroup(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

/// What must be equal on all ranks.
struct SharedFact {
  std::string what;    ///< "data"
  std::string value;   ///< compared; no secret, and short
  std::string remedy;  ///< a sentence
};
/// The same error on every rank where one has another value than rank 0.
[[nodiscard]] Status checkEqual(ProcessGroup& group, const std::vector<SharedFact>& facts);

}  // namespace rosa::parallel
