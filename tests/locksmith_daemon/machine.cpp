#include "machine.hpp"

#include <fstream>
#include <sstream>

namespace conclave::test {

FakeMachine::FakeMachine(std::string endpoints, const std::filesystem::path& directory, std::string id,
                         std::vector<std::string> flags)
    : directory_(directory / id), endpoints_(std::move(endpoints)), id_(std::move(id)), flags_(std::move(flags)) {
  std::filesystem::create_directories(directory_);
  write("machine-id", id_ + "\n");
  set_boot(1);
}

void FakeMachine::start() {
  const auto file = [&](const char* name) { return (directory_ / name).string(); };
  std::vector<std::string> command = {program("locksmithd"),
                                      "--endpoints",
                                      endpoints_,
                                      "--group",
                                      "web",
                                      "--host",
                                      "host-of-" + id_,
                                      "--machine-id-file",
                                      file("machine-id"),
                                      "--boot-id-file",
                                      file("boot-id"),
                                      "--state-dir",
                                      file("state"),
                                      "--show-file",
                                      file("state.json"),
                                      "--sentinel-file",
                                      file("reboot-required"),
                                      "--pre-hook",
                                      "touch '" + file("drained") + "'",
                                      "--pre-hook",
                                      "while [ -e '" + file("hold-drain") + "' ]; do sleep 0.02; done",
                                      "--post-hook",
                                      "rm -f '" + file("drained") + "'",
                                      "--health-command",
                                      "test ! -e '" + file("unwell") + "'",
                                      "--health-hold",
                                      "200ms",
                                      "--health-interval",
                                      "50ms",
                                      "--check-interval",
                                      "200ms",
                                      "--retry-pause",
                                      "200ms",
                                      "--failure-pause",
                                      "500ms",
                                      "--reboot-patience",
                                      "3s",
                                      "--presence-ttl",
                                      "3s",
                                      "--warn-time",
                                      "0s"};
  if (has_reboot_command_) command.insert(command.end(), {"--reboot-command", "touch '" + file("reboot-asked") + "'"});
  command.insert(command.end(), flags_.begin(), flags_.end());
  std::vector<std::string> whole{"/usr/bin/env"};
  whole.insert(whole.end(), environment_.begin(), environment_.end());
  whole.insert(whole.end(), command.begin(), command.end());
  process_.emplace(whole, directory_ / "log");
}

bool FakeMachine::runs() {
  if (!process_) return false;
  if (process_->wait(std::chrono::milliseconds(0))) process_.reset();
  return process_.has_value();
}

bool FakeMachine::reboot_if_asked() {
  if (!asked_to_reboot()) return false;
  go_down();
  come_back();
  return true;
}

void FakeMachine::go_down() {
  kill();
  remove("reboot-asked");
  remove("reboot-required");  // it was in memory
}

void FakeMachine::come_back() {
  set_boot(boot_ + 1);
  start();
}

void FakeMachine::set_boot(int boot) {
  boot_ = boot;
  write("boot-id", "boot-" + std::to_string(boot_) + "\n");
}

void FakeMachine::touch(const std::string& file) const { write(file, ""); }

void FakeMachine::write(const std::string& file, const std::string& text) const {
  std::ofstream out(directory_ / file);
  out << text;
}

std::string FakeMachine::read(const std::string& file) const {
  std::ifstream in(directory_ / file);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string FakeMachine::stage() const {
  const std::string text = read("state.json");
  const std::string field = "\"stage\": \"";
  const std::size_t at = text.find(field);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + field.size();
  return text.substr(begin, text.find('"', begin) - begin);
}

}  // namespace conclave::test
