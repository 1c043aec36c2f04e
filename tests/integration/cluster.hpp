#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conclave/client.hpp"
#include "conclave/test/scratch_dir.hpp"
#include "process.hpp"

namespace conclave::test {

/// Real conclaved processes on the loopback, with data in a scratch directory.
class Cluster {
 public:
  /// `flags` are added to every member's command line.
  explicit Cluster(std::size_t members, std::vector<std::string> flags = {});

  void start(std::size_t member);
  void kill(std::size_t member) { processes_[member].reset(); }
  [[nodiscard]] bool running(std::size_t member) const { return processes_[member].has_value(); }
  [[nodiscard]] Process& process(std::size_t member) { return *processes_[member]; }
  [[nodiscard]] std::size_t size() const { return processes_.size(); }

  /// Waits for all running members to agree on a leader that is one of them.
  std::size_t await_leader();
  [[nodiscard]] std::optional<std::size_t> leader_now();
  [[nodiscard]] std::string endpoint(std::size_t member) const;
  [[nodiscard]] std::string endpoints() const;
  [[nodiscard]] std::vector<std::string> endpoint_list() const;
  [[nodiscard]] Client client(std::chrono::milliseconds timeout = std::chrono::seconds(20)) const;
  /// Asks one member only, without a session.
  [[nodiscard]] Client client_of(std::size_t member) const;
  [[nodiscard]] Ran ctl(std::vector<std::string> words, const std::string& input = {}) const;
  [[nodiscard]] std::string log_of(std::size_t member) const;
  [[nodiscard]] std::vector<std::string> command_of(std::size_t member) const;
  [[nodiscard]] const std::filesystem::path& directory() const { return scratch_.path(); }

 private:
  ScratchDir scratch_;
  std::vector<std::string> flags_;
  std::vector<std::uint16_t> client_ports_;
  std::vector<std::uint16_t> peer_ports_;
  std::vector<std::optional<Process>> processes_;
};

/// Waits for a condition, looking every few milliseconds; false after `patience`.
[[nodiscard]] bool await(std::chrono::milliseconds patience, const std::function<bool()>& condition);

}  // namespace conclave::test
