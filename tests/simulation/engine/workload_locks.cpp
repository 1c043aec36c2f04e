#include "engine/workload.hpp"

/// What a client program does with leases: it queues up under a prefix, waits for its turn, writes with its guard, and leaves in
/// one of several ways.
namespace conclave::sim {

void Workload::lock() {
  if (locks_ >= 2) return;
  ++locks_;
  const milliseconds ttl(2000 + prng_.below(2000));
  const Instant sent = client_.now();
  client_.submit(Write{Write::LeaseGrant{LeaseId(), ttl, "sim", ""}, {}}, seconds(4),
                 [this, ttl, sent, life = lives_](const Result<Reply>& outcome) {
                   if (life != lives_) return;
                   const auto* granted = outcome ? std::get_if<LeaseGranted>(&outcome->body) : nullptr;
                   if (granted == nullptr) {
                     --locks_;
                     return;
                   }
                   client_.keep_alive(granted->id, granted->ttl, sent);
                   queue_up(granted->id, ttl);
                 });
}

void Workload::queue_up(LeaseId lease, milliseconds) {
  const std::string key = "lock/" + to_string(lease);
  PutOp op;
  op.key = key;
  op.value = value();
  op.lease = lease;
  const std::string text = op.value;
  const auto number = history_.invoke(client_.endpoint(), moment(), test::put(key, text));
  const bool together = prng_.chance(1, 2);
  const auto create = std::make_shared<Revision>();
  const auto on_taken = [this, lease, key, number, together, create, life = lives_](const Result<Reply>& outcome) {
    if (outcome)
      history_.succeed(number, moment(), {outcome->header.revision, true, {}});
    else if (outcome.error().certainty() == Certainty::definite)
      history_.fail(number, moment());
    else
      history_.lose(number);
    if (life != lives_) return;
    if (!outcome) return leave(lease, key);
    *create = outcome->header.revision;
    if (!together) (void)client_.watch_turn({"lock/", key, 1}, turn_notice(lease, key, create));
  };
  if (together)
    (void)client_.queue_up(Write{op, {}}, seconds(4), on_taken, {"lock/", key, 1}, turn_notice(lease, key, create));
  else
    client_.submit(Write{op, {}}, seconds(4), on_taken);
}

std::function<void(const WatchNotice&)> Workload::turn_notice(LeaseId lease, const std::string& key,
                                                              const std::shared_ptr<Revision>& create) {
  return [this, lease, key, create, life = lives_](const WatchNotice& told) {
    if (life != lives_) return;
    const auto* fired = std::get_if<TurnFired>(&told);
    require(fired == nullptr || !create->is_zero(), [&] { return "the turn of " + key + " is told before its place"; });
    if (fired != nullptr) return turn(lease, key, *create, *fired);
    if (std::holds_alternative<WatchEnded>(told) && !create->is_zero()) leave(lease, key);
  };
}

void Workload::turn(LeaseId lease, const std::string& key, Revision create, const TurnFired& fired) {
  const auto queue = shared_.store.keys_at("lock/", fired.revision);
  const auto own = queue.find(key);
  const bool there = own != queue.end() && own->second == create;
  std::size_t older = 0;
  for (const auto& [other, made] : queue) older += made < create ? 1U : 0U;
  require(fired.gone ? !there : there && older == 0, [&] {
    return "the turn of " + key + " comes at revision " + to_string(fired.revision) + (fired.gone ? " as gone" : "") + " with " +
           std::to_string(older) + " older keys" + (there ? "" : " and without its own");
  });
  require(fired.revision >= create, [&] { return "the turn of " + key + " is told from a time before the key existed"; });
  if (fired.gone) return leave(lease, key);
  write_guarded(lease, key, create);
}

void Workload::write_guarded(LeaseId lease, const std::string& key, Revision create) {
  const std::string text = value();
  PutOp op;
  op.key = "data";
  op.value = text;
  const auto number = history_.invoke(client_.endpoint(), moment(), test::put("data", text));
  client_.submit(Write{op, {Guard{lease, key, create}}}, seconds(3),
                 [this, lease, key, create, number, life = lives_](const Result<Reply>& outcome) {
                   if (outcome) {
                     history_.succeed(number, moment(), {outcome->header.revision, true, {}});
                     const auto held = shared_.store.keys_at("lock/", outcome->header.revision);
                     const auto own = held.find(key);
                     require(own != held.end() && own->second == create,
                             [&] { return "a guarded write succeeds without its key " + key; });
                   } else if (outcome.error().certainty() == Certainty::definite) {
                     history_.fail(number, moment());
                   } else {
                     history_.lose(number);
                   }
                   if (life == lives_) leave(lease, key);
                 });
}

void Workload::leave(LeaseId lease, const std::string& key) {
  --locks_;
  given_up_.insert(lease);
  const auto how = prng_.below(3);
  if (how == 0) {
    client_.forget_lease(lease);  // it dies by itself
    return;
  }
  shared_.world.after(prng_.between(Duration(0), seconds(3)), "leave", [this, lease, key, how, life = lives_] {
    if (life != lives_) return;
    client_.forget_lease(lease);
    if (how == 1) {
      DeleteOp op;
      op.keys = Keys::one(key);
      record(test::erase(key), Write{op, {}}, [](const Reply& reply) { return test::Answer{reply.header.revision, true, {}}; });
    } else {
      shared_.store.end_requested(lease);
      client_.submit(Write{Write::LeaseRevoke{lease}, {}}, seconds(3), [](const Result<Reply>&) {});
    }
  });
}

void Workload::lease_ended(LeaseId lease) const {
  const auto health = client_.core().lease_health(lease, client_.now());
  require(!health || *health == client::LeaseHealth::lost, [&] {
    return "lease " + to_string(lease) + " ends at the servers while client " + std::to_string(client_.endpoint()) +
           " may still trust it";
  });
}

}  // namespace conclave::sim
