#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cluster.hpp"
#include "process.hpp"

namespace conclave::test {

/// A machine with a real locksmithd, whose reboot ends the daemon and starts it again with another boot id.
class FakeMachine {
 public:
  FakeMachine(const Cluster& cluster, const std::filesystem::path& directory, std::string id, std::vector<std::string> flags = {})
      : FakeMachine(cluster.endpoints(), directory, std::move(id), std::move(flags)) {}
  FakeMachine(std::string endpoints, const std::filesystem::path& directory, std::string id, std::vector<std::string> flags = {});

  void start();
  void kill() { process_.reset(); }
  [[nodiscard]] bool runs();
  /// What a machine does that was told to reboot; nothing if it was not. False if it was not.
  bool reboot_if_asked();
  [[nodiscard]] bool asked_to_reboot() const { return exists("reboot-asked"); }
  /// Goes down without coming back.
  void go_down();
  void come_back();

  void touch(const std::string& file) const;
  void remove(const std::string& file) const { std::filesystem::remove(directory_ / file); }
  [[nodiscard]] bool exists(const std::string& file) const { return std::filesystem::exists(directory_ / file); }
  [[nodiscard]] std::string read(const std::string& file) const;
  /// Of the daemon's file for other programs.
  [[nodiscard]] std::string stage() const;
  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] int reboots() const { return boot_ - 1; }
  [[nodiscard]] std::optional<int> wait_for_end(std::chrono::milliseconds patience) { return process_->wait(patience); }
  /// NAME=VALUE each, on top of the test's own.
  void set_environment(std::vector<std::string> variables) { environment_ = std::move(variables); }
  /// The system is asked to reboot, and no command.
  void reboot_by_logind() { has_reboot_command_ = false; }
  void signal(int number) const { process_->signal(number); }
  void set_boot(int boot);
  void set_flags(std::vector<std::string> flags) { flags_ = std::move(flags); }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

 private:
  void write(const std::string& file, const std::string& text) const;
  std::filesystem::path directory_;
  std::string endpoints_;
  std::string id_;
  std::vector<std::string> flags_;
  std::vector<std::string> environment_;
  bool has_reboot_command_ = true;
  int boot_ = 1;
  std::optional<Process> process_;
};

}  // namespace conclave::test
