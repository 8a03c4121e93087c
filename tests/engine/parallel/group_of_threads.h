// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "parallel/process_group.h"

namespace rosa::parallel {

/// A socket on a port that the system chose.
class Listening {
 public:
  Listening() : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(::listen(descriptor_, 16), 0);
    EXPECT_EQ(::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    port_ = ntohs(address.sin_port);
  }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
  int port_ = 0;
};

inline Launch launchOf(const Listening& listening, std::int64_t rank, std::int64_t size) {
  Launch launch;
  launch.rank = launch.localRank = rank;
  launch.size = launch.localSize = size;
  launch.address = "127.0.0.1";
  launch.port = listening.port();
  launch.onThisMachine = true;
  if (rank == 0) launch.listening = listening.descriptor();
  return launch;
}

/// Runs `work` as each rank of a group, on a thread each: c10d does not mind that they are one process.
inline void asGroup(std::int64_t size, const std::function<void(std::unique_ptr<ProcessGroup>)>& work,
                    const GroupOptions& options = {}) {
  const Listening listening;
  std::vector<std::thread> threads;
  for (std::int64_t rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      auto group = ProcessGroup::join(launchOf(listening, rank, size), options);
      ASSERT_TRUE(group) << group.error().message;
      work(*std::move(group));
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace rosa::parallel
