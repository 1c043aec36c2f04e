#include <algorithm>
#include <set>

#include "conclave/locksmith_fleet/group.hpp"
#include "conclave/recipes_core/names.hpp"
#include "requests.hpp"

namespace conclave::locksmith::fleet {

using namespace recipes::core;

namespace {

/// What a key has after its directory.
std::string name_in(const KeyValue& kv, const std::string& directory) { return kv.key.substr(directory.size()); }

std::uint64_t number_of(const std::string& digits) {
  std::uint64_t number = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9' || number > slots_max) return slots_max + 1;  // of no slot that is ever given
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

void read_policy(GroupView& view, const RangeResult& row) {
  if (row.kvs.empty()) return;
  view.policy_revision = row.kvs.front().mod_revision;
  auto policy = parse_policy(row.kvs.front().value);
  if (policy)
    view.policy = std::move(*policy);
  else
    view.broken = policy.error().context;
}

}  // namespace

Task<Result<GroupView>> Group::look_at(Group self, Call call) {
  Txn query;
  query.then(row_of(self.budget_)).then(rows_of(self.directory("slot"))).then(rows_of(self.directory("queue")));
  query.then(rows_of(self.directory("known"))).then(rows_of(self.directory("alive"))).then(row_of(self.rest_key()));
  query.then(rows_of(self.directory("lost"))).then(rows_of(self.directory("due"))).then(rows_of(self.directory("wish")));
  auto asked = execute(self.store(), read_of(std::move(query)), call);
  Result<Reply> reply = co_await std::move(asked);
  if (!reply) co_return fail(std::move(reply.error()));
  auto* txn = std::get_if<TxnResult>(&reply->body);
  if (txn == nullptr) co_return other_kind();
  std::vector<RangeResult> parts;
  for (std::size_t i = 0; i < 9; ++i) {
    auto part = result_at<RangeResult>(txn->results, i);
    if (!part) co_return fail(std::move(part.error()));
    parts.push_back(std::move(*part));
  }
  GroupView view;
  view.name = self.name_;
  view.revision = reply->header.revision;
  read_policy(view, parts[0]);
  std::set<std::string> due;
  for (const KeyValue& kv : parts[7].kvs) due.insert(name_in(kv, self.directory("due")));
  for (const KeyValue& kv : parts[1].kvs) {
    SlotView slot{kv.key, number_of(name_in(kv, self.directory("slot"))), kv.create_revision, claim_from_json(kv.value), false};
    slot.is_past_auto_release = slot.claim.auto_release && !due.contains(slot.claim.machine);
    view.slots.push_back(std::move(slot));
  }
  for (const KeyValue& kv : parts[2].kvs) view.waiters.push_back({kv.key, kv.create_revision, claim_from_json(kv.value)});
  std::map<std::string, Presence> alive;
  for (const KeyValue& kv : parts[4].kvs) alive[name_in(kv, self.directory("alive"))] = presence_from_json(kv.value);
  std::set<std::string> lost;
  for (const KeyValue& kv : parts[6].kvs) lost.insert(name_in(kv, self.directory("lost")));
  for (const KeyValue& kv : parts[3].kvs) {
    MachineView machine;
    machine.id = name_in(kv, self.directory("known"));
    machine.host = presence_from_json(kv.value).host;
    if (const auto found = alive.find(machine.id); found != alive.end()) machine.presence = found->second;
    machine.was_auto_released = lost.erase(machine.id) > 0;
    view.machines.push_back(std::move(machine));
  }
  view.unknown_lost = lost.size();
  view.is_resting = !parts[5].kvs.empty();
  for (const KeyValue& kv : parts[8].kvs)
    view.wishes.push_back({name_in(kv, self.directory("wish")), wish_from_json(kv.value), kv.mod_revision});
  co_return view;
}

/// The group's own record stands before all that belongs to it, and after that nothing else of it: two reads a group.
Task<Result<std::vector<std::string>>> group_names(HubPtr hub, Call call) {
  const std::string all = key_of(kind::reboot, "");
  const std::string end = all.substr(0, all.size() - 1) + '0';  // what comes after '/'
  std::vector<std::string> names;
  std::string from = all;
  while (true) {
    RangeOp op;
    op.keys = Keys::range(from, end);
    op.limit = 1;
    op.keys_only = true;
    auto asked = execute(hub->store(), newest(std::move(op)), call);
    Result<Reply> reply = co_await std::move(asked);
    if (!reply) co_return fail(std::move(reply.error()));
    const auto* range = std::get_if<RangeResult>(&reply->body);
    if (range == nullptr) co_return other_kind();
    if (range->kvs.empty()) co_return names;
    const std::string& key = range->kvs.front().key;
    const std::size_t inside = key.find("//", all.size());
    const std::string name = key.substr(all.size(), inside == std::string::npos ? inside : inside - all.size());
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    from = inside == std::string::npos ? key + std::string(1, '\0') : key.substr(0, inside) + "/0";
  }
}

}  // namespace conclave::locksmith::fleet
