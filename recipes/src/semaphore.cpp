#include "conclave/recipes/semaphore.hpp"

#include "conclave/recipes_core/names.hpp"
#include "conclave/recipes_core/semaphore.hpp"
#include "hold_access.hpp"

namespace conclave::recipes {

struct Semaphore::State {
  State(Client& client, const std::string& name, const SemaphoreOptions& options)
      : base(client),
        valid(core::check_name(name)),
        semaphore(base.hub, {options.ttl, options.owner.empty() ? default_owner() : options.owner},
                  core::key_of(core::kind::semaphore, name), options.note, options.slots) {}

  template <class T, class Take>
  void start(std::function<void(Result<T>)> done, const Wait& wait, Take take) {
    if (!valid) return done(fail(valid.error()));
    run<core::Semaphore::Held>(
        base.loop, wait, [sem = semaphore, take](core::Call call) { return take(sem, std::move(call)); },
        [made = to_hold(base.loop, std::move(done))](Result<core::Semaphore::Held> held) {
          if (!held) return made(fail(std::move(held.error())));
          made(std::move(held->place));
        });
  }

  Base base;
  Result<void> valid;
  core::Semaphore semaphore;
};

Semaphore::Semaphore(Client& client, std::string name, SemaphoreOptions options)
    : state_(std::make_unique<State>(client, name, options)) {}
Semaphore::Semaphore(Semaphore&&) noexcept = default;
Semaphore& Semaphore::operator=(Semaphore&&) noexcept = default;
Semaphore::~Semaphore() = default;

void Semaphore::acquire(std::function<void(Result<Hold>)> done, std::uint64_t weight, Wait wait) {
  state_->start(std::move(done), wait,
                [weight](const core::Semaphore& sem, core::Call call) { return sem.acquire(weight, std::move(call)); });
}
void Semaphore::try_acquire(std::function<void(Result<std::optional<Hold>>)> done, std::uint64_t weight, Wait wait) {
  state_->start(std::move(done), wait,
                [weight](const core::Semaphore& sem, core::Call call) { return sem.try_acquire(weight, std::move(call)); });
}
Result<Hold> Semaphore::acquire(std::uint64_t weight, Wait wait) {
  return blocking<Hold>(*state_->base.loop, [&](auto done) { acquire(std::move(done), weight, wait); });
}
Result<std::optional<Hold>> Semaphore::try_acquire(std::uint64_t weight, Wait wait) {
  return blocking<std::optional<Hold>>(*state_->base.loop, [&](auto done) { try_acquire(std::move(done), weight, wait); });
}

void Semaphore::resize(std::function<void(Result<void>)> done, std::uint64_t slots, Wait wait) {
  if (!state_->valid) return done(state_->valid);
  run_to_end(
      state_->base.loop, wait, [sem = state_->semaphore, slots](core::Call call) { return sem.resize(slots, std::move(call)); },
      std::move(done));
}
Result<void> Semaphore::resize(std::uint64_t slots, Wait wait) {
  return blocking<void>(*state_->base.loop, [&](auto done) { resize(std::move(done), slots, wait); });
}

void Semaphore::status(std::function<void(Result<SemaphoreStatus>)> done, Wait wait) {
  if (!state_->valid) return done(fail(state_->valid.error()));
  run_and_convert<core::SemaphoreView>(
      state_->base.loop, wait, [sem = state_->semaphore](core::Call call) { return sem.view(std::move(call)); }, std::move(done),
      [](const core::SemaphoreView& view) {
        return SemaphoreStatus{view.slots, view.held, view.over_committed, holders_of(view.holders), holders_of(view.waiters)};
      });
}
Result<SemaphoreStatus> Semaphore::status(Wait wait) {
  return blocking<SemaphoreStatus>(*state_->base.loop, [&](auto done) { status(std::move(done), wait); });
}

}  // namespace conclave::recipes
