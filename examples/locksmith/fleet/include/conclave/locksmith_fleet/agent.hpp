#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conclave/locksmith_core/life.hpp"
#include "conclave/locksmith_fleet/registrar.hpp"

namespace conclave::locksmith::fleet {

struct Done {
  bool ok = true;
  std::string detail;
};

/// Why a reboot that was asked for does not come.
struct NoReboot {
  std::string why;
  bool certain = true;  ///< else it may come yet
};

/// What a daemon does to its machine. Called on the store's thread; answers come there too, once, and never from within the call.
class Host {
 public:
  virtual ~Host() = default;
  /// The machine's clock, by which windows open.
  [[nodiscard]] virtual WallMillis wall() const = 0;
  /// On the disk when it returns.
  virtual Result<void> save(const std::string& journal) = 0;
  /// Whether the machine itself needs a reboot.
  virtual void check_need(std::function<void(Need)> done) = 0;
  /// Before the reboot (drain) or after it. Commands that take too long are stopped and have failed.
  virtual void run_hooks(bool before, std::function<void(Done)> done) = 0;
  virtual void warn_users(std::function<void(bool anybody)> done) = 0;
  /// Called back unless the machine reboots, presently.
  virtual void reboot(std::function<void(NoReboot)> failed) = 0;
  virtual void check_health(std::function<void(Done)> done) = 0;
  [[nodiscard]] virtual Result<OffsetAt> zone(const std::string& name) = 0;
  /// Something that people may want to know has changed.
  virtual void show(const struct Shown& shown) = 0;
  /// The daemon cannot go on, and is told nothing any more.
  virtual void give_up(const Error& why) = 0;
};

/// What a daemon tells other programs of its machine.
struct Shown {
  Stage stage = Stage::idle;
  std::string detail;
  Need need;
  bool healthy = true;
  Revision slot;
  bool window_open = true;
  WallMillis window_changes = 0;
  std::string trouble;  ///< with the policy or the store
  bool operator==(const Shown&) const = default;
};

struct AgentOptions {
  LifeOptions life;
  Claim machine;                       ///< its ids and names
  std::string system_host;             ///< what the system calls itself, if that is another name than the claim has
  std::vector<Window> windows;         ///< of the machine: these and the group's must be open
  std::string zone = "UTC";            ///< of the machine's windows
  Duration check_pause = seconds(60);  ///< between two looks at the machine's need and health
  milliseconds presence_ttl{30'000};
};

/// A machine's daemon without its machine: drives its Life, between the group in the store and a Host. All on the store's thread.
class Agent : public std::enable_shared_from_this<Agent> {
 public:
  Agent(Group group, Host& host, AgentOptions options);
  ~Agent();

  /// `journal`: what save() wrote last.
  void start(std::optional<Journal> journal);
  /// Nothing is done any more, and no answer waited for.
  void stop();
  /// The machine's own need is looked at now and not at the next time.
  void look_now();
  [[nodiscard]] const Life& life() const { return life_; }

 private:
  using Self = std::shared_ptr<Agent>;
  void handle(const Event& event);
  void carry_out(const Effect& effect);
  void act(const todo::Save& what);
  void act(const todo::Queue& what);
  void act(const todo::LeaveQueue& what);
  void act(const todo::Look& what);
  void act(const todo::PreHooks& what);
  void act(const todo::PostHooks& what);
  void act(const todo::WarnUsers& what);
  void act(const todo::Reboot& what);
  void act(const todo::CheckHealth& what);
  void act(const todo::Release& what);
  void act(const todo::Fulfil& what);
  /// A callback that does nothing once this has stopped.
  template <class... T, class Work>
  std::function<void(T...)> if_running(Work work);

  static Detached follow(Self self);
  static Detached poll(Self self);
  static Detached queue(Self self, Claim claim, Call call);
  static Task<Result<bool>> await_registration(Self self, Call call);
  static Detached look(Self self, Need local);
  static Detached release(Self self, todo::Release what);
  static Detached fulfil(Self self, Revision wish);
  void seen(const GroupView& view);
  void use_policy(const GroupView& view);
  [[nodiscard]] Need need_of(const GroupView& view, const Need& local) const;
  /// The machine's slot; not one that another machine took under the same id.
  [[nodiscard]] const SlotView* own_slot(const GroupView& view) const;
  [[nodiscard]] bool is_own(const SlotView& slot) const;
  [[nodiscard]] std::string hindrance() const;
  [[nodiscard]] Now now() const;
  void arm();
  void tell();

  Group group_;
  Host& host_;
  AgentOptions options_;
  Life life_;
  std::shared_ptr<Registrar> registrar_;
  std::shared_ptr<recipes::core::Signal> stop_ = std::make_shared<recipes::core::Signal>();
  std::shared_ptr<recipes::core::Signal> leave_queue_;
  std::unique_ptr<recipes::core::Timer> timer_;
  recipes::core::Subscription on_registered_;
  recipes::core::Listeners<> poll_now_;
  Need local_need_;
  Need wish_;
  std::vector<Window> group_windows_;
  OffsetAt group_zone_ = fixed_offset(0);
  OffsetAt own_zone_ = fixed_offset(0);
  bool policy_is_known_ = false;
  bool policy_is_broken_ = false;
  Revision released_;   ///< slots up to this one were given back
  Revision fulfilled_;  ///< and wishes up to this one
  Revision slot_seen_;
  bool checking_health_ = false;
  std::optional<Shown> shown_;  ///< nothing: what stands there is from before
  std::string trouble_;         ///< with the store or the policy
  std::string waits_for_;       ///< in the queue
  std::string other_slot_;      ///< who has a slot under this machine's id
};

}  // namespace conclave::locksmith::fleet
