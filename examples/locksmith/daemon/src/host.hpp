#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "conclave/client_loop.hpp"
#include "conclave/locksmith_fleet/agent.hpp"
#include "files.hpp"
#include "options.hpp"

namespace conclave::locksmith::daemon {

/// This machine. Commands run on threads of their own; everything else, and every answer, is on the client's thread.
class SystemHost final : public fleet::Host {
 public:
  /// `gave_up`: called at most once, on the client's thread.
  SystemHost(const Options& options, StateDirectory& state, std::shared_ptr<ClientLoop> loop, std::function<void(Error)> gave_up);
  ~SystemHost() override;

  [[nodiscard]] WallMillis wall() const override;
  Result<void> save(const std::string& journal) override { return state_.save(journal); }
  void check_need(std::function<void(Need)> done) override;
  void run_hooks(bool before, std::function<void(fleet::Done)> done) override;
  void warn_users(std::function<void(bool)> done) override;
  void reboot(std::function<void(fleet::NoReboot)> failed) override;
  void check_health(std::function<void(fleet::Done)> done) override;
  [[nodiscard]] Result<OffsetAt> zone(const std::string& name) override;
  void show(const fleet::Shown& shown) override;
  void give_up(const Error& why) override;

  /// Stops every command and waits for their ends. Any thread but the client's.
  void stop_jobs();

 private:
  /// Runs `work` on a thread of its own and what it returns on the client's.
  void start(std::function<std::function<void()>(std::stop_token)> work);
  [[nodiscard]] std::map<std::string, std::string> variables() const;

  const Options& options_;
  StateDirectory& state_;
  std::shared_ptr<ClientLoop> loop_;
  std::function<void(Error)> gave_up_;
  struct Job {
    std::atomic<bool> done = false;
    std::jthread thread;
  };
  std::list<std::shared_ptr<Job>> jobs_;
  std::string reason_;
  std::string last_line_;
};

}  // namespace conclave::locksmith::daemon
