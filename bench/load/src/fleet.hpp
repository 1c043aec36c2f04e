#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "conclave/client.hpp"
#include "options.hpp"

namespace conclave::bench {

/// The connections of a run: that many clients, over a few threads.
class Fleet {
 public:
  /// Connects all of them and waits until each has been answered. With `writes` each has its session, too.
  [[nodiscard]] static Result<Fleet> open(const Options& options, std::uint32_t connections);

  [[nodiscard]] std::size_t size() const { return clients_.size(); }
  [[nodiscard]] Client& client(std::size_t i) { return *clients_[i % clients_.size()]; }
  /// Which of the threads calls back for client `i`.
  [[nodiscard]] std::size_t thread_of(std::size_t i) const { return i % clients_.size() % threads_.size(); }
  [[nodiscard]] std::size_t threads() const { return threads_.size(); }

 private:
  std::vector<std::shared_ptr<IoThread>> threads_;
  std::vector<std::unique_ptr<Client>> clients_;
};

[[nodiscard]] std::chrono::milliseconds timeout_of(const Options& options);

/// Asks `count` requests, at most `in_flight` at a time, and waits for all. `make` and `took` are called on the fleet's threads,
/// each number once. Ends early with the first error.
[[nodiscard]] Result<void> ask_all(Fleet& fleet, const Options& options, std::uint64_t count, std::uint32_t in_flight,
                                   const std::function<Request(std::uint64_t)>& make,
                                   const std::function<void(std::uint64_t, const Reply&)>& took = {});

/// Puts every key once.
[[nodiscard]] Result<void> fill(Fleet& fleet, const Options& options);
/// Grants that many leases that outlive the run.
[[nodiscard]] Result<std::vector<LeaseId>> grant_leases(Fleet& fleet, const Options& options, std::uint64_t count);

}  // namespace conclave::bench
