#include "logind.hpp"

#include <systemd/sd-bus.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <string_view>

#include "commands.hpp"
#include "conclave/locksmith_core/duration_text.hpp"

namespace conclave::locksmith::daemon {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* logind = "org.freedesktop.login1";
constexpr const char* manager_path = "/org/freedesktop/login1";
constexpr const char* manager = "org.freedesktop.login1.Manager";
constexpr std::size_t sessions_max = 1000;
/// So long a stop may take to be noticed.
constexpr std::chrono::microseconds look_pause{50'000};

struct BusCloser {
  // Without a flush, which would wait for a bus that hangs.
  void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
};
struct MessageCloser {
  void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
struct SlotCloser {
  void operator()(sd_bus_slot* slot) const { sd_bus_slot_unref(slot); }
};
using Bus = std::unique_ptr<sd_bus, BusCloser>;
using Message = std::unique_ptr<sd_bus_message, MessageCloser>;
using Slot = std::unique_ptr<sd_bus_slot, SlotCloser>;

std::string text_of(int error) { return std::strerror(-error); }

/// How long something may take, and whether it is still wanted.
struct Patience {
  Clock::time_point until;
  std::stop_token stop;
  milliseconds whole;
  [[nodiscard]] bool over() const { return stop.stop_requested() || Clock::now() >= until; }
};

struct Reply {
  Message message;    ///< nothing: `error` tells why
  std::string error;  ///< for people
  std::string name;   ///< of the error, on the bus
  bool certain = true;
};

int keep_reply(sd_bus_message* message, void* into, sd_bus_error*) {
  static_cast<Message*>(into)->reset(sd_bus_message_ref(message));
  return 0;
}

/// Whether whoever was asked may do it yet.
bool leaves_it_open(std::string_view name) {
  static constexpr std::array<std::string_view, 4> names = {SD_BUS_ERROR_NO_REPLY, SD_BUS_ERROR_TIMEOUT, SD_BUS_ERROR_DISCONNECTED,
                                                            "org.freedesktop.DBus.Error.TimedOut"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

Reply reply_of(Message message) {
  const sd_bus_error* const error = sd_bus_message_get_error(message.get());
  if (error == nullptr) return {std::move(message), {}, {}, true};
  const std::string name = error->name;
  const std::string text = error->message != nullptr && *error->message != '\0' ? error->message : name;
  return {nullptr, "systemd-logind: " + text, name, !leaves_it_open(name)};
}

Reply no_answer(sd_bus& bus, const Patience& patience) {
  // What was not sent yet never is.
  if (sd_bus_is_ready(&bus) <= 0) return {nullptr, "the system bus does not answer", {}, true};
  return {nullptr, "systemd-logind did not answer in " + duration_text(patience.whole), {}, false};
}

/// Sends a call and waits for what comes of it.
Reply call(sd_bus& bus, sd_bus_message& message, const Patience& patience) {
  Message answer;
  sd_bus_slot* waiting = nullptr;
  if (const int sent = sd_bus_call_async(&bus, &waiting, &message, keep_reply, &answer, UINT64_MAX); sent < 0)
    return {nullptr, "the system bus: " + text_of(sent), {}, true};
  const Slot slot(waiting);
  while (!answer) {
    if (patience.over()) return no_answer(bus, patience);
    const bool was_ready = sd_bus_is_ready(&bus) > 0;
    int done = sd_bus_process(&bus, nullptr);
    if (done == 0) done = sd_bus_wait(&bus, static_cast<std::uint64_t>(look_pause.count()));
    if (done < 0 && done != -EINTR && !answer) return {nullptr, "the system bus: " + text_of(done), {}, !was_ready};
  }
  return reply_of(std::move(answer));
}

Reply call_manager(sd_bus& bus, const char* method, const Patience& patience) {
  sd_bus_message* made = nullptr;
  int good = sd_bus_message_new_method_call(&bus, &made, logind, manager_path, manager, method);
  const Message message(made);
  if (good >= 0 && std::string_view(method) == "Reboot") good = sd_bus_message_append(made, "b", 0);  // nobody is there to be asked
  if (good < 0) return {nullptr, "the system bus: " + text_of(good), {}, true};
  return call(bus, *message, patience);
}

/// Who blocks shutdowns, or empty.
std::string blocker_in(sd_bus_message& inhibitors) {
  if (sd_bus_message_enter_container(&inhibitors, 'a', "(ssssuu)") < 0) return {};
  const char* what = nullptr;
  const char* who = nullptr;
  const char* why = nullptr;
  const char* mode = nullptr;
  std::uint32_t user = 0;
  std::uint32_t process = 0;
  while (sd_bus_message_read(&inhibitors, "(ssssuu)", &what, &who, &why, &mode, &user, &process) > 0) {
    const std::string list = ":" + std::string(what) + ":";
    if (list.find(":shutdown:") != std::string::npos && std::string_view(mode).starts_with("block"))
      return "'" + std::string(who) + "' (process " + std::to_string(process) + ") blocks shutdowns: " + why;
  }
  return {};
}

Result<Bus> open_bus() {
  sd_bus* opened = nullptr;
  if (const int error = sd_bus_open_system(&opened); error < 0) return fail(Errc::io_error, "the system bus: " + text_of(error));
  return Bus(opened);
}

Patience patience_of(milliseconds whole, const std::stop_token& stop) { return {Clock::now() + whole, stop, whole}; }

RebootAnswer answer_of(const Reply& reply) {
  using Kind = RebootAnswer::Kind;
  if (reply.message) return {Kind::accepted, {}};
  return {reply.certain ? Kind::refused : Kind::unknown, reply.error};
}

std::string property(sd_bus& bus, const std::string& path, const char* name, const Patience& patience) {
  sd_bus_message* made = nullptr;
  if (sd_bus_message_new_method_call(&bus, &made, logind, path.c_str(), "org.freedesktop.DBus.Properties", "Get") < 0) return {};
  const Message message(made);
  if (sd_bus_message_append(made, "ss", "org.freedesktop.login1.Session", name) < 0) return {};
  const Reply reply = call(bus, *message, patience);
  const char* value = nullptr;
  if (!reply.message || sd_bus_message_read(reply.message.get(), "v", "s", &value) < 0) return {};
  return value;
}

/// Users and paths of sessions.
std::vector<std::pair<std::string, std::string>> sessions_in(sd_bus_message& list) {
  std::vector<std::pair<std::string, std::string>> sessions;
  if (sd_bus_message_enter_container(&list, 'a', "(susso)") < 0) return sessions;
  const char* id = nullptr;
  const char* user = nullptr;
  const char* seat = nullptr;
  const char* path = nullptr;
  std::uint32_t number = 0;
  while (sessions.size() < sessions_max && sd_bus_message_read(&list, "(susso)", &id, &number, &user, &seat, &path) > 0)
    sessions.emplace_back(user, path);
  return sessions;
}

}  // namespace

RebootAnswer reboot_by_logind(milliseconds patience, const std::stop_token& stop) {
  const auto bus = open_bus();
  if (!bus) return {RebootAnswer::Kind::refused, bus.error().context};
  const Patience together = patience_of(patience, stop);
  const Reply inhibitors = call_manager(**bus, "ListInhibitors", together);
  if (!inhibitors.message && inhibitors.name != SD_BUS_ERROR_UNKNOWN_METHOD)
    return {RebootAnswer::Kind::refused, inhibitors.error};  // no reboot was asked for yet
  if (inhibitors.message)
    if (std::string blocker = blocker_in(*inhibitors.message); !blocker.empty())
      return {RebootAnswer::Kind::refused, std::move(blocker)};
  return answer_of(call_manager(**bus, "Reboot", together));
}

RebootAnswer ask_to_reboot(const std::string& command, const std::map<std::string, std::string>& variables, milliseconds patience,
                           const std::stop_token& stop) {
  if (command.empty()) return reboot_by_logind(patience, stop);
  const Ran ran = run_command(command, variables, patience, stop);
  if (ran.ok()) return {};
  return {ran.ended ? RebootAnswer::Kind::refused : RebootAnswer::Kind::unknown, "'" + command + "' " + ran.detail};
}

Result<std::vector<Login>> logins_by_logind(milliseconds patience, const std::stop_token& stop) {
  const auto bus = open_bus();
  if (!bus) return fail(bus.error());
  const Patience together = patience_of(patience, stop);
  const Reply list = call_manager(**bus, "ListSessions", together);
  if (!list.message) return fail(Errc::io_error, list.error);
  std::vector<Login> logins;
  for (const auto& [user, path] : sessions_in(*list.message)) {
    if (!property(**bus, path, "Class", together).starts_with("user")) continue;
    if (property(**bus, path, "State", together) == "closing") continue;
    logins.push_back({user, property(**bus, path, "TTY", together)});
  }
  return logins;
}

}  // namespace conclave::locksmith::daemon
