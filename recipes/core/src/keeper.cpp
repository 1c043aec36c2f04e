#include "conclave/recipes_core/keeper.hpp"

#include <algorithm>

#include "mutants.hpp"

namespace conclave::recipes::core {
namespace {

constexpr Duration grant_patience = seconds(5);
constexpr Duration grant_pause = milliseconds(100);

std::string hex(std::uint64_t number, std::size_t width) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(width, '0');
  for (std::size_t place = width; place-- > 0; number >>= 4) text[place] = digits[number & 15];
  return text;
}

/// The part of a TTL in which the lease is lost here: somewhat more, because the servers' clock may be faster.
milliseconds at_the_servers(milliseconds afterwards) { return afterwards + afterwards / 256; }

/// Nothing came of it, but the same may succeed a little later.
bool worth_repeating(Errc code) {
  return certainty(code) == Certainty::unknown || code == Errc::not_sent || code == Errc::overloaded ||
         code == Errc::session_expired;
}

}  // namespace

// --- KeptLease
// ------------------------------------------------------------------------------------------------------------------------

KeptLease::KeptLease(Store& store, LeaseId id, milliseconds ttl, Instant granted_at) : store_(store), id_(id), ttl_(ttl) {
  view_->told = [this](client::LeaseHealth health) {
    const auto self = weak_from_this().lock();  // a listener may let go of the last reference
    health_.tell(health);
    if (health == client::LeaseHealth::lost) declare_lost();
  };
  store_.keep_alive(id, ttl, granted_at, view_);
}

KeptLease::~KeptLease() { give_up(); }

Instant KeptLease::until() const {
  const Duration until(view_->until.load());
  if (mutants::trust_lease_too_long && until.count() != 0) return Instant(until + Duration(ttl_) / 2);
  return Instant(until);
}

void KeptLease::declare_lost() {
  view_->until = 0;
  if (lost_.raised() || given_up_) return;
  store_.forget_lease(id_);
  lost_.raise();
}

void KeptLease::give_up() {
  view_->told = [](client::LeaseHealth) {};
  view_->until = 0;
  if (given_up_ || lost_.raised() || store_.is_closed()) return;
  given_up_ = true;
  store_.forget_lease(id_);
  store_.submit(Write{Write::LeaseRevoke{id_}, {}}, store_.now() + ttl_, [](const Result<Reply>&) {});
}

std::string KeptLease::unique_name() { return hex(id_.value(), 16) + '-' + hex(++names_, 8); }

// --- Keeper
// ---------------------------------------------------------------------------------------------------------------------------

Task<Result<KeptLeasePtr>> Keeper::lease(Call call) {
  if (const auto going = may_go_on(store_, call); !going) co_return fail(going.error());
  if (current_ && current_->is_alive()) {
    linger();
    co_return current_;
  }
  const auto promise = std::make_shared<Promise<Granted>>();
  waiting_.push_back(promise);
  if (!granting_) run_grant();
  const Timer timer(store_, call.deadline,
                    [promise] { promise->set(fail(deadline_passed, "the deadline passed before a lease was granted")); });
  const Subscription on_stop = call.stop->on_raise([promise] { promise->set(fail(Errc::cancelled, "stopped by the program")); });
  Granted granted = co_await promise->wait();
  co_return granted;
}

/// One grant for all who wait; again while somebody does.
Detached Keeper::run_grant() {
  const auto self = shared_from_this();
  granting_ = true;
  while (true) {
    Task<Granted> granted_task = grant();
    Granted granted = co_await std::move(granted_task);
    std::erase_if(waiting_, [](const auto& weak) { return weak.expired(); });
    const bool again = !granted && worth_repeating(granted.error().code) && !waiting_.empty() && !store_.is_closed();
    if (again) {
      Task<Result<bool>> waiting = pause(store_, grant_pause, Call{});
      (void)co_await std::move(waiting);
      continue;
    }
    if (granted) current_ = *granted;
    granting_ = false;
    const auto told = std::exchange(waiting_, {});
    for (const auto& weak : told)
      if (const auto promise = weak.lock()) promise->set(granted);
    if (granted) linger();
    co_return;
  }
}

Task<Keeper::Granted> Keeper::grant() {
  const Instant sent = store_.now();
  Call call;
  call.deadline = sent + std::min<Duration>(grant_patience, options_.ttl);
  Write::LeaseGrant body{LeaseId{}, options_.ttl + at_the_servers(options_.afterwards), options_.owner, "recipes"};
  Task<Result<Reply>> reply_task = execute(store_, Write{std::move(body), {}}, call);
  Result<Reply> reply = co_await std::move(reply_task);
  if (!reply) co_return fail(std::move(reply.error()));
  const auto* granted = std::get_if<LeaseGranted>(&reply->body);
  if (granted == nullptr) co_return fail(Errc::unknown_outcome, "the grant's answer was not kept");
  const milliseconds ttl = mutants::ignore_lock_delay ? granted->ttl : std::min(granted->ttl, options_.ttl);
  const auto lease = std::make_shared<KeptLease>(store_, granted->id, ttl, sent);
  if (!lease->is_alive()) co_return fail(Errc::unknown_outcome, "the grant was answered too late");
  co_return lease;
}

/// Lets an unused lease go after a TTL: who comes back sooner finds it still there.
void Keeper::linger() {
  if (lingering_ || store_.is_closed()) return;
  lingering_ = true;
  store_.call_at(store_.now() + options_.ttl, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->lingering_ = false;
    if (!self->current_) return;
    if (self->current_.use_count() == 1 && !self->granting_)
      self->current_.reset();
    else
      self->linger();
  });
}

void Keeper::retire(const KeptLeasePtr& lease) {
  if (current_ == lease) current_.reset();
}

void Keeper::close() {
  if (const auto lease = std::exchange(current_, nullptr)) lease->give_up();
}

}  // namespace conclave::recipes::core
