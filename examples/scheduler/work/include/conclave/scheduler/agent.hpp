#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "conclave/recipes_core/cached_view.hpp"
#include "conclave/recipes_core/hub.hpp"
#include "conclave/scheduler/executor.hpp"
#include "conclave/scheduler/writes.hpp"

namespace conclave::scheduler {

struct AgentOptions {
  std::string name;
  milliseconds ttl{10'000};
  AgentRecord record;  ///< capacity, labels, host
  milliseconds report_running_after{500};
  milliseconds progress_every{2000};
};

/// Takes what is assigned to it, has it carried out, and reports.
///
/// - It is there as long as its key hangs on its lease. Each write has that key as its guard, and compares the assignment.
/// - **It fences itself.** What it runs is ended when no renewal came for two thirds of a TTL, before anybody can give it to
/// another.
/// - A report that comes too late is refused and counted; what it told of is done anew elsewhere.
/// - After a restart it goes on with what still runs. An assignment that was accepted and that it knows nothing of may still run
///   where it was before: it waits for a TTL before it says that it is lost.
class Agent : public std::enable_shared_from_this<Agent> {
 public:
  using Self = std::shared_ptr<Agent>;
  Agent(recipes::core::HubPtr hub, Keys keys, AgentOptions options, Executor& executor);

  void start();
  /// It ends what it has within `within`, gives the rest back, and goes. True when everything was said in time.
  static recipes::core::Task<Result<bool>> leave(Self self, Duration within, recipes::core::Call call) {
    return leave_in_order(std::move(self), within, std::move(call));
  }
  /// Lets go of everything at once and tells nobody; what runs goes on until its time is over.
  void stop();

  struct Counts {
    std::uint64_t accepted = 0;
    std::uint64_t reported = 0;
    std::uint64_t succeeded = 0;  ///< of the runs that came to an end here, whether or not that could be said
    std::uint64_t failed = 0;
    std::uint64_t cut_off = 0;  ///< given back, cancelled, or ended by the fence
    std::uint64_t refused = 0;
    std::uint64_t sessions = 0;
    std::uint64_t fenced = 0;  ///< sessions that were lost, and what ran was ended
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] std::size_t held() const { return held_.size(); }
  [[nodiscard]] bool is_registered() const { return session_ != nullptr; }
  /// Until its lease can end if nobody renews it.
  [[nodiscard]] std::optional<Duration> lease_left() const {
    return session_ ? std::optional(session_->lease->until() - store().now()) : std::nullopt;
  }
  /// Another process took its name: it does nothing any more.
  [[nodiscard]] bool was_replaced() const { return replaced_; }

 private:
  /// One lease: from its registration to its loss.
  struct Session {
    recipes::core::KeptLeasePtr lease;
    Guard guard;
    Revision registered;
    Instant since;
  };
  using SessionPtr = std::shared_ptr<Session>;
  /// An assignment that is being taken care of.
  struct Held {
    Seat seat;
    RunId run;
    Stop stop = Stop::none;
    std::string reason;
    bool there = true;  ///< the assignment
    std::optional<RunState> end;
    recipes::core::Listeners<> changed;
  };
  using HeldPtr = std::shared_ptr<Held>;
  enum class Accepted : std::uint8_t { yes, not_ours, orphan, given_up };
  struct Acceptance {
    Accepted accepted = Accepted::given_up;
    Spec spec;
  };

  static recipes::core::Task<Result<bool>> leave_in_order(Self self, Duration within, recipes::core::Call call);
  static recipes::core::Detached run(Self self);
  static recipes::core::Task<Result<SessionPtr>> enroll(Self self);
  static recipes::core::Task<Result<bool>> serve(Self self, SessionPtr session);
  static recipes::core::Task<Result<bool>> remember(Self self, recipes::core::Call call);
  static recipes::core::Detached announce(Self self);
  static recipes::core::Task<Result<bool>> tell_refused(Self self, SessionPtr session, recipes::core::Call call);
  static recipes::core::Detached handle(Self self, SessionPtr session, HeldPtr held);
  static recipes::core::Task<bool> take_on(Self self, SessionPtr session, HeldPtr held);
  static recipes::core::Task<bool> adopt(Self self, HeldPtr held);
  static recipes::core::Task<Result<Acceptance>> accept_it(Self self, SessionPtr session, HeldPtr held);
  static recipes::core::Task<bool> wait_for_orphan(Self self, SessionPtr session, HeldPtr held);
  static recipes::core::Task<bool> watch_over(Self self, SessionPtr session, HeldPtr held);
  static recipes::core::Task<bool> tell(Self self, SessionPtr session, HeldPtr held, RunRecord run);
  static recipes::core::Task<bool> tell_progress(Self self, SessionPtr session, HeldPtr held, RunRecord run);
  static recipes::core::Task<bool> await_change(Self self, HeldPtr held, Instant until);
  void reconcile();
  void look_at_held(const recipes::core::MirrorState& state);
  void forget_strays(const recipes::core::MirrorState& state);
  void keep_fence(const Session& session);
  void finish(const HeldPtr& held);
  void count(Phase phase);
  void heard(const WatchNotice& notice, const SessionPtr& session);
  [[nodiscard]] bool is_over() const { return stop_->raised() || store().is_closed(); }
  [[nodiscard]] AgentRecord wanted() const;
  [[nodiscard]] RunOrder order(const Held& held, Spec spec) const;
  [[nodiscard]] RunRecord verdict(const Held& held) const;
  [[nodiscard]] recipes::core::Store& store() const { return hub_->store(); }

  recipes::core::HubPtr hub_;
  Keys keys_;
  AgentOptions options_;
  Executor& executor_;
  std::shared_ptr<recipes::core::Keeper> keeper_;
  recipes::core::ViewPtr view_;
  recipes::core::Subscription on_view_;
  std::shared_ptr<recipes::core::Signal> stop_ = std::make_shared<recipes::core::Signal>();
  std::map<std::string, HeldPtr> held_;
  std::map<std::string, Revision> ended_;  ///< assignments that were reported and may still be in the view
  recipes::core::Listeners<> moved_;
  SessionPtr session_;
  Counts counts_;
  bool first_ = true;                            ///< whoever had the name before: it is this process's now
  std::optional<std::uint64_t> refused_before_;  ///< of earlier processes of this name; not known before it is registered
  std::uint64_t announced_ = 0;                  ///< refusals of this process that the store knows of
  bool announcing_ = false;
  bool leaving_ = false;
  bool replaced_ = false;
};

}  // namespace conclave::scheduler
