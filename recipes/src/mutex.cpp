#include "conclave/recipes/mutex.hpp"

#include "conclave/recipes_core/names.hpp"
#include "hold_access.hpp"

namespace conclave::recipes {
namespace {

constexpr std::chrono::hours lock_delay_max{12};

Result<void> check(const std::string& name, const MutexOptions& options) {
  if (options.lock_delay < std::chrono::milliseconds::zero() || options.lock_delay > lock_delay_max)
    return fail(Errc::invalid_argument, "a lock delay is at most 12 hours");
  if (options.ttl < std::chrono::seconds(2)) return fail(Errc::invalid_argument, "a TTL is at least 2 s");
  return core::check_name(name);
}

}  // namespace

struct Mutex::State {
  State(Client& client, const std::string& name, const MutexOptions& options)
      : base(client),
        valid(check(name, options)),
        mutex(base.hub, {options.ttl, options.owner.empty() ? default_owner() : options.owner, options.lock_delay},
              core::directory_of(core::kind::lock, name), options.note) {}
  Base base;
  Result<void> valid;
  core::Mutex mutex;
};

Mutex::Mutex(Client& client, std::string name, MutexOptions options) : state_(std::make_unique<State>(client, name, options)) {}
Mutex::Mutex(Mutex&&) noexcept = default;
Mutex& Mutex::operator=(Mutex&&) noexcept = default;
Mutex::~Mutex() = default;

void Mutex::lock(std::function<void(Result<Hold>)> done, Wait wait) {
  if (!state_->valid) return done(fail(state_->valid.error()));
  run<core::PlacePtr>(
      state_->base.loop, wait, [mutex = state_->mutex](core::Call call) { return mutex.lock(std::move(call)); },
      to_hold(state_->base.loop, std::move(done)));
}
Result<Hold> Mutex::lock(Wait wait) {
  return blocking<Hold>(*state_->base.loop, [&](auto done) { lock(std::move(done), wait); });
}

void Mutex::try_lock(std::function<void(Result<std::optional<Hold>>)> done, Wait wait) {
  if (!state_->valid) return done(fail(state_->valid.error()));
  run<core::PlacePtr>(
      state_->base.loop, wait, [mutex = state_->mutex](core::Call call) { return mutex.try_lock(std::move(call)); },
      to_hold(state_->base.loop, std::move(done)));
}
Result<std::optional<Hold>> Mutex::try_lock(Wait wait) {
  return blocking<std::optional<Hold>>(*state_->base.loop, [&](auto done) { try_lock(std::move(done), wait); });
}

void Mutex::holders(std::function<void(Result<std::vector<Holder>>)> done, Wait wait) {
  if (!state_->valid) return done(fail(state_->valid.error()));
  run_and_convert<std::vector<core::Seat>>(
      state_->base.loop, wait, [mutex = state_->mutex](core::Call call) { return mutex.seats(std::move(call)); }, std::move(done),
      holders_of);
}
Result<std::vector<Holder>> Mutex::holders(Wait wait) {
  return blocking<std::vector<Holder>>(*state_->base.loop, [&](auto done) { holders(std::move(done), wait); });
}

}  // namespace conclave::recipes
