#include "conclave/locksmith_fleet/adoption.hpp"

#include <algorithm>

#include "requests.hpp"

namespace conclave::locksmith::fleet {

using namespace recipes::core;

namespace {

Result<void> check_adoption(const Adoption& adoption) {
  if (adoption.slots > slots_max)
    return fail(Errc::invalid_argument, "a group has at most " + std::to_string(slots_max) + " slots");
  if (adoption.holders.size() > adopted_holders_max)
    return fail(Errc::too_large, "at most " + std::to_string(adopted_holders_max) + " holders can be taken over");
  std::vector<std::string> sorted = adoption.holders;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    return fail(Errc::invalid_argument, "a holder is there twice");
  if (!std::all_of(sorted.begin(), sorted.end(), is_machine_id))
    return fail(Errc::invalid_argument, "a holder's id is none of a machine");
  return {};
}

/// One write: the policy is the one that was read, and no slot was given.
Txn adoption_of(const Group& group, const Adoption& adoption, const Policy& policy, Revision policy_revision) {
  const WallMillis now = group.store().wall_millis();
  Txn txn;
  txn.when(policy_revision.is_zero() ? Compare::missing(group.policy_key())
                                     : Compare::mod_revision_is(group.policy_key(), policy_revision));
  txn.when(no_key_under(group.directory("slot"))).when(no_key_under(group.directory("machine")));
  txn.then(put(group.policy_key(), to_json(policy)));
  for (const std::string& machine : adoption.holders) {
    Claim claim;
    claim.machine = machine;
    claim.reason = "taken over from another program";
    claim.by = adoption.by;
    claim.at = now;
    claim.deadline = policy.deadline.count() == 0 ? 0 : now + policy.deadline.count();
    const std::string slot = group.slot_key(static_cast<std::uint64_t>(&machine - adoption.holders.data()));
    txn.then(put(slot, to_json(claim))).then(put(group.key("machine", machine), slot));
  }
  PutOp entry =
      put(group.directory("history"), to_json(Entry{now,
                                                    Deed::changed,
                                                    {},
                                                    {},
                                                    "taken over from another program: slots " + std::to_string(adoption.slots) +
                                                        ", holders " + std::to_string(adoption.holders.size()),
                                                    adoption.by}));
  entry.sequence = true;
  return txn.then(std::move(entry));
}

}  // namespace

Task<Result<bool>> adopt(Group group, Adoption adoption, Call call) {
  if (const auto valid = check_adoption(adoption); !valid) co_return fail(valid.error());
  while (true) {
    auto looking = group.look(call);
    Result<GroupView> view = co_await std::move(looking);
    if (!view) co_return fail(std::move(view.error()));
    if (view->broken) co_return fail(Errc::invalid_argument, "the group's record cannot be read: " + *view->broken);
    if (!view->slots.empty())
      co_return fail(Errc::already_exists,
                     "group " + group.name() + " has holders already: " + view->slots.front().claim.machine +
                         (view->slots.size() == 1 ? "" : " and " + std::to_string(view->slots.size() - 1) + " more"));
    Policy policy = view->policy;
    policy.slots = Amount{Amount::Kind::absolute, adoption.slots};
    if (const auto valid = check(policy); !valid) co_return fail(valid.error());
    auto writing = execute(group.store(), write_of(adoption_of(group, adoption, policy, view->policy_revision)), call);
    Result<Reply> reply = co_await std::move(writing);
    if (!reply) co_return fail(std::move(reply.error()));
    if (succeeded(*reply)) co_return true;
  }
}

}  // namespace conclave::locksmith::fleet
