#include "conclave/locksmith_fleet/agent.hpp"

#include <algorithm>

namespace conclave::locksmith::fleet {

using namespace recipes::core;

Agent::Agent(Group group, Host& host, AgentOptions options)
    : group_(std::move(group)), host_(host), options_(std::move(options)), life_(options_.life) {
  const KeeperOptions keeper{options_.presence_ttl, "locksmithd of " + options_.machine.host};
  registrar_ = std::make_shared<Registrar>(group_, keeper, options_.machine.machine);
}

Agent::~Agent() { stop(); }

void Agent::start(std::optional<Journal> journal) {
  if (auto zone = host_.zone(options_.zone))
    own_zone_ = std::move(*zone);
  else
    return host_.give_up(zone.error());
  on_registered_ = registrar_->on_change(if_running<>([](Agent& self) { self.handle(happened::Woken{}); }));
  registrar_->start();
  handle(happened::Began{options_.machine.boot, std::move(journal)});
  follow(shared_from_this());
  poll(shared_from_this());
}

void Agent::stop() {
  timer_.reset();
  if (leave_queue_) leave_queue_->raise();
  registrar_->stop();
  stop_->raise();
}

void Agent::look_now() { poll_now_.tell(); }

void Agent::handle(const Event& event) {
  if (stop_->raised()) return;
  for (const Effect& effect : life_.step(event, now())) {
    carry_out(effect);
    if (stop_->raised()) return;
  }
  arm();
  tell();
}

void Agent::carry_out(const Effect& effect) {
  std::visit([this](const auto& what) { act(what); }, effect);
}

template <class... T, class Work>
std::function<void(T...)> Agent::if_running(Work work) {
  return [weak = weak_from_this(), work = std::move(work)](T... values) {
    const auto self = weak.lock();
    if (self && !self->stop_->raised()) work(*self, std::move(values)...);
  };
}

// --- What is to be done
// ---------------------------------------------------------------------------------------------------------------

void Agent::act(const todo::Save& what) {
  if (const auto saved = host_.save(encode(what.journal)); !saved) {
    // What comes next must not happen before this is on the disk.
    stop();
    host_.give_up(saved.error());
  }
}

void Agent::act(const todo::Queue& what) {
  Claim claim = options_.machine;
  claim.reason = what.reason;
  claim.priority = what.priority;
  claim.by = "locksmithd";
  if (leave_queue_) leave_queue_->raise();
  leave_queue_ = std::make_shared<Signal>();
  queue(shared_from_this(), std::move(claim), Call{Instant::max(), leave_queue_});
}

void Agent::act(const todo::LeaveQueue&) {
  if (leave_queue_) leave_queue_->raise();
  leave_queue_.reset();
}

void Agent::act(const todo::Look&) {
  host_.check_need(if_running<Need>([](Agent& self, const Need& local) {
    self.local_need_ = local;
    look(self.shared_from_this(), local);
  }));
}

void Agent::act(const todo::PreHooks&) {
  host_.run_hooks(true, if_running<Done>([](Agent& self, const Done& done) {
                    self.handle(happened::HooksDone{done.ok, done.detail});
                  }));
}

void Agent::act(const todo::PostHooks&) {
  host_.run_hooks(false, if_running<Done>([](Agent& self, const Done& done) {
                    self.handle(happened::HooksDone{done.ok, done.detail});
                  }));
}

void Agent::act(const todo::WarnUsers&) {
  host_.warn_users(if_running<bool>([](Agent& self, bool anybody) { self.handle(happened::UsersWarned{anybody}); }));
}

void Agent::act(const todo::Reboot&) {
  host_.reboot(if_running<NoReboot>([](Agent& self, const NoReboot& no) {
    self.handle(happened::RebootFailed{no.why, no.certain});
  }));
}

void Agent::act(const todo::CheckHealth&) {
  if (std::exchange(checking_health_, true)) return;
  host_.check_health(if_running<Done>([](Agent& self, const Done& done) {
    self.checking_health_ = false;
    self.handle(happened::Health{done.ok, done.detail});
  }));
}

void Agent::act(const todo::Release& what) { release(shared_from_this(), what); }
void Agent::act(const todo::Fulfil& what) { fulfil(shared_from_this(), what.wish); }

// --- Its coroutines
// -----------------------------------------------------------------------------------------------------------------

Detached Agent::queue(Self self, Claim claim, Call call) {
  const auto on_wait = [weak = self->weak_from_this(), stop = call.stop](const std::string& why) {
    const auto agent = weak.lock();
    if (!agent || stop->raised()) return;
    agent->waits_for_ = why;
    agent->tell();
  };
  auto taking = self->group_.take(std::move(claim), true, on_wait, call);
  Result<Taken> taken = co_await std::move(taking);
  self->waits_for_.clear();
  if (taken && taken->slot && !self->is_own(*taken->slot)) {
    if (!call.stop->raised()) self->handle(happened::QueueFailed{"another machine has a slot under this machine's id"});
    co_return;
  }
  if (taken && taken->slot) {
    // Also when the queue was left meanwhile: what is held is used or given back.
    if (taken->slot->token > self->released_) self->handle(happened::SlotSeen{taken->slot->token, taken->slot->claim.boot, true});
    co_return;
  }
  if (call.stop->raised()) co_return;
  self->handle(happened::QueueFailed{taken ? taken->why_not : taken.error().message()});
}

/// Until it is known whether another machine has this one's id.
Task<Result<bool>> Agent::await_registration(Self self, Call call) {
  while (!self->registrar_->is_settled()) {
    Waiting waiting(self->group_.store(), call);
    const Subscription on_change = self->registrar_->on_change([promise = waiting.promise()] { promise->set(true); });
    Result<bool> changed = co_await waiting.wait();
    if (!changed) co_return changed;
  }
  co_return true;
}

Detached Agent::look(Self self, Need local) {
  if (self->options_.life.strategy == Strategy::reboot) {
    // It asks nobody: what is known of the group is enough.
    Need need = local.needed ? local : self->wish_;
    need.wish = self->wish_.wish;  // one reboot does for both
    self->handle(happened::Looked{std::move(need), false, self->life_.slot()});
    co_return;
  }
  Call call{self->group_.store().now() + seconds(10), self->stop_};
  auto asking = await_registration(self, call);
  Result<bool> asked = co_await std::move(asking);
  if (self->stop_->raised()) co_return;
  auto looking = self->group_.look(call);
  Result<GroupView> view = co_await std::move(looking);
  if (self->stop_->raised()) co_return;
  if (!asked || !view) {
    self->handle(happened::LookFailed{asked ? view.error().message() : asked.error().message()});
    co_return;
  }
  self->use_policy(*view);
  const SlotView* const slot = self->own_slot(*view);
  self->handle(happened::Looked{self->need_of(*view, local), view->policy.paused || view->broken,
                                slot == nullptr ? Revision{} : slot->token});
}

Detached Agent::release(Self self, todo::Release what) {
  Result<bool> released = false;
  if (!what.token.is_zero()) {
    ReleaseRequest request;
    request.machine = self->options_.machine.machine;
    request.boot = self->options_.machine.boot;
    request.deed = what.deed;
    request.by = "locksmithd";
    request.detail = self->life_.detail();
    request.token = what.token;
    Call call{self->group_.store().now() + seconds(10), self->stop_};
    auto releasing = self->group_.release(std::move(request), call);
    released = co_await std::move(releasing);
  }
  if (self->stop_->raised()) co_return;
  if (!released) {
    self->handle(happened::ReleaseFailed{released.error().message()});
    co_return;
  }
  self->released_ = std::max(self->released_, what.token);
  self->handle(happened::Released{});
  self->look_now();
}

Detached Agent::fulfil(Self self, Revision wish) {
  self->fulfilled_ = std::max(self->fulfilled_, wish);
  self->wish_ = {};
  while (!self->stop_->raised()) {
    Call call{self->group_.store().now() + seconds(10), self->stop_};
    auto removing = self->group_.fulfil(self->options_.machine.machine, wish, call);
    Result<bool> removed = co_await std::move(removing);
    if (removed || removed.error().code == Errc::shutting_down) co_return;
    auto resting = pause(self->group_.store(), self->options_.life.retry_pause, Call{Instant::max(), self->stop_});
    (void)co_await std::move(resting);
  }
}

/// The machine's own need and health, now and then.
Detached Agent::poll(Self self) {
  Store& store = self->group_.store();
  const Call call{Instant::max(), self->stop_};
  while (!self->stop_->raised() && !store.is_closed()) {
    self->host_.check_need(self->if_running<Need>([](Agent& agent, const Need& local) {
      agent.local_need_ = local;
      agent.handle(happened::NeedKnown{local.needed || !agent.wish_.needed ? local : agent.wish_});
    }));
    if (self->life_.stage() != Stage::checking) self->act(todo::CheckHealth{});
    Waiting waiting(store, Call{store.now() + self->options_.check_pause, self->stop_});
    const Subscription on_asked = self->poll_now_.add([promise = waiting.promise()] { promise->set(true); });
    (void)co_await waiting.wait();
  }
}

/// The group, whenever something changes in it that concerns this machine.
Detached Agent::follow(Self self) {
  Store& store = self->group_.store();
  const std::string& machine = self->options_.machine.machine;
  while (!self->stop_->raised() && !store.is_closed()) {
    const Call call{store.now() + self->options_.check_pause, self->stop_};
    auto looking = self->group_.look(call);
    Result<GroupView> view = co_await std::move(looking);
    if (self->stop_->raised()) co_return;
    if (!view) {
      self->trouble_ = view.error().message();
      self->tell();
      auto resting = pause(store, self->options_.life.retry_pause, call);
      (void)co_await std::move(resting);
      continue;
    }
    self->seen(*view);
    if (self->stop_->raised()) co_return;
    Waiting waiting(store, Call{store.now() + self->options_.check_pause, self->stop_});
    for (const std::string& key :
         {self->group_.policy_key(), self->group_.key("machine", machine), self->group_.key("wish", machine)}) {
      WatchOptions options;
      options.keys = Keys::one(key);
      options.from = view->revision.next();
      options.keys_only = true;
      waiting.on_events(std::move(options));
    }
    (void)co_await waiting.wait();
  }
}

// --- What it knows
// ------------------------------------------------------------------------------------------------------------------

Need Agent::need_of(const GroupView& view, const Need& local) const {
  for (const WishView& wish : view.wishes) {
    if (wish.machine != options_.machine.machine || wish.revision <= fulfilled_) continue;
    if (!local.needed) return {true, wish.wish.reason, wish.wish.priority, wish.revision};
    Need both = local;  // one reboot does for both
    both.wish = wish.revision;
    return both;
  }
  return local;
}

bool Agent::is_own(const SlotView& slot) const {
  const Claim& claim = slot.claim;
  const Claim& here = options_.machine;
  const bool noted = !slot.token.is_zero() && slot.token == life_.journal().token;
  return noted || claim.host.empty() || claim.host == here.host || claim.host == options_.system_host || claim.boot == here.boot;
}

const SlotView* Agent::own_slot(const GroupView& view) const {
  const SlotView* const slot = slot_of(view, options_.machine.machine);
  return slot != nullptr && is_own(*slot) ? slot : nullptr;
}

/// Who asks nobody needs no id of its own.
std::string Agent::hindrance() const {
  if (options_.life.strategy != Strategy::lock) return {};
  if (!registrar_->is_settled()) return "the group was not reached yet";
  return registrar_->hindrance().empty() ? other_slot_ : registrar_->hindrance();
}

void Agent::seen(const GroupView& view) {
  trouble_ = view.broken ? "the group's record cannot be read: " + *view.broken : "";
  use_policy(view);
  const Need wish = need_of(view, {});
  const bool wish_changed = wish != wish_;
  wish_ = wish;
  const SlotView* const slot = own_slot(view);
  const SlotView* const any = slot_of(view, options_.machine.machine);
  other_slot_ = any == slot
                    ? ""
                    : "a slot was taken under this machine's id by host '" + any->claim.host + "' (boot " + any->claim.boot +
                          "), which is not this one; if this machine was renamed, locksmithctl unlock gives it back";
  const Revision token = slot == nullptr ? Revision{} : slot->token;
  const Revision before = std::exchange(slot_seen_, token);
  if (slot != nullptr && token > released_) {
    handle(happened::SlotSeen{token, slot->claim.boot, slot->claim.by == "locksmithd"});
  } else if (slot == nullptr && !life_.slot().is_zero() && view.revision >= life_.slot()) {
    handle(happened::SlotGone{});
  }
  if (wish_changed || before != token) handle(happened::NeedKnown{local_need_.needed ? local_need_ : wish_});
  handle(happened::Woken{});  // the window may be another
}

void Agent::use_policy(const GroupView& view) {
  policy_is_known_ = true;
  policy_is_broken_ = view.broken.has_value();
  group_windows_ = view.policy.windows;
  if (auto zone = host_.zone(view.policy.zone)) {
    group_zone_ = std::move(*zone);
  } else {
    policy_is_broken_ = true;
    trouble_ = zone.error().message();
  }
}

Now Agent::now() const {
  Now at;
  at.time = group_.store().now();
  at.wall = host_.wall();
  // Who asks nobody reboots without a group, too; who asks for slots waits until it knows the group's windows.
  const bool knows = options_.life.strategy == Strategy::reboot || (policy_is_known_ && !policy_is_broken_);
  const bool own = is_open(options_.windows, own_zone_, at.wall);
  const bool group = is_open(group_windows_, group_zone_, at.wall);
  at.window_open = knows && own && group;
  at.hindrance = hindrance();
  const auto change = [&](const std::vector<Window>& windows, const OffsetAt& zone, bool open) -> WallMillis {
    if (!open) return next_opening(windows, zone, at.wall);
    return closing(windows, zone, at.wall).value_or(0);
  };
  for (const WallMillis next : {change(options_.windows, own_zone_, own), change(group_windows_, group_zone_, group)})
    if (next > at.wall && (at.window_changes == 0 || next < at.window_changes)) at.window_changes = next;
  return at;
}

void Agent::arm() {
  timer_.reset();
  const auto at = life_.wake_at();
  if (!at) return;
  timer_ = std::make_unique<Timer>(group_.store(), *at, if_running<>([](Agent& self) { self.handle(happened::Woken{}); }));
}

void Agent::tell() {
  const Now at = now();
  Presence presence;
  presence.host = options_.machine.host;
  presence.boot = options_.machine.boot;
  presence.state =
      std::string(life_.stage() == Stage::idle && options_.life.strategy == Strategy::off ? "off" : name_of(life_.stage()));
  // What is wrong, but not how long it has been right: that would be a write for each look.
  if (!life_.detail().starts_with("well for ")) presence.detail = life_.detail();
  presence.healthy = life_.is_healthy();
  presence.since = at.wall;
  registrar_->tell(std::move(presence));
  std::string trouble = !trouble_.empty() ? trouble_ : !at.hindrance.empty() ? at.hindrance : waits_for_;
  if (trouble == life_.detail()) trouble.clear();
  Shown shown{life_.stage(), life_.detail(), life_.need(),      life_.is_healthy(),
              life_.slot(),  at.window_open, at.window_changes, std::move(trouble)};
  if (shown == shown_) return;
  shown_ = shown;
  host_.show(shown);
}

}  // namespace conclave::locksmith::fleet
