#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "process.hpp"

struct sd_bus;
struct sd_bus_message;

namespace conclave::test {

/// A D-Bus daemon of our own, to which programs come by DBUS_SYSTEM_BUS_ADDRESS.
class PrivateBus {
 public:
  explicit PrivateBus(const std::filesystem::path& directory);
  [[nodiscard]] const std::string& address() const { return address_; }
  /// "DBUS_SYSTEM_BUS_ADDRESS=..."
  [[nodiscard]] std::string variable() const { return "DBUS_SYSTEM_BUS_ADDRESS=" + address_; }

 private:
  std::string address_;
  std::optional<Process> daemon_;
};

/// What a test wants systemd-logind to do.
struct Behaviour {
  bool hangs = false;   ///< never answers Reboot
  std::string refusal;  ///< the error's text of Reboot, with its name in `refusal_name`; empty: accepts
  std::string refusal_name = "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired";
  bool knows_inhibitors = true;
  struct Inhibitor {
    std::string what, who, why, mode;
  };
  std::vector<Inhibitor> inhibitors;
  struct Session {
    std::string user, terminal, type_of_user = "user", state = "active";
  };
  std::vector<Session> sessions;
};

/// The part of systemd-logind that locksmith talks to, served on a bus by a thread of its own.
class FakeLogind {
 public:
  explicit FakeLogind(const PrivateBus& bus, Behaviour behaviour = {});
  ~FakeLogind();
  void set(Behaviour behaviour);
  /// The argument of each Reboot so far: whether it may ask somebody for a password.
  [[nodiscard]] std::vector<bool> reboots() const;

 private:
  static int on_call(sd_bus_message* message, void* self, void*);
  int serve(sd_bus_message& message);
  int serve_reboot(sd_bus_message& message);
  int serve_inhibitors(sd_bus_message& message) const;
  int serve_sessions(sd_bus_message& message) const;
  int serve_property(sd_bus_message& message) const;
  void run(const std::stop_token& stop);

  mutable std::mutex mutex_;
  Behaviour behaviour_;
  std::vector<bool> reboots_;
  sd_bus* bus_ = nullptr;
  std::jthread thread_;
};

}  // namespace conclave::test
