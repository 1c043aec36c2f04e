#include "build.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::mvcc;
using namespace conclave::mvcc::test;

namespace {

struct Lock {
  World world;
  LeaseId lease = world.grant(milliseconds(10'000));
  Revision created = world.run(put("lock", "me", lease)).revision;
  Guard guard{lease, "lock", created};
};

}  // namespace

TEST_CASE("a guarded write happens while the key hangs on the living lease") {
  Lock lock;
  CHECK_FALSE(lock.world.guarded({lock.guard}, put("data", "1")).refused());
  CHECK(lock.world.value("data") == "1");
  CHECK(lock.world.machine().guards_hold(std::vector{lock.guard}));
}

TEST_CASE("a guard goes on holding after a change of the key that leaves its lease") {
  Lock lock;
  lock.world.run(put("lock", "me again", lock.lease));
  CHECK_FALSE(lock.world.guarded({lock.guard}, put("data", "1")).refused());
}

TEST_CASE("a guard fails when its key is gone, was made anew, hangs elsewhere or nowhere") {
  Lock lock;
  World& world = lock.world;
  const LeaseId other = world.grant();
  const auto fenced = [&](const Guard& guard) {
    const Revision before = world.revision();
    const Response response = world.guarded({guard}, put("data", "1"));
    CHECK(response.revision == before);
    CHECK(world.revision() == before);
    CHECK(world.last().events.empty());
    CHECK_FALSE(world.machine().guards_hold(std::vector{guard}));
    return errc_of(response) == Errc::fenced;
  };
  CHECK(fenced({lock.lease, "missing", lock.created}));
  CHECK(fenced({lock.lease, "lock", lock.created.next()}));
  CHECK(fenced({other, "lock", lock.created}));
  CHECK(fenced({LeaseId(), "lock", lock.created}));
  world.run(put("lock", "stolen", other));
  CHECK(fenced(lock.guard));
  world.run(erase(one("lock")));
  world.run(put("lock", "new", lock.lease));
  CHECK(fenced(lock.guard));
  CHECK(world.value("data") == std::nullopt);
}

TEST_CASE("a guard without a lease holds only for a key on none") {
  World world;
  const Revision created = world.run(put("plain", "1")).revision;
  CHECK_FALSE(world.guarded({{LeaseId(), "plain", created}}, put("data", "1")).refused());
}

TEST_CASE("a guard fails from the first entry stamped at the lease's deadline on, before anything has removed the lease") {
  Lock lock;
  lock.world.advance(milliseconds(9'999));
  CHECK_FALSE(lock.world.guarded({lock.guard}, put("data", "1")).refused());
  lock.world.advance(milliseconds(1));
  CHECK(errc_of(lock.world.guarded({lock.guard}, put("data", "2"))) == Errc::fenced);
  CHECK(lock.world.machine().get("lock") != nullptr);
  CHECK(lock.world.value("data") == "1");
}

TEST_CASE("several guards must all hold") {
  Lock lock;
  const Revision created = lock.world.run(put("plain", "1")).revision;
  const Guard plain{LeaseId(), "plain", created};
  CHECK_FALSE(lock.world.guarded({lock.guard, plain}, put("data", "1")).refused());
  CHECK(errc_of(lock.world.guarded({lock.guard, {LeaseId(), "plain", created.next()}}, put("data", "2"))) == Errc::fenced);
  CHECK(lock.world.value("data") == "1");
}

TEST_CASE("a guard is evaluated before the command changes anything") {
  Lock lock;
  Keep& keep = lock.world.keep();
  CHECK_FALSE(lock.world.guarded({lock.guard}, erase(one("lock"))).refused());
  CHECK(lock.world.machine().get("lock") == nullptr);
  CHECK(errc_of(lock.world.guarded({lock.guard}, keep.txn({}, {put("lock", "me", lock.lease)}))) == Errc::fenced);
}

TEST_CASE("guards fence every kind of command") {
  Lock lock;
  const Guard broken{lock.lease, "missing", Revision(1)};
  const LeaseId other = lock.world.grant();
  const LeaseId session = lock.world.open();
  const std::vector<LeaseId> ids{other};
  const std::vector<CommandBody> bodies = {get("a"),
                                           LeaseGrant{{}, milliseconds(5'000), {}, {}},
                                           LeaseRevoke{other},
                                           LeaseRenew{ids},
                                           SessionOpen{1, milliseconds(5'000), {}, {}},
                                           SessionClose{session},
                                           Compact{Revision(1)}};
  for (const CommandBody& body : bodies) CHECK(errc_of(lock.world.guarded({broken}, body)) == Errc::fenced);
  CHECK(lock.world.machine().lease_count() == 3);
  CHECK(lock.world.machine().compacted().is_zero());
}

TEST_CASE("more guards than the limit are refused with both numbers") {
  Lock lock;
  const std::vector<Guard> guards(17, lock.guard);
  const Response response = lock.world.guarded(guards, put("data", "1"));
  CHECK(errc_of(response) == Errc::too_large);
  CHECK(context_of(response) == "17 guards; the limit is 16");
}
