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
  FakeMachine(const Cluster& cluster, const std::filesystem::path& directory, std::string id, std::vector<std::string> flags = {});

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
  void set_flags(std::vector<std::string> flags) { flags_ = std::move(flags); }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

 private:
  void write(const std::string& file, const std::string& text) const;
  std::filesystem::path directory_;
  std::string endpoints_;
  std::string id_;
  std::vector<std::string> flags_;
  int boot_ = 1;
  std::optional<Process> process_;
};

}  // namespace conclave::test
