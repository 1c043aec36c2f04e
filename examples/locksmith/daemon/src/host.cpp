#include "host.hpp"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "conclave/locksmith/zones.hpp"
#include "conclave/locksmith_core/duration_text.hpp"
#include "conclave/locksmith_report/text.hpp"
#include "logind.hpp"
#include "people.hpp"

namespace conclave::locksmith::daemon {
namespace {

/// Who is logged in is worth knowing, but no reason to wait for long.
constexpr milliseconds logins_patience{5'000};

/// Runs one after the other until one fails.
fleet::Done run_all(const std::vector<std::string>& commands, const std::map<std::string, std::string>& variables,
                    milliseconds timeout, const std::stop_token& stop) {
  const auto until = std::chrono::steady_clock::now() + timeout;
  for (const std::string& command : commands) {
    const auto left = std::chrono::duration_cast<milliseconds>(until - std::chrono::steady_clock::now());
    const Ran ran = run_command(command, variables, left, stop);
    if (!ran.ok()) return {false, "'" + command + "' " + ran.detail};
  }
  return {};
}

}  // namespace

SystemHost::SystemHost(const Options& options, StateDirectory& state, std::shared_ptr<ClientLoop> loop,
                       std::function<void(Error)> gave_up)
    : options_(options), state_(state), loop_(std::move(loop)), gave_up_(std::move(gave_up)) {}

SystemHost::~SystemHost() { stop_jobs(); }

void SystemHost::stop_jobs() {
  for (const auto& job : jobs_) job->thread.request_stop();
  jobs_.clear();  // waits for each
}

WallMillis SystemHost::wall() const {
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void SystemHost::start(std::function<std::function<void()>(std::stop_token)> work) {
  jobs_.remove_if([](const auto& job) { return job->done.load(); });
  const auto job = std::make_shared<Job>();
  jobs_.push_back(job);
  job->thread = std::jthread([loop = loop_, work = std::move(work), done = &job->done](const std::stop_token& stop) {
    auto told = work(stop);
    // Who was stopped is no longer waited for.
    if (!stop.stop_requested()) loop->post(std::move(told));
    *done = true;
  });
}

std::map<std::string, std::string> SystemHost::variables() const {
  return {{"LOCKSMITH_GROUP", options_.group},
          {"LOCKSMITH_MACHINE", options_.agent.machine.machine},
          {"LOCKSMITH_BOOT", options_.agent.machine.boot},
          {"LOCKSMITH_REASON", reason_}};
}

void SystemHost::check_need(std::function<void(Need)> done) {
  start([this, done = std::move(done)](const std::stop_token& stop) -> std::function<void()> {
    Need need;
    need.priority = options_.priority;
    std::error_code error;
    if (!options_.sentinel_file.empty() && std::filesystem::exists(options_.sentinel_file, error)) {
      need.needed = true;
      need.reason = options_.sentinel_file + " exists";
    } else if (!options_.need_command.empty() && run_command(options_.need_command, {}, options_.health_timeout, stop).ok()) {
      need.needed = true;
      need.reason = "'" + options_.need_command + "' says so";
    }
    return [done, need] { done(need); };
  });
}

void SystemHost::run_hooks(bool before, std::function<void(fleet::Done)> done) {
  start([this, before, known = variables(), done = std::move(done)](const std::stop_token& stop) -> std::function<void()> {
    const auto ran = run_all(before ? options_.pre_hooks : options_.post_hooks, known, options_.hook_timeout, stop);
    return [done, ran] { done(ran); };
  });
}

void SystemHost::check_health(std::function<void(fleet::Done)> done) {
  start([this, known = variables(), done = std::move(done)](const std::stop_token& stop) -> std::function<void()> {
    const auto ran = run_all(options_.health_commands, known, options_.health_timeout, stop);
    return [done, ran] { done(ran); };
  });
}

void SystemHost::warn_users(std::function<void(bool)> done) {
  const Duration warn_time = options_.agent.life.warn_time;
  const std::string when = duration_text(std::chrono::duration_cast<milliseconds>(warn_time));
  const std::string text =
      "\r\n*** " + report::clean(options_.agent.machine.host + " reboots in " + when + ": " + reason_) + " (locksmithd) ***\r\n";
  start([warn_time, text, done = std::move(done)](const std::stop_token& stop) -> std::function<void()> {
    const bool anybody = warn_time > Duration::zero() && tell_users(text, logins_patience, stop) > 0;
    return [done, anybody] { done(anybody); };
  });
}

void SystemHost::reboot(std::function<void(fleet::NoReboot)> failed) {
  start([this, known = variables(), failed = std::move(failed)](const std::stop_token& stop) -> std::function<void()> {
    // An answer that comes when the reboot is asked for again would be taken for the second one's.
    const auto patience = std::chrono::duration_cast<milliseconds>(options_.agent.life.reboot_patience);
    const auto answer = ask_to_reboot(options_.reboot_command, known, std::min(options_.reboot_timeout, patience), stop);
    return [failed, answer] {
      if (answer.kind != RebootAnswer::Kind::accepted) failed({answer.detail, answer.kind == RebootAnswer::Kind::refused});
    };
  });
}

Result<OffsetAt> SystemHost::zone(const std::string& name) { return load_zone(name); }

void SystemHost::show(const fleet::Shown& shown) {
  reason_ = shown.need.reason;
  nlohmann::json json{{"stage", std::string(name_of(shown.stage))},
                      {"strategy", std::string(name_of(options_.agent.life.strategy))},
                      {"group", options_.group},
                      {"machine", options_.agent.machine.machine},
                      {"boot", options_.agent.machine.boot},
                      {"detail", shown.detail},
                      {"needs_reboot", shown.need.needed},
                      {"reason", shown.need.reason},
                      {"healthy", shown.healthy},
                      {"slot", shown.slot.value()},
                      {"window_open", shown.window_open},
                      {"trouble", shown.trouble}};
  if (shown.window_changes != 0) json["window_changes_ms"] = shown.window_changes;
  const std::string text = json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (!options_.show_file.empty()) {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(options_.show_file).parent_path(), error);
    if (const auto written = replace_file(options_.show_file, text, false); !written)
      std::fprintf(stderr, "locksmithd: %s\n", written.error().context.c_str());
  }
  std::string line = std::string(name_of(shown.stage));
  for (const std::string& more : {shown.detail, shown.trouble})
    if (!more.empty()) line += ": " + more;
  line = report::clean(line);  // others' words, on a terminal and among systemd's settings
  if (line != last_line_) std::fprintf(stderr, "locksmithd: %s\n", line.c_str());
  last_line_ = line;
  (void)sd_notify(0, ("STATUS=" + line).c_str());
}

void SystemHost::give_up(const Error& why) {
  if (gave_up_) gave_up_(why);
}

}  // namespace conclave::locksmith::daemon
