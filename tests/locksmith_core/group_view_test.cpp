#include "conclave/locksmith_core/group_view.hpp"

#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::locksmith;

namespace {

constexpr WallMillis now = 1'000'000;

SlotView slot(std::uint64_t number, const std::string& machine, WallMillis deadline = 0) {
  Claim claim;
  claim.machine = machine;
  claim.deadline = deadline;
  return {"slot-" + std::to_string(number), number, Revision(number + 1), claim, false};
}

WaiterView waiter(std::uint64_t since, const std::string& machine, std::int64_t priority = 0) {
  Claim claim;
  claim.machine = machine;
  claim.priority = priority;
  return {"place-" + machine, Revision(since), claim};
}

MachineView machine(const std::string& id, bool heard, bool healthy = true) {
  MachineView view;
  view.id = id;
  if (heard) view.presence = Presence{};
  if (heard) view.presence->healthy = healthy;
  return view;
}

GroupView group(std::uint64_t slots) {
  GroupView view;
  view.policy.slots = {Amount::Kind::absolute, slots};
  return view;
}

}  // namespace

TEST_CASE("as many of the oldest waiters may take a slot as there are free ones") {
  GroupView view = group(3);
  view.slots = {slot(1, "m1")};
  view.waiters = {waiter(10, "a"), waiter(11, "b"), waiter(12, "c")};
  CHECK(judge(view, "place-a", now).slot == 0U);
  CHECK(judge(view, "place-b", now).slot == 0U);
  CHECK_FALSE(judge(view, "place-c", now).slot);
  CHECK(judge(view, "place-c", now).why_not == "2 machines come before");
  CHECK_FALSE(judge(view, "", now).slot);
}

TEST_CASE("where slots are spaced only the first waiter takes the next one") {
  GroupView view = group(3);
  view.policy.spacing = std::chrono::minutes(1);
  view.waiters = {waiter(10, "a"), waiter(11, "b")};
  CHECK(judge(view, "place-a", now).slot);
  CHECK_FALSE(judge(view, "place-b", now).slot);
}

TEST_CASE("priority comes before arrival only where the policy says so") {
  GroupView view = group(1);
  view.waiters = {waiter(10, "a"), waiter(11, "b", 5), waiter(12, "c", 5)};
  CHECK(judge(view, "place-a", now).slot);
  view.policy.order = Order::priority;
  CHECK_FALSE(judge(view, "place-a", now).slot);
  CHECK(judge(view, "place-b", now).slot);
  CHECK_FALSE(judge(view, "place-c", now).slot);
}

TEST_CASE("a shrunk group is over-committed and gives nothing until enough came back") {
  GroupView view = group(1);
  view.slots = {slot(0, "m0"), slot(1, "m1"), slot(4, "m4")};
  view.waiters = {waiter(10, "a")};
  CHECK(over_committed(view) == 2);
  CHECK(explain(view, now) == "3 of 1 slots are taken, by m0, m1, m4");
  view.slots = {slot(4, "m4")};
  CHECK(over_committed(view) == 0);
  CHECK_FALSE(judge(view, "place-a", now).slot);
  view.slots.clear();
  CHECK(judge(view, "place-a", now).slot == 0U);
}

TEST_CASE("no slot is given while the group is paused, resting, frozen or cannot be read") {
  GroupView view = group(1);
  view.waiters = {waiter(10, "a")};
  view.policy.paused = true;
  view.policy.paused_by = "anna: holidays";
  CHECK(judge(view, "place-a", now).why_not == "the group is paused by anna: holidays");
  view.policy.paused = false;
  view.is_resting = true;
  CHECK(state_of(view, now) == GroupState::resting);
  view.is_resting = false;
  view.broken = "slots: ...";
  CHECK(state_of(view, now) == GroupState::broken);
  view.broken.reset();
  view.policy.unhealthy_max = Amount{Amount::Kind::absolute, 1};
  view.machines = {machine("a", true), machine("b", false), machine("c", true, false)};
  CHECK(judge(view, "place-a", now).why_not == "2 machines are unhealthy; at most 1 may be");
  view.policy.unhealthy_max = Amount{Amount::Kind::absolute, 2};
  CHECK(judge(view, "place-a", now).slot);
}

TEST_CASE("a machine that reboots may be away until its deadline") {
  GroupView view = group(1);
  view.machines = {machine("m1", false), machine("m2", true)};
  view.slots = {slot(0, "m1", now + 1)};
  CHECK(unhealthy_machines(view, now) == 0);
  CHECK_FALSE(is_overdue(view.slots[0], now));
  view.slots = {slot(0, "m1", now - 1)};
  CHECK(unhealthy_machines(view, now) == 1);
  CHECK(is_overdue(view.slots[0], now));
}

TEST_CASE("only so many slots are taken away from machines that stay away") {
  GroupView view = group(1);
  view.slots = {slot(0, "m1")};
  view.slots[0].is_past_auto_release = true;
  view.machines = {machine("m1", false), machine("m2", false)};
  CHECK(due_for_auto_release(view) == nullptr);  // nobody opted in
  view.policy.auto_release = AutoRelease{std::chrono::hours(1), 1};
  CHECK(due_for_auto_release(view) == &view.slots[0]);
  view.machines[1].was_auto_released = true;
  CHECK(due_for_auto_release(view) == nullptr);
  view.machines[1].was_auto_released = false;
  view.machines[0] = machine("m1", true);  // it is back and well: it releases its slot itself
  CHECK(due_for_auto_release(view) == nullptr);
}

TEST_CASE("a machine that is heard keeps its slot, however unwell; one that nobody knows counts among the lost") {
  GroupView view = group(2);
  view.policy.auto_release = AutoRelease{std::chrono::hours(1), 1};
  view.slots = {slot(0, "m1"), slot(1, "stranger")};
  view.machines = {machine("m1", true, false)};
  view.slots[0].is_past_auto_release = true;
  CHECK(due_for_auto_release(view) == nullptr);
  view.slots[1].is_past_auto_release = true;
  CHECK(due_for_auto_release(view) == &view.slots[1]);
  view.unknown_lost = 1;
  CHECK(due_for_auto_release(view) == nullptr);
}

TEST_CASE("records are read as they were written, and anything else as nothing") {
  Claim claim{"m1", "boot", "host", "why", "locksmithd", -3, 5, 7, true, 2};
  CHECK(claim_from_json(to_json(claim)) == claim);
  CHECK(claim_from_json(R"({"owner": "h", "note": "n"})").host == "h");
  const Presence presence{"host", "boot", "draining", "hook 1 of 2", false, 9};
  CHECK(presence_from_json(to_json(presence)) == presence);
  const Entry entry{4, Deed::auto_released, "m1", "host", "away", "m2"};
  CHECK(entry_from_json(to_json(entry)) == entry);
  const Wish wish{"kernel", "anna", 2, 8};
  CHECK(wish_from_json(to_json(wish)) == wish);
  for (const char* const text : {"", "[]", "{\"machine\": 7}", "\xff", "{\"deed\": \"danced\"}"}) {
    CHECK(claim_from_json(text) == Claim{});
    CHECK_FALSE(entry_from_json(text));
    CHECK_FALSE(presence_from_json(text).healthy);
  }
}
