#include "conclave/locksmith_core/life.hpp"

#include <algorithm>

#include "mutants.hpp"

namespace conclave::locksmith {
namespace {
/// A wall clock may be set: however far away the window is, it is looked at again after so long.
constexpr Duration window_look_max = std::chrono::minutes(1);
}  // namespace

std::string_view name_of(Strategy strategy) {
  switch (strategy) {
    case Strategy::off: return "off";
    case Strategy::reboot: return "reboot";
    case Strategy::lock: return "lock";
  }
  return {};
}

Result<Strategy> parse_strategy(std::string_view text) {
  for (const Strategy strategy : {Strategy::off, Strategy::reboot, Strategy::lock})
    if (name_of(strategy) == text) return strategy;
  if (text == "etcd-lock") return Strategy::lock;
  return fail(Errc::invalid_argument, "'" + std::string(text) + "' is no strategy; there are off, reboot and lock");
}

std::vector<Effect> Life::step(const Event& event, const Now& now) {
  Effects out;
  std::visit([&](const auto& what) { on(what, now, out); }, event);
  return out;
}

bool Life::is_healthy() const { return healthy_ && stage_ != Stage::checking; }

void Life::enter(Stage stage, std::string detail) {
  stage_ = stage;
  detail_ = std::move(detail);
  wake_at_.reset();
}

void Life::enter_for_good(Stage stage, Effects& out, std::string detail) {
  enter(stage, std::move(detail));
  journal_.stage = stage;
  journal_.token = slot_;
  out.emplace_back(todo::Save{journal_});
}

void Life::be_idle(const Now& now, Effects& out) {
  const bool was_kept = journal_ != Journal{};
  journal_ = {};
  slot_ = {};
  drained_ = false;
  enter(Stage::idle);
  if (was_kept) out.emplace_back(todo::Save{journal_});
  consider(now, out);
}

void Life::wake_at_window(const Now& now) {
  if (now.window_changes == 0) return;
  const Duration until = milliseconds(std::max<WallMillis>(1, now.window_changes - now.wall));
  wake_in(std::min(until, window_look_max), now);
}

void Life::consider(const Now& now, Effects& out) {
  if (options_.strategy == Strategy::off || !need_.needed)
    return enter(Stage::idle, need_.needed ? "a reboot is needed: " + need_.reason : "");
  if (not_before_ && now.time < *not_before_) {
    enter(Stage::waiting, detail_.empty() ? failure_ : detail_);
    wake_at_ = *not_before_;
    return;
  }
  if (!now.hindrance.empty()) return enter(Stage::waiting, now.hindrance);
  if (!now.window_open) {
    enter(Stage::waiting, "the window is closed");
    return wake_at_window(now);
  }
  if (options_.strategy == Strategy::reboot) {
    enter(Stage::admitting, need_.reason);
    out.emplace_back(todo::Look{});
    return;
  }
  enter(Stage::queueing, need_.reason);
  wake_at_window(now);
  out.emplace_back(todo::Queue{need_.reason, need_.priority});
}

void Life::on(const happened::Began& began, const Now& now, Effects& out) {
  boot_ = began.boot;
  if (began.journal && !mutants::forget_journal) journal_ = *began.journal;
  slot_ = journal_.token;
  switch (journal_.stage) {
    case Stage::idle:
    case Stage::waiting:
    case Stage::queueing:
    case Stage::admitting: return be_idle(now, out);
    case Stage::draining:
    case Stage::warning:
    case Stage::confirming:
      drained_ = true;
      if (has_rebooted()) return check_health(now, out);
      enter(Stage::admitting, "after a restart in the middle");
      out.emplace_back(todo::Look{});
      return;
    case Stage::rebooting:
      drained_ = true;
      if (has_rebooted()) return check_health(now, out);
      // Perhaps the machine is about to go down: neither is the slot given back nor the reboot asked for twice.
      enter(Stage::rebooting, "a reboot was asked for");
      return wake_in(options_.reboot_patience, now);
    case Stage::undoing:
    case Stage::returning:
      drained_ = true;
      if (has_rebooted()) return check_health(now, out);
      return undo(out, "after a restart in the middle");
    case Stage::checking:
    case Stage::restoring:
    case Stage::releasing: drained_ = true; return check_health(now, out);
  }
}

void Life::on(const happened::NeedKnown& known, const Now& now, Effects& out) {
  const Need before = std::exchange(need_, known.need);
  if (stage_ == Stage::idle || stage_ == Stage::waiting) return consider(now, out);
  if (stage_ != Stage::queueing) return;  // it is looked at again where it matters
  if (!need_.needed || need_.priority != before.priority) out.emplace_back(todo::LeaveQueue{});
  if (!need_.needed) return be_idle(now, out);
  if (need_.priority != before.priority) consider(now, out);
}

void Life::on(const happened::SlotSeen& seen, const Now& now, Effects& out) {
  const bool at_rest = stage_ == Stage::idle || stage_ == Stage::waiting || stage_ == Stage::queueing;
  if (!at_rest) {
    if (slot_.is_zero() && stage_ != Stage::admitting) slot_ = seen.token;
    return;
  }
  if (seen.boot == boot_ && !seen.from_daemon) return;
  const bool was_queueing = stage_ == Stage::queueing;
  if (was_queueing) out.emplace_back(todo::LeaveQueue{});
  slot_ = seen.token;
  if (seen.boot != boot_) {
    journal_.boot = seen.boot;
    return check_health(now, out);
  }
  enter(Stage::admitting, need_.reason);
  out.emplace_back(todo::Look{});
}

void Life::on(const happened::SlotGone&, const Now& now, Effects& out) {
  slot_ = {};
  switch (stage_) {
    case Stage::admitting:
      if (options_.strategy == Strategy::reboot) return;
      if (!drained_) return be_idle(now, out);
      return undo(out, "the slot was taken away");
    case Stage::warning:
    case Stage::confirming:
      if (options_.strategy == Strategy::reboot) return;
      return undo(out, "the slot was taken away");
    case Stage::draining:  // hooks that run come to their end before others undo them
      detail_ = "the slot was taken away";
      return;
    case Stage::returning: return be_idle(now, out);
    case Stage::idle:
    case Stage::waiting:
    case Stage::queueing:
    case Stage::rebooting:  // too late
    case Stage::checking:
    case Stage::restoring:
    case Stage::releasing:
    case Stage::undoing: return;
  }
}

void Life::on(const happened::QueueFailed& failed, const Now& now, Effects&) {
  if (stage_ != Stage::queueing) return;
  enter(Stage::waiting, failed.detail);
  not_before_ = now.time + options_.retry_pause;
  wake_at_ = not_before_;
}

std::string Life::why_not(const happened::Looked& looked, const Now& now) const {
  if (options_.strategy == Strategy::off) return "the strategy is off";
  if (options_.strategy == Strategy::lock && looked.token.is_zero()) return "the slot was taken away";
  if (!looked.need.needed) return "no reboot is needed any more";
  if (!now.hindrance.empty()) return now.hindrance;
  if (!now.window_open && !mutants::trust_old_window) return "the window is closed";
  if (looked.paused && options_.strategy == Strategy::lock) return "the group is paused";
  return {};
}

void Life::on(const happened::Looked& looked, const Now& now, Effects& out) {
  if (stage_ != Stage::admitting && stage_ != Stage::confirming) return;
  need_ = looked.need;
  slot_ = looked.token;
  if (const std::string why = why_not(looked, now); !why.empty()) {
    if (drained_) return undo(out, why);
    if (slot_.is_zero()) {
      enter(Stage::idle, why);
      return consider(now, out);
    }
    journal_.boot = boot_;
    enter_for_good(Stage::returning, out, why);
    out.emplace_back(todo::Release{Deed::returned, slot_});
    return;
  }
  journal_.boot = boot_;
  journal_.wish = need_.wish;
  journal_.reason = need_.reason;
  if (stage_ == Stage::admitting) {
    drained_ = true;
    refusals_ = asked_ = 0;
    enter_for_good(Stage::draining, out, need_.reason);
    out.emplace_back(todo::PreHooks{});
    return;
  }
  enter_for_good(Stage::rebooting, out,
                 asked_ == 0
                     ? need_.reason
                     : "asked for " + std::to_string(asked_) + (asked_ == 1 ? " time" : " times") + ", and it did not come");
  ++asked_;
  wake_in(options_.reboot_patience, now);
  out.emplace_back(todo::Reboot{});
}

void Life::on(const happened::LookFailed& failed, const Now& now, Effects&) {
  if (stage_ != Stage::admitting && stage_ != Stage::confirming) return;
  detail_ = failed.detail;
  wake_in(options_.retry_pause, now);
}

void Life::undo(Effects& out, std::string why) {
  journal_.boot = boot_;
  enter_for_good(Stage::undoing, out, std::move(why));
  out.emplace_back(todo::PostHooks{});
}

void Life::fail_try(Effects& out, std::string why) {
  failed_ = true;
  failure_ = why;
  undo(out, std::move(why));
}

void Life::on(const happened::HooksDone& done, const Now& now, Effects& out) {
  switch (stage_) {
    case Stage::draining:
      if (!done.ok) {
        return fail_try(out, "pre-reboot hooks failed: " + done.detail);
      }
      if (slot_.is_zero() && options_.strategy == Strategy::lock) return undo(out, "the slot was taken away");
      enter(Stage::warning, need_.reason);
      out.emplace_back(todo::WarnUsers{});
      return;
    case Stage::restoring:
    case Stage::undoing:
      if (!done.ok) {
        detail_ = "post-reboot hooks failed: " + done.detail;
        healthy_ = false;
        return wake_in(options_.retry_pause, now);
      }
      healthy_ = true;
      if (stage_ == Stage::undoing && slot_.is_zero()) {
        if (failed_) not_before_ = now.time + options_.failure_pause;
        failed_ = false;
        return be_idle(now, out);
      }
      if (stage_ == Stage::undoing) {
        enter_for_good(Stage::returning, out, detail_);
        out.emplace_back(todo::Release{Deed::returned, slot_});
        return;
      }
      enter_for_good(Stage::releasing, out, "in good health");
      out.emplace_back(todo::Release{Deed::released, slot_});
      return;
    case Stage::idle:
    case Stage::waiting:
    case Stage::queueing:
    case Stage::admitting:
    case Stage::warning:
    case Stage::confirming:
    case Stage::rebooting:
    case Stage::checking:
    case Stage::releasing:
    case Stage::returning: return;
  }
}

void Life::on(const happened::UsersWarned& warned, const Now& now, Effects& out) {
  if (stage_ != Stage::warning) return;
  if (warned.anybody && options_.warn_time > Duration::zero()) {
    detail_ = "users are logged in";
    return wake_in(options_.warn_time, now);
  }
  enter(Stage::confirming, need_.reason);
  out.emplace_back(todo::Look{});
}

void Life::on(const happened::RebootFailed& failed, const Now& now, Effects& out) {
  if (stage_ != Stage::rebooting) return;
  if (!failed.certain) {  // as if it had been accepted, but people are told
    detail_ = "it is not known whether the reboot comes: " + failed.detail;
    return;
  }
  // The machine is not about to go down. What refuses may change its mind in a moment; others do not wait for it for long.
  --asked_;
  if (++refusals_ >= options_.refusals_max) return fail_try(out, "the reboot failed: " + failed.detail);
  enter(Stage::confirming, "the reboot failed: " + failed.detail);
  wake_in(options_.retry_pause, now);
}

void Life::check_health(const Now&, Effects& out) {
  healthy_since_.reset();
  enter_for_good(Stage::checking, out, "after the boot");
  out.emplace_back(todo::CheckHealth{});
}

void Life::on(const happened::Health& health, const Now& now, Effects& out) {
  if (stage_ != Stage::checking) {
    if (stage_ == Stage::idle || stage_ == Stage::waiting || stage_ == Stage::queueing) healthy_ = health.ok;
    return;
  }
  if (mutants::release_unhealthy) healthy_since_ = now.time - options_.health_hold;
  if (!health.ok && !mutants::release_unhealthy) {
    healthy_since_.reset();
    detail_ = "not well: " + health.detail;
    return wake_in(options_.health_pause, now);
  }
  if (!healthy_since_) healthy_since_ = now.time;
  const Duration held = now.time - *healthy_since_;
  if (held < options_.health_hold) {
    detail_ = "well for " + std::to_string(std::chrono::duration_cast<seconds>(held).count()) + " s";
    return wake_in(std::min(options_.health_pause, options_.health_hold - held), now);
  }
  healthy_ = true;
  enter_for_good(Stage::restoring, out, "in good health");
  out.emplace_back(todo::PostHooks{});
}

void Life::on(const happened::Released&, const Now& now, Effects& out) {
  if (stage_ != Stage::releasing && stage_ != Stage::returning) return;
  if (stage_ == Stage::releasing && !journal_.wish.is_zero()) {
    out.emplace_back(todo::Fulfil{journal_.wish});
    if (need_.wish == journal_.wish) need_ = {};
  }
  // What was needed before the boot is asked for anew.
  if (stage_ == Stage::releasing) need_ = {};
  if (failed_) not_before_ = now.time + options_.failure_pause;
  failed_ = false;
  be_idle(now, out);
}

void Life::on(const happened::ReleaseFailed& failed, const Now& now, Effects&) {
  if (stage_ != Stage::releasing && stage_ != Stage::returning) return;
  detail_ = "the slot cannot be given back: " + failed.detail;
  wake_in(options_.retry_pause, now);
}

void Life::on(const happened::Woken&, const Now& now, Effects& out) {
  const bool at_rest = stage_ == Stage::idle || stage_ == Stage::waiting || stage_ == Stage::queueing;
  if (!at_rest && (!wake_at_ || now.time < *wake_at_)) return;  // the window may have changed, which matters only at rest
  switch (stage_) {
    case Stage::idle:
    case Stage::waiting: return consider(now, out);
    case Stage::queueing:
      if (now.window_open && now.hindrance.empty()) return wake_at_window(now);
      out.emplace_back(todo::LeaveQueue{});
      return consider(now, out);
    case Stage::admitting:
    case Stage::confirming: out.emplace_back(todo::Look{}); return wake_at_.reset();
    case Stage::warning:
      enter(Stage::confirming, need_.reason);
      out.emplace_back(todo::Look{});
      return;
    case Stage::rebooting:
      enter(Stage::confirming, "the reboot did not come");
      out.emplace_back(todo::Look{});
      return;
    case Stage::checking: out.emplace_back(todo::CheckHealth{}); return wake_at_.reset();
    case Stage::restoring:
    case Stage::undoing: out.emplace_back(todo::PostHooks{}); return wake_at_.reset();
    case Stage::releasing: out.emplace_back(todo::Release{Deed::released, slot_}); return wake_at_.reset();
    case Stage::returning: out.emplace_back(todo::Release{Deed::returned, slot_}); return wake_at_.reset();
    case Stage::draining: return;
  }
}

}  // namespace conclave::locksmith
