#include "build.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::mvcc;
using namespace conclave::mvcc::test;

TEST_CASE("a repeat of a request is answered as it was and not executed again") {
  World world;
  const LeaseId session = world.open();
  PutOp op = put_of("a", "1");
  op.sequence = true;
  const Response first = world.in_session(session, 1, 1, Op{op});
  world.run(put("b", "2"));
  const Response again = world.in_session(session, 1, 1, Op{op});
  CHECK(again.revision == first.revision);
  CHECK(as<PutResult>(again).key == as<PutResult>(first).key);
  CHECK(world.machine().key_count() == 2);
  CHECK(world.revision() == Revision(2));
  CHECK(world.last().events.empty());
  CHECK(world.replays());
}

TEST_CASE("a repeat is recognised in the same entry too") {
  World world;
  const LeaseId session = world.open();
  Command command{{}, {}, put("a", "1")};
  command.envelope.session = session;
  command.envelope.sequence = RequestSeq(1);
  world.apply({command, command});
  CHECK(world.revision() == Revision(1));
  CHECK(world.last().responses[1].revision == Revision(1));
}

TEST_CASE("a refused outcome is remembered: a repeat does not succeed later") {
  World world;
  const LeaseId session = world.open();
  const Op op = world.keep().txn({exists("a")}, {put("x", "1")});
  PutOp needs = put_of("a", "");
  needs.ignore_value = true;
  CHECK(errc_of(world.in_session(session, 1, 1, Op{needs})) == Errc::key_not_found);
  CHECK_FALSE(as<TxnResult>(world.in_session(session, 2, 1, op)).succeeded);
  world.run(put("a", "1"));
  CHECK(errc_of(world.in_session(session, 1, 1, Op{needs})) == Errc::key_not_found);
  CHECK_FALSE(as<TxnResult>(world.in_session(session, 2, 1, op)).succeeded);
}

TEST_CASE("a fenced outcome is remembered") {
  World world;
  const LeaseId session = world.open();
  const std::vector<Guard> guards{{session, "lock", Revision(1)}};
  Command command{{}, guards, put("data", "1")};
  command.envelope.session = session;
  command.envelope.sequence = RequestSeq(1);
  CHECK(errc_of(world.run(command)) == Errc::fenced);
  world.run(put("lock", "", session));
  CHECK(errc_of(world.run(command)) == Errc::fenced);
  command.envelope.sequence = RequestSeq(2);
  CHECK_FALSE(world.run(command).refused());
}

TEST_CASE("a sequence below the first outstanding one is never executed") {
  World world;
  const LeaseId session = world.open();
  world.in_session(session, 5, 5, put("a", "5"));
  CHECK(errc_of(world.in_session(session, 4, 1, put("a", "4"))) == Errc::stale_sequence);
  CHECK(errc_of(world.in_session(session, 6, 7, put("a", "6"))) == Errc::stale_sequence);
  CHECK(errc_of(world.in_session(session, 0, 0, put("a", "0"))) == Errc::stale_sequence);
  CHECK(world.value("a") == "5");
  CHECK(world.revision() == Revision(1));
}

TEST_CASE("an acknowledged outcome is forgotten and its sequence stale from then on") {
  World world;
  const LeaseId session = world.open();
  world.in_session(session, 1, 1, put("a", "1"));
  world.in_session(session, 2, 2, put("a", "2"));
  CHECK(errc_of(world.in_session(session, 1, 1, put("a", "again"))) == Errc::stale_sequence);
  CHECK(world.value("a") == "2");
  std::size_t outcomes = 0;
  world.machine().for_each_row([&](const Row& row) { outcomes += std::holds_alternative<OutcomeRow>(row) ? 1U : 0U; });
  CHECK(outcomes == 1);
  CHECK(world.replays());
}

TEST_CASE("requests of a session may arrive in any order within the window") {
  World world;
  const LeaseId session = world.open();
  CHECK_FALSE(world.in_session(session, 3, 1, put("c", "3")).refused());
  CHECK_FALSE(world.in_session(session, 1, 1, put("a", "1")).refused());
  CHECK_FALSE(world.in_session(session, 2, 1, put("b", "2")).refused());
  CHECK(world.machine().key_count() == 3);
}

TEST_CASE("a sequence beyond the window is refused and not remembered") {
  World world;
  const LeaseId session = world.open();
  CHECK_FALSE(world.in_session(session, 1024, 1, put("a", "1")).refused());
  CHECK(errc_of(world.in_session(session, 1025, 1, put("a", "2"))) == Errc::sequence_window);
  CHECK(errc_of(world.in_session(session, UINT64_MAX, 1, put("a", "2"))) == Errc::sequence_window);
  CHECK_FALSE(world.in_session(session, 1025, 2, put("a", "3")).refused());
  CHECK(world.value("a") == "3");
}

TEST_CASE("a request of a session that does not exist, is a plain lease, was closed or is dead is refused") {
  World world;
  const LeaseId lease = world.grant();
  const LeaseId closed = world.open();
  world.run(SessionClose{closed});
  const LeaseId dead = world.open(0, milliseconds(5'000));
  CHECK(errc_of(world.in_session(LeaseId(4711), 1, 1, put("a", "1"))) == Errc::session_expired);
  CHECK(errc_of(world.in_session(lease, 1, 1, put("a", "1"))) == Errc::session_expired);
  CHECK(errc_of(world.in_session(closed, 1, 1, put("a", "1"))) == Errc::session_expired);
  world.in_session(dead, 1, 1, put("b", "1"));
  world.advance(milliseconds(5'000));
  CHECK(errc_of(world.in_session(dead, 2, 1, put("a", "1"))) == Errc::session_expired);
  CHECK(errc_of(world.in_session(dead, 1, 1, put("b", "1"))) == Errc::session_expired);
  CHECK(world.value("a") == std::nullopt);
}

TEST_CASE("an opening repeated with its nonce gives the same session while it lives, and counts as a renewal") {
  World world;
  const LeaseId session = world.open(99, milliseconds(5'000));
  world.advance(milliseconds(4'000));
  CHECK(world.open(99, milliseconds(5'000)) == session);
  CHECK(world.machine().session_count() == 1);
  world.advance(milliseconds(4'000));
  CHECK(world.open(99, milliseconds(9'000)) == session);
  world.advance(milliseconds(5'000));
  const LeaseId anew = world.open(99, milliseconds(5'000));
  CHECK(anew != session);
  const std::vector<LeaseId> dead{session};
  world.run(ExpireLeases{dead});
  CHECK(world.open(99) == anew);
  CHECK(world.replays());
}

TEST_CASE("openings without a nonce are different sessions") {
  World world;
  CHECK(world.open() != world.open());
}

TEST_CASE("a closed session takes its keys and outcomes with it") {
  World world;
  const LeaseId session = world.open();
  world.in_session(session, 1, 1, put("a", "1", session));
  world.in_session(session, 2, 1, put("b", "1", session));
  CHECK(std::holds_alternative<SessionClosed>(world.in_session(session, 3, 1, SessionClose{session}).body));
  CHECK(world.machine().key_count() == 0);
  CHECK(world.machine().session_count() == 0);
  CHECK(world.last().events.at(0)->events.at(0).cause == EventCause::lease_revoked);
  CHECK(errc_of(world.in_session(session, 3, 1, SessionClose{session})) == Errc::session_expired);
  CHECK(world.replays());
}

TEST_CASE("closing what is no session is refused") {
  World world;
  const LeaseId lease = world.grant();
  CHECK(errc_of(world.run(SessionClose{lease})) == Errc::session_expired);
  CHECK(errc_of(world.run(SessionClose{LeaseId(1)})) == Errc::session_expired);
  CHECK(world.machine().lease_count() == 1);
}

TEST_CASE("a large outcome is kept as its revision and whether it succeeded") {
  World world;
  const LeaseId session = world.open();
  const std::string value(2'000, 'v');
  world.run(put("a", value));
  const Op succeeds = world.keep().txn({exists("a")}, {get("a"), put("b", "1")});
  const Op fails = world.keep().txn({missing("a")}, {}, {get("a"), put("c", "1")});
  CHECK(as<TxnResult>(world.in_session(session, 1, 1, succeeds)).results.size() == 2);
  CHECK_FALSE(as<TxnResult>(world.in_session(session, 2, 1, fails)).succeeded);
  world.in_session(session, 3, 1, get("a"));
  world.run(put("z", ""));

  Response again = world.in_session(session, 1, 1, succeeds);
  CHECK(as<AppliedEarlier>(again).succeeded);
  CHECK(again.revision == Revision(2));
  again = world.in_session(session, 2, 1, fails);
  CHECK_FALSE(as<AppliedEarlier>(again).succeeded);
  CHECK(again.revision == Revision(3));
  CHECK(as<AppliedEarlier>(world.in_session(session, 3, 1, get("a"))).succeeded);
  CHECK(world.revision() == Revision(4));
}

TEST_CASE("an outcome survives a restart from rows") {
  World world;
  const LeaseId session = world.open();
  const Response first = world.in_session(session, 1, 1, put("a", "1"));
  Machine restarted = world.rows().restored(world.config());
  Command command{{}, {}, put("a", "1")};
  command.envelope.session = session;
  command.envelope.sequence = RequestSeq(1);
  const ApplyResult result = restarted.apply(restarted.applied().next(), Term(2), Batch{MachineVersion(1), {}, {&command, 1}});
  CHECK(result.responses[0].revision == first.revision);
  CHECK(restarted.revision() == Revision(1));
}

TEST_CASE("a session is renewed, listed and expired like any lease") {
  World world;
  const LeaseId session = world.open(1, milliseconds(5'000));
  world.run(put("a", "1", session));
  CHECK(world.machine().lease(session, false)->session);
  world.advance(milliseconds(4'000));
  const std::vector<LeaseId> ids{session};
  CHECK(as<LeaseRenewed>(world.run(LeaseRenew{ids})).rows[0].ttl == milliseconds(5'000));
  world.advance(milliseconds(5'000));
  CHECK(world.machine().leases_due(world.now(), 1) == ids);
  world.run(ExpireLeases{ids});
  CHECK(world.machine().session_count() == 0);
  CHECK(world.machine().key_count() == 0);
  CHECK(world.replays());
}
