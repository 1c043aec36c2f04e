#include "conclave/recipes/barrier.hpp"

#include "conclave/recipes_core/barrier.hpp"
#include "conclave/recipes_core/names.hpp"
#include "hold_access.hpp"

namespace conclave::recipes {
namespace {

constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();

/// One of these things on its client: its name has been looked at.
template <class Core>
struct Thing {
  Base base;
  Result<void> valid;
  Core core;

  /// Starts a coroutine of the thing.
  template <class T, class Ask, class Done>
  void start(const Wait& wait, Ask how, Done done) const {
    if (!valid) return done(Result<T>(fail(valid.error())));
    run<T>(
        base.loop, wait, [thing = core, how](core::Call call) { return how(thing, std::move(call)); }, std::move(done));
  }
  /// The same for one without an answer.
  template <class Ask>
  void tell(const Wait& wait, Ask how, std::function<void(Result<void>)> done) const {
    if (!valid) return done(valid);
    run_to_end(
        base.loop, wait, [thing = core, how](core::Call call) { return how(thing, std::move(call)); }, std::move(done));
  }
  [[nodiscard]] const ClientLoop& loop() const { return *base.loop; }
};

template <class Core, class... Args>
Thing<Core> thing_of(Client& client, const std::string& name, Args... args) {
  Base base(client);
  Core made(base.hub, std::move(args)...);
  return {base, core::check_name(name), std::move(made)};
}

}  // namespace

// --- Barrier
// ----------------------------------------------------------------------------------------------------------------------

struct Barrier::State {
  Thing<core::Barrier> thing;
};
Barrier::Barrier(Client& client, std::string name)
    : state_(new State{thing_of<core::Barrier>(client, name, core::key_of(core::kind::barrier, name))}) {}
Barrier::Barrier(Barrier&&) noexcept = default;
Barrier& Barrier::operator=(Barrier&&) noexcept = default;
Barrier::~Barrier() = default;

void Barrier::close(std::function<void(Result<void>)> done, Wait wait) {
  state_->thing.tell(
      wait, [](const core::Barrier& barrier, core::Call call) { return barrier.close(std::move(call)); }, std::move(done));
}
Result<void> Barrier::close(Wait wait) {
  return blocking<void>(state_->thing.loop(), [&](auto done) { close(std::move(done), wait); });
}
void Barrier::open(std::function<void(Result<void>)> done, Wait wait) {
  state_->thing.tell(
      wait, [](const core::Barrier& barrier, core::Call call) { return barrier.open(std::move(call)); }, std::move(done));
}
Result<void> Barrier::open(Wait wait) {
  return blocking<void>(state_->thing.loop(), [&](auto done) { open(std::move(done), wait); });
}
void Barrier::wait(std::function<void(Result<void>)> done, Wait how) {
  state_->thing.tell(
      how, [](const core::Barrier& barrier, core::Call call) { return barrier.wait(std::move(call)); }, std::move(done));
}
Result<void> Barrier::wait(Wait how) {
  return blocking<void>(state_->thing.loop(), [&](auto done) { wait(std::move(done), how); });
}

// --- Counter
// ----------------------------------------------------------------------------------------------------------------------

struct Counter::State {
  Thing<core::Number> thing;
};
Counter::Counter(Client& client, std::string name, std::int64_t initial)
    : state_(new State{thing_of<core::Number>(client, name, core::key_of(core::kind::counter, name), initial)}) {}
Counter::Counter(Counter&&) noexcept = default;
Counter& Counter::operator=(Counter&&) noexcept = default;
Counter::~Counter() = default;

void Counter::get(std::function<void(Result<std::int64_t>)> done, Wait wait) {
  state_->thing.start<std::int64_t>(
      wait, [](const core::Number& number, core::Call call) { return number.get(std::move(call)); }, std::move(done));
}
Result<std::int64_t> Counter::get(Wait wait) {
  return blocking<std::int64_t>(state_->thing.loop(), [&](auto done) { get(std::move(done), wait); });
}
void Counter::add(std::function<void(Result<std::int64_t>)> done, std::int64_t delta, Wait wait) {
  state_->thing.start<std::int64_t>(
      wait, [delta](const core::Number& number, core::Call call) { return number.add(delta, lowest, std::move(call)); },
      std::move(done));
}
Result<std::int64_t> Counter::add(std::int64_t delta, Wait wait) {
  return blocking<std::int64_t>(state_->thing.loop(), [&](auto done) { add(std::move(done), delta, wait); });
}
void Counter::set(std::function<void(Result<void>)> done, std::int64_t value, Wait wait) {
  state_->thing.tell(
      wait, [value](const core::Number& number, core::Call call) { return number.set(value, std::move(call)); }, std::move(done));
}
Result<void> Counter::set(std::int64_t value, Wait wait) {
  return blocking<void>(state_->thing.loop(), [&](auto done) { set(std::move(done), value, wait); });
}

// --- Latch
// ------------------------------------------------------------------------------------------------------------------------

struct Latch::State {
  Thing<core::Number> thing;
};
Latch::Latch(Client& client, std::string name, std::uint32_t count)
    : state_(new State{thing_of<core::Number>(client, name, core::key_of(core::kind::latch, name), std::int64_t{count})}) {}
Latch::Latch(Latch&&) noexcept = default;
Latch& Latch::operator=(Latch&&) noexcept = default;
Latch::~Latch() = default;

void Latch::count_down(std::function<void(Result<std::int64_t>)> done, std::uint32_t by, Wait wait) {
  state_->thing.start<std::int64_t>(
      wait,
      [by](const core::Number& number, core::Call call) { return number.add(-static_cast<std::int64_t>(by), 0, std::move(call)); },
      std::move(done));
}
Result<std::int64_t> Latch::count_down(std::uint32_t by, Wait wait) {
  return blocking<std::int64_t>(state_->thing.loop(), [&](auto done) { count_down(std::move(done), by, wait); });
}
void Latch::wait(std::function<void(Result<void>)> done, Wait how) {
  state_->thing.tell(
      how, [](const core::Number& number, core::Call call) { return number.await_at_most(0, std::move(call)); }, std::move(done));
}
Result<void> Latch::wait(Wait how) {
  return blocking<void>(state_->thing.loop(), [&](auto done) { wait(std::move(done), how); });
}
void Latch::reset(std::function<void(Result<void>)> done, std::uint32_t count, Wait wait) {
  state_->thing.tell(
      wait, [count](const core::Number& number, core::Call call) { return number.set(count, std::move(call)); }, std::move(done));
}
Result<void> Latch::reset(std::uint32_t count, Wait wait) {
  return blocking<void>(state_->thing.loop(), [&](auto done) { reset(std::move(done), count, wait); });
}

// --- DoubleBarrier
// ----------------------------------------------------------------------------------------------------------------

struct DoubleBarrier::State {
  Thing<core::DoubleBarrier> thing;
};
DoubleBarrier::DoubleBarrier(Client& client, std::string name, std::uint32_t parties, DoubleBarrierOptions options)
    : state_(new State{thing_of<core::DoubleBarrier>(
          client, name, core::KeeperOptions{options.ttl, options.owner.empty() ? default_owner() : options.owner},
          core::directory_of(core::kind::double_barrier, name), std::uint64_t{parties})}) {}
DoubleBarrier::DoubleBarrier(DoubleBarrier&&) noexcept = default;
DoubleBarrier& DoubleBarrier::operator=(DoubleBarrier&&) noexcept = default;
DoubleBarrier::~DoubleBarrier() = default;

void DoubleBarrier::enter(std::function<void(Result<Hold>)> done, Wait wait) {
  state_->thing.start<core::PlacePtr>(
      wait, [](const core::DoubleBarrier& barrier, core::Call call) { return barrier.enter(std::move(call)); },
      to_hold(state_->thing.base.loop, std::move(done)));
}
Result<Hold> DoubleBarrier::enter(Wait wait) {
  return blocking<Hold>(state_->thing.loop(), [&](auto done) { enter(std::move(done), wait); });
}
void DoubleBarrier::leave(Hold inside, std::function<void(Result<void>)> done, Wait wait) {
  if (inside.token().is_zero()) return done(fail(Errc::invalid_argument, "nobody is inside with an empty handle"));
  const auto place = HoldAccess::place_of(inside);
  state_->thing.tell(
      wait, [place](const core::DoubleBarrier& barrier, core::Call call) { return barrier.leave(place, std::move(call)); },
      std::move(done));
}
Result<void> DoubleBarrier::leave(Hold inside, Wait wait) {
  return blocking<void>(state_->thing.loop(), [&](auto done) { leave(std::move(inside), std::move(done), wait); });
}

}  // namespace conclave::recipes
