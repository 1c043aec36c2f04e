#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "conclave/base/time.hpp"
#include "conclave/locksmith_core/journal.hpp"
#include "conclave/locksmith_core/records.hpp"

/// The life of a machine's reboots as a state machine: what happens goes in, what is to be done comes out. It has no clock, no file
/// and no store; whoever drives it does what it says, in that order, and tells it what came of it.
namespace conclave::locksmith {

enum class Strategy : std::uint8_t {
  off,     ///< never reboots; gives back what is held from before
  reboot,  ///< in the window, asking nobody
  lock,    ///< in the window, with a slot of the group
};
[[nodiscard]] std::string_view name_of(Strategy strategy);
/// "etcd-lock" is an old name of lock.
[[nodiscard]] Result<Strategy> parse_strategy(std::string_view text);

struct LifeOptions {
  Strategy strategy = Strategy::lock;
  Duration warn_time = std::chrono::minutes(5);        ///< for users who are logged in
  Duration health_hold = std::chrono::seconds(30);     ///< for so long health must hold after the boot
  Duration health_pause = std::chrono::seconds(5);     ///< between two looks at it
  Duration reboot_patience = std::chrono::minutes(5);  ///< a reboot that was asked for and has not come is asked for again
  Duration retry_pause = std::chrono::seconds(5);      ///< after what the network or the disk made fail
  Duration failure_pause = std::chrono::minutes(10);   ///< after hooks that failed or refusals, before the next try to reboot
  int refusals_max = 3;                                ///< of the reboot in a row; then the slot goes to others meanwhile
};

/// Why a reboot is needed, if it is.
struct Need {
  bool needed = false;
  std::string reason;
  std::int64_t priority = 0;
  Revision wish;  ///< if it is somebody's wish
  bool operator==(const Need&) const = default;
};

/// The moment at which something happens.
struct Now {
  Instant time{};  ///< of a clock that is never set
  WallMillis wall = 0;
  bool window_open = true;
  WallMillis window_changes = 0;  ///< when it opens or closes next; zero: not foreseen
  std::string hindrance;          ///< why no reboot may begin or go on, window or not; empty: nothing
};

namespace happened {
/// Once, before anything else. The boot id that the machine has now, and what the disk had.
struct Began {
  std::string boot;
  std::optional<Journal> journal;
};
struct NeedKnown {
  Need need;
};
/// The machine has a slot: taken by this daemon's wait, or seen in the store.
struct SlotSeen {
  Revision token;
  std::string boot;         ///< that it was taken under
  bool from_daemon = true;  ///< else a person took it, and gives it back unless the machine reboots
};
struct SlotGone {};
struct QueueFailed {
  std::string detail;
};
/// The answer to Look.
struct Looked {
  Need need;
  bool paused = false;
  Revision token;  ///< of the machine's slot; zero: none
};
struct LookFailed {
  std::string detail;
};
struct HooksDone {
  bool ok = true;
  std::string detail;
};
struct UsersWarned {
  bool anybody = false;
};
struct RebootFailed {
  std::string detail;
  bool certain = true;  ///< else the machine may go down yet
};
struct Health {
  bool ok = true;
  std::string detail;
};
struct Released {};
struct ReleaseFailed {
  std::string detail;
};
/// The time that was asked for came, or the window changed.
struct Woken {};
}  // namespace happened
using Event = std::variant<happened::Began, happened::NeedKnown, happened::SlotSeen, happened::SlotGone, happened::QueueFailed,
                           happened::Looked, happened::LookFailed, happened::HooksDone, happened::UsersWarned,
                           happened::RebootFailed, happened::Health, happened::Released, happened::ReleaseFailed, happened::Woken>;

namespace todo {
/// Puts it on the disk, for good, before anything that comes after.
struct Save {
  Journal journal;
};
struct Queue {
  std::string reason;
  std::int64_t priority = 0;
};
struct LeaveQueue {};
/// At need, group and slot: linearizable, and answered by Looked or LookFailed.
struct Look {};
struct PreHooks {};
struct PostHooks {};
struct WarnUsers {};
/// Answered only if it is refused, or if nobody knows.
struct Reboot {};
struct CheckHealth {};
struct Release {
  Deed deed = Deed::released;
  Revision token;
};
struct Fulfil {
  Revision wish;
};
}  // namespace todo
using Effect = std::variant<todo::Save, todo::Queue, todo::LeaveQueue, todo::Look, todo::PreHooks, todo::PostHooks, todo::WarnUsers,
                            todo::Reboot, todo::CheckHealth, todo::Release, todo::Fulfil>;

class Life {
 public:
  explicit Life(LifeOptions options) : options_(options) {}

  [[nodiscard]] std::vector<Effect> step(const Event& event, const Now& now);

  [[nodiscard]] Stage stage() const { return stage_; }
  /// For people: what it waits for, or what went wrong last.
  [[nodiscard]] const std::string& detail() const { return detail_; }
  [[nodiscard]] const Need& need() const { return need_; }
  [[nodiscard]] bool is_healthy() const;
  /// When it wants to be woken.
  [[nodiscard]] std::optional<Instant> wake_at() const { return wake_at_; }
  [[nodiscard]] const Journal& journal() const { return journal_; }
  [[nodiscard]] Revision slot() const { return slot_; }

 private:
  using Effects = std::vector<Effect>;
  void on(const happened::Began& began, const Now& now, Effects& out);
  void on(const happened::NeedKnown& known, const Now& now, Effects& out);
  void on(const happened::SlotSeen& seen, const Now& now, Effects& out);
  void on(const happened::SlotGone& gone, const Now& now, Effects& out);
  void on(const happened::QueueFailed& failed, const Now& now, Effects& out);
  void on(const happened::Looked& looked, const Now& now, Effects& out);
  void on(const happened::LookFailed& failed, const Now& now, Effects& out);
  void on(const happened::HooksDone& done, const Now& now, Effects& out);
  void on(const happened::UsersWarned& warned, const Now& now, Effects& out);
  void on(const happened::RebootFailed& failed, const Now& now, Effects& out);
  void on(const happened::Health& health, const Now& now, Effects& out);
  void on(const happened::Released& released, const Now& now, Effects& out);
  void on(const happened::ReleaseFailed& failed, const Now& now, Effects& out);
  void on(const happened::Woken& woken, const Now& now, Effects& out);

  void enter(Stage stage, std::string detail = {});
  /// The same, and it is on the disk before what follows.
  void enter_for_good(Stage stage, Effects& out, std::string detail = {});
  void be_idle(const Now& now, Effects& out);
  /// Idle or waiting: begins a reboot if it may.
  void consider(const Now& now, Effects& out);
  void check_health(const Now& now, Effects& out);
  void undo(Effects& out, std::string why);
  /// The same, and the next try waits.
  void fail_try(Effects& out, std::string why);
  [[nodiscard]] std::string why_not(const happened::Looked& looked, const Now& now) const;
  void wake_in(Duration span, const Now& now) { wake_at_ = now.time + span; }
  void wake_at_window(const Now& now);
  [[nodiscard]] bool has_rebooted() const { return !journal_.boot.empty() && journal_.boot != boot_; }

  LifeOptions options_;
  std::string boot_;
  Stage stage_ = Stage::idle;
  std::string detail_;
  Need need_;
  Revision slot_;
  Journal journal_;  ///< as it is on the disk
  bool healthy_ = true;
  bool drained_ = false;  ///< pre-reboot hooks have run, or begun
  bool failed_ = false;   ///< the try that is being undone failed, rather than being called off
  int refusals_ = 0;      ///< of the reboot, in this try
  int asked_ = 0;         ///< how often a reboot was asked for in this try and not refused
  std::optional<Instant> healthy_since_;
  std::optional<Instant> not_before_;  ///< no new try
  std::string failure_ = "after a failure";
  std::optional<Instant> wake_at_;
};

}  // namespace conclave::locksmith
