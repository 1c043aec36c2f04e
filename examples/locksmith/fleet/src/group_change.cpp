#include <algorithm>

#include "conclave/locksmith_fleet/group.hpp"
#include "requests.hpp"

namespace conclave::locksmith::fleet {

using namespace recipes::core;

namespace {

constexpr std::uint64_t history_entries_slack = 100;

/// Whether this may be done to this slot now.
Result<void> may_release(const GroupView& view, const SlotView& slot, const ReleaseRequest& request) {
  const bool same_boot = !slot.claim.boot.empty() && slot.claim.boot == request.boot;
  if (request.deed == Deed::released && same_boot)
    return fail(Errc::invalid_argument, "the machine has not rebooted since it took its slot");
  if (request.deed == Deed::returned && !same_boot)
    return fail(Errc::invalid_argument, "the machine has rebooted since it took its slot; it is released in good health");
  const MachineView* const machine = machine_of(view, slot.claim.machine);
  // A daemon in these stages has no slot of its own: it is a person's.
  const auto at_rest = [](const std::string& state) { return state == "idle" || state == "off" || state == "waiting"; };
  const bool looked_after = machine != nullptr && machine->presence && !at_rest(machine->presence->state);
  if (request.deed == Deed::unlocked && looked_after)
    return fail(Errc::invalid_argument, "the daemon of " + slot.claim.machine + " is at work (" + machine->presence->state +
                                            ") and gives the slot back itself; evict takes it away all the same");
  return {};
}

}  // namespace

Task<Result<bool>> Group::give_back(Group self, ReleaseRequest request, Call call) {
  auto settling = await_undone(self, request.machine, call);
  Result<bool> settled = co_await std::move(settling);
  if (!settled) co_return settled;
  auto looking = self.look(call);
  Result<GroupView> view = co_await std::move(looking);
  if (!view) co_return fail(std::move(view.error()));
  const SlotView* const found = slot_of(*view, request.machine);
  if (found == nullptr || (request.token && found->token != *request.token)) co_return false;
  const SlotView slot = *found;
  if (const auto may = may_release(*view, slot, request); !may) co_return fail(may.error());
  Txn txn;
  txn.when(Compare::create_revision_is(slot.key, slot.token));
  if (request.deed == Deed::auto_released) {
    txn.when(Compare::missing(self.key("due", request.machine))).when(Compare::missing(self.key("alive", request.machine)));
    txn.when(Compare::mod_revision_is(self.budget_, view->policy_revision));
    txn.when(none_since(self.directory("lost"), Compare::Target::create, view->revision));
    txn.then(put(self.key("lost", request.machine), to_json(slot.claim)));
  }
  txn.then(erase(slot.key)).then(erase(self.key("machine", request.machine))).then(erase(self.key("due", request.machine)));
  txn.then(self.entry_op({0, request.deed, request.machine, slot.claim.host, request.detail, request.by}));
  auto writing = execute(self.store(), write_of(std::move(txn)), call);
  Result<Reply> reply = co_await std::move(writing);
  if (!reply && reply.error().code == Errc::outcome_forgotten) co_return true;
  if (!reply) co_return fail(std::move(reply.error()));
  trim_history(self);
  co_return succeeded(*reply);
}

Task<Result<Policy>> Group::change_policy(Group self, Edit edit, Entry entry, bool over_broken, Call call) {
  while (true) {
    auto asked = execute(self.store(), newest(row_of(self.budget_)), call);
    Result<Reply> reply = co_await std::move(asked);
    if (!reply) co_return fail(std::move(reply.error()));
    const auto* row = std::get_if<RangeResult>(&reply->body);
    if (row == nullptr) co_return other_kind();
    Policy policy;
    Compare unchanged = Compare::missing(self.budget_);
    if (!row->kvs.empty()) {
      unchanged = Compare::mod_revision_is(self.budget_, row->kvs.front().mod_revision);
      auto parsed = parse_policy(row->kvs.front().value);
      if (!parsed && !over_broken) co_return fail(std::move(parsed.error()));
      if (parsed) policy = std::move(*parsed);
    }
    Result<Policy> edited = edit(policy);
    if (!edited) co_return fail(std::move(edited.error()));
    if (const auto valid = check(*edited); !valid) co_return fail(valid.error());
    if (!row->kvs.empty() && to_json(*edited) == row->kvs.front().value) co_return edited;
    Txn txn;
    txn.when(std::move(unchanged)).then(put(self.budget_, to_json(*edited)));
    if (!entry.by.empty()) txn.then(self.entry_op(entry));
    auto writing = execute(self.store(), write_of(std::move(txn)), call);
    Result<Reply> written = co_await std::move(writing);
    if (!written) co_return fail(std::move(written.error()));
    if (succeeded(*written)) co_return edited;
  }
}

Task<Result<std::vector<Entry>>> Group::read_history(Group self, std::uint64_t count, Call call) {
  RangeOp op;
  op.keys = Keys::prefix(self.directory("history"));
  op.limit = count;
  op.sort_order = SortOrder::descending;
  auto asked = execute(self.store(), newest(std::move(op)), call);
  Result<Reply> reply = co_await std::move(asked);
  if (!reply) co_return fail(std::move(reply.error()));
  const auto* range = std::get_if<RangeResult>(&reply->body);
  if (range == nullptr) co_return other_kind();
  std::vector<Entry> entries;
  for (const KeyValue& kv : range->kvs)
    if (auto entry = entry_from_json(kv.value)) entries.push_back(std::move(*entry));
  std::reverse(entries.begin(), entries.end());
  co_return entries;
}

/// Deletes the oldest entries, many at once and so seldom.
Detached Group::trim_history(Group self) {
  Call call;
  call.deadline = self.store().now() + seconds(10);
  auto counting = execute(self.store(), newest(count_of(self.directory("history"))), call);
  Result<Reply> counted = co_await std::move(counting);
  const auto* count = counted ? std::get_if<RangeResult>(&counted->body) : nullptr;
  if (count == nullptr || count->count < history_entries_max + history_entries_slack) co_return;
  RangeOp oldest;
  oldest.keys = Keys::prefix(self.directory("history"));
  oldest.limit = count->count - history_entries_max;
  oldest.keys_only = true;
  auto asked = execute(self.store(), newest(std::move(oldest)), call);
  Result<Reply> reply = co_await std::move(asked);
  const auto* range = reply ? std::get_if<RangeResult>(&reply->body) : nullptr;
  if (range == nullptr || range->kvs.empty()) co_return;
  DeleteOp all{Keys::range(self.directory("history"), range->kvs.back().key + std::string(1, '\0')), false};
  auto deleting = execute(self.store(), Write{std::move(all), {}}, call);
  (void)co_await std::move(deleting);
}

Task<Result<bool>> Group::make_wish(Group self, std::string machine, Wish wish, Call call) {
  wish.at = self.store().wall_millis();
  Txn txn;
  txn.then(put(self.key("wish", machine), to_json(wish)));
  txn.then(self.entry_op({0, Deed::wished, machine, {}, wish.reason, wish.by}));
  auto writing = execute(self.store(), write_of(std::move(txn)), call);
  Result<Reply> reply = co_await std::move(writing);
  if (!reply) co_return fail(std::move(reply.error()));
  co_return true;
}

Task<Result<bool>> Group::remove_wish(Group self, std::string machine, Revision made, Call call) {
  Txn txn;
  txn.when(Compare::mod_revision_is(self.key("wish", machine), made)).then(erase(self.key("wish", machine)));
  auto writing = execute(self.store(), write_of(std::move(txn)), call);
  Result<Reply> reply = co_await std::move(writing);
  if (!reply) co_return fail(std::move(reply.error()));
  co_return succeeded(*reply);
}

Task<Result<bool>> Group::forget_machine(Group self, std::string machine, std::string by, Call call) {
  auto looking = self.look(call);
  Result<GroupView> view = co_await std::move(looking);
  if (!view) co_return fail(std::move(view.error()));
  if (slot_of(*view, machine) != nullptr) co_return fail(Errc::invalid_argument, machine + " has a slot; evict it first");
  const MachineView* const known = machine_of(*view, machine);
  if (known != nullptr && known->presence)
    co_return fail(Errc::invalid_argument, "the daemon of " + machine + " lives and would register it again");
  Txn txn;
  txn.when(Compare::missing(self.key("machine", machine))).when(Compare::missing(self.key("alive", machine)));
  txn.then(erase(self.key("known", machine))).then(erase(self.key("lost", machine))).then(erase(self.key("wish", machine)));
  if (!view->policy_revision.is_zero()) {
    PutOp touch = put(self.budget_, {});  // what goes by a percentage is decided anew
    touch.ignore_value = true;
    txn.then(std::move(touch));
  }
  txn.then(self.entry_op({0, Deed::forgot, machine, known == nullptr ? "" : known->host, {}, std::move(by)}));
  auto writing = execute(self.store(), write_of(std::move(txn)), call);
  Result<Reply> reply = co_await std::move(writing);
  if (!reply) co_return fail(std::move(reply.error()));
  co_return known != nullptr&& succeeded(*reply);
}

}  // namespace conclave::locksmith::fleet
