#include "conclave/recipes/rw_lock.hpp"

#include "conclave/recipes_core/names.hpp"
#include "conclave/recipes_core/rw_lock.hpp"
#include "hold_access.hpp"

namespace conclave::recipes {

struct RwLock::State {
  State(Client& client, const std::string& name, const RwLockOptions& options)
      : base(client),
        valid(core::check_name(name)),
        lock(base.hub, {options.ttl, options.owner.empty() ? default_owner() : options.owner},
             core::directory_of(core::kind::rw_lock, name), options.note) {}

  template <class T, class Take>
  void start(std::function<void(Result<T>)> done, const Wait& wait, Take take) {
    if (!valid) return done(fail(valid.error()));
    run<core::PlacePtr>(
        base.loop, wait, [lock_now = lock, take](core::Call call) { return take(lock_now, std::move(call)); },
        to_hold(base.loop, std::move(done)));
  }

  Base base;
  Result<void> valid;
  core::RwLock lock;
};

RwLock::RwLock(Client& client, std::string name, RwLockOptions options) : state_(std::make_unique<State>(client, name, options)) {}
RwLock::RwLock(RwLock&&) noexcept = default;
RwLock& RwLock::operator=(RwLock&&) noexcept = default;
RwLock::~RwLock() = default;

void RwLock::lock(std::function<void(Result<Hold>)> done, Wait wait) {
  state_->start(std::move(done), wait, [](const core::RwLock& lock, core::Call call) { return lock.lock(std::move(call)); });
}
void RwLock::lock_shared(std::function<void(Result<Hold>)> done, Wait wait) {
  state_->start(std::move(done), wait, [](const core::RwLock& lock, core::Call call) { return lock.lock_shared(std::move(call)); });
}
void RwLock::try_lock(std::function<void(Result<std::optional<Hold>>)> done, Wait wait) {
  state_->start(std::move(done), wait, [](const core::RwLock& lock, core::Call call) { return lock.try_lock(std::move(call)); });
}
void RwLock::try_lock_shared(std::function<void(Result<std::optional<Hold>>)> done, Wait wait) {
  state_->start(std::move(done), wait,
                [](const core::RwLock& lock, core::Call call) { return lock.try_lock_shared(std::move(call)); });
}

Result<Hold> RwLock::lock(Wait wait) {
  return blocking<Hold>(*state_->base.loop, [&](auto done) { lock(std::move(done), wait); });
}
Result<Hold> RwLock::lock_shared(Wait wait) {
  return blocking<Hold>(*state_->base.loop, [&](auto done) { lock_shared(std::move(done), wait); });
}
Result<std::optional<Hold>> RwLock::try_lock(Wait wait) {
  return blocking<std::optional<Hold>>(*state_->base.loop, [&](auto done) { try_lock(std::move(done), wait); });
}
Result<std::optional<Hold>> RwLock::try_lock_shared(Wait wait) {
  return blocking<std::optional<Hold>>(*state_->base.loop, [&](auto done) { try_lock_shared(std::move(done), wait); });
}

void RwLock::holders(std::function<void(Result<std::vector<Holder>>)> done, Wait wait) {
  if (!state_->valid) return done(fail(state_->valid.error()));
  run_and_convert<std::vector<core::Seat>>(
      state_->base.loop, wait, [lock_now = state_->lock](core::Call call) { return lock_now.seats(std::move(call)); },
      std::move(done), holders_of);
}
Result<std::vector<Holder>> RwLock::holders(Wait wait) {
  return blocking<std::vector<Holder>>(*state_->base.loop, [&](auto done) { holders(std::move(done), wait); });
}

}  // namespace conclave::recipes
