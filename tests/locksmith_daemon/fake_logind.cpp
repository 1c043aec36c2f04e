#include "fake_logind.hpp"

#include <systemd/sd-bus.h>

#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include "cluster.hpp"

namespace conclave::test {
namespace {

constexpr const char* bus_settings = R"(<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>custom</type>
  <listen>)";
constexpr const char* bus_policy = R"(</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
)";

void expect(int result, const char* what) {
  if (result < 0) throw std::runtime_error(std::string(what) + ": " + std::strerror(-result));
}

bool is_call(sd_bus_message& message, const char* method) {
  return sd_bus_message_is_method_call(&message, "org.freedesktop.login1.Manager", method) > 0;
}

/// Its socket is there a moment before it listens.
bool is_served(const std::string& address) {
  sd_bus* bus = nullptr;
  if (sd_bus_new(&bus) < 0) return false;
  const bool connected = sd_bus_set_address(bus, address.c_str()) >= 0 && sd_bus_start(bus) >= 0;
  sd_bus_close_unref(bus);
  return connected;
}

constexpr std::string_view session_path = "/org/freedesktop/login1/session/_3";

}  // namespace

PrivateBus::PrivateBus(const std::filesystem::path& directory) {
  const std::filesystem::path socket = directory / "bus";
  address_ = "unix:path=" + socket.string();
  const std::filesystem::path settings = directory / "bus.conf";
  std::ofstream(settings) << bus_settings << address_ << bus_policy;
  daemon_.emplace(std::vector<std::string>{"/usr/bin/dbus-daemon", "--config-file=" + settings.string(), "--nofork", "--nopidfile"},
                  directory / "bus.log");
  if (!await(std::chrono::seconds(20), [&] { return is_served(address_); }))
    throw std::runtime_error("the bus does not begin; Debian's package dbus-daemon has it");
}

FakeLogind::FakeLogind(const PrivateBus& bus, Behaviour behaviour) : behaviour_(std::move(behaviour)) {
  expect(sd_bus_new(&bus_), "a bus");
  expect(sd_bus_set_address(bus_, bus.address().c_str()), "its address");
  expect(sd_bus_set_bus_client(bus_, 1), "a client of it");
  expect(sd_bus_start(bus_), "its start");
  const auto handler = [](sd_bus_message* message, void* self, sd_bus_error*) { return on_call(message, self, nullptr); };
  expect(sd_bus_add_fallback(bus_, nullptr, "/org/freedesktop/login1", handler, this), "an object");
  expect(sd_bus_request_name(bus_, "org.freedesktop.login1", 0), "logind's name");
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

FakeLogind::~FakeLogind() {
  thread_.request_stop();
  thread_.join();
  sd_bus_flush_close_unref(bus_);
}

void FakeLogind::set(Behaviour behaviour) {
  const std::lock_guard lock(mutex_);
  behaviour_ = std::move(behaviour);
}

std::vector<bool> FakeLogind::reboots() const {
  const std::lock_guard lock(mutex_);
  return reboots_;
}

void FakeLogind::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (sd_bus_process(bus_, nullptr) > 0) continue;
    (void)sd_bus_wait(bus_, 20'000);
  }
}

int FakeLogind::on_call(sd_bus_message* message, void* self, void*) { return static_cast<FakeLogind*>(self)->serve(*message); }

int FakeLogind::serve(sd_bus_message& message) {
  const std::lock_guard lock(mutex_);
  if (is_call(message, "Reboot")) return serve_reboot(message);
  if (is_call(message, "ListInhibitors") && behaviour_.knows_inhibitors) return serve_inhibitors(message);
  if (is_call(message, "ListSessions")) return serve_sessions(message);
  if (sd_bus_message_is_method_call(&message, "org.freedesktop.DBus.Properties", "Get") > 0) return serve_property(message);
  return 0;  // unknown, says the library
}

int FakeLogind::serve_reboot(sd_bus_message& message) {
  int interactive = 0;
  if (std::string_view(sd_bus_message_get_signature(&message, 1)) != "b") return -EINVAL;
  sd_bus_message_read(&message, "b", &interactive);
  reboots_.push_back(interactive != 0);
  if (behaviour_.hangs) return 1;  // it was taken care of
  if (behaviour_.refusal.empty()) return sd_bus_reply_method_return(&message, nullptr);
  return sd_bus_reply_method_errorf(&message, behaviour_.refusal_name.c_str(), "%s", behaviour_.refusal.c_str());
}

int FakeLogind::serve_inhibitors(sd_bus_message& message) const {
  sd_bus_message* reply = nullptr;
  sd_bus_message_new_method_return(&message, &reply);
  sd_bus_message_open_container(reply, 'a', "(ssssuu)");
  for (const auto& one : behaviour_.inhibitors)
    sd_bus_message_append(reply, "(ssssuu)", one.what.c_str(), one.who.c_str(), one.why.c_str(), one.mode.c_str(), 0U, 4711U);
  sd_bus_message_close_container(reply);
  const int sent = sd_bus_send(nullptr, reply, nullptr);
  sd_bus_message_unref(reply);
  return sent < 0 ? sent : 1;
}

int FakeLogind::serve_sessions(sd_bus_message& message) const {
  sd_bus_message* reply = nullptr;
  sd_bus_message_new_method_return(&message, &reply);
  sd_bus_message_open_container(reply, 'a', "(susso)");
  for (std::size_t i = 0; i < behaviour_.sessions.size(); ++i)
    sd_bus_message_append(reply, "(susso)", std::to_string(i).c_str(), 1000U, behaviour_.sessions[i].user.c_str(), "",
                          (std::string(session_path) + std::to_string(i)).c_str());
  sd_bus_message_close_container(reply);
  const int sent = sd_bus_send(nullptr, reply, nullptr);
  sd_bus_message_unref(reply);
  return sent < 0 ? sent : 1;
}

int FakeLogind::serve_property(sd_bus_message& message) const {
  const std::string_view path = sd_bus_message_get_path(&message);
  const char* interface = nullptr;
  const char* name = nullptr;
  if (!path.starts_with(session_path) || sd_bus_message_read(&message, "ss", &interface, &name) < 0) return 0;
  const auto& session = behaviour_.sessions.at(std::stoul(std::string(path.substr(session_path.size()))));
  const std::string_view wanted = name;
  const std::string value = wanted == "TTY" ? session.terminal : wanted == "Class" ? session.type_of_user : session.state;
  return sd_bus_reply_method_return(&message, "v", "s", value.c_str());
}

}  // namespace conclave::test
