#include "conclave/raft/progress.hpp"

#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::raft;

namespace {

Config config_of(std::size_t messages_max, std::size_t bytes_max = 1 << 20) {
  Config config;
  config.self = MemberId(1);
  config.inflight_messages_max = messages_max;
  config.inflight_bytes_max = bytes_max;
  return config;
}

Progress streaming(const Config& config, std::uint64_t match) {
  Progress peer(config, Index(match + 1), 0);
  peer.on_sent(Index(match), 0, Index());
  (void)peer.on_accepted(Index(match));
  REQUIRE(peer.state() == Progress::State::stream);
  return peer;
}

}  // namespace

TEST_CASE("a window is full by messages or by bytes, and acknowledgements make room", "[progress]") {
  Inflight window(2, 100);
  window.add(Index(1), 10);
  CHECK(!window.full());
  window.add(Index(2), 10);
  CHECK(window.full());
  window.free_to(Index(1));
  CHECK(!window.full());
  window.add(Index(3), 200);
  CHECK(window.full());
  window.free_to(Index(3));
  CHECK(window.messages() == 0);
  CHECK(window.bytes() == 0);
}

TEST_CASE("a probe is one append at a time, and the next goes with a heartbeat's answer", "[progress]") {
  const Config config = config_of(4);
  Progress peer(config, Index(5), 0);
  CHECK(peer.may_send());
  peer.on_sent(Index(6), 10, Index());
  CHECK(!peer.may_send());
  CHECK(peer.next() == Index(5));
  peer.on_heartbeat_reply(1);
  CHECK(peer.may_send());
}

TEST_CASE("an acknowledged probe becomes a stream that runs ahead", "[progress]") {
  const Config config = config_of(2);
  Progress peer = streaming(config, 4);
  peer.on_sent(Index(6), 10, Index());
  peer.on_sent(Index(9), 10, Index());
  CHECK(peer.next() == Index(10));
  CHECK(!peer.may_send());
  CHECK(peer.on_accepted(Index(6)));
  CHECK(peer.may_send());
  CHECK(peer.match() == Index(6));
  CHECK(peer.next() == Index(10));
}

TEST_CASE("a refusal of a stream probes where the logs may agree", "[progress]") {
  const Config config = config_of(8);
  Progress peer = streaming(config, 4);
  peer.on_sent(Index(9), 10, Index());
  CHECK(peer.on_refused(Index(9), Index(6)));
  CHECK(peer.state() == Progress::State::probe);
  CHECK(peer.next() == Index(7));
  CHECK(peer.inflight().messages() == 0);
}

TEST_CASE("an old refusal changes nothing", "[progress]") {
  const Config config = config_of(8);
  Progress peer = streaming(config, 4);
  CHECK(!peer.on_refused(Index(4), Index(1)));
  CHECK(!peer.on_refused(Index(5), Index(1)));
  Progress probing(config, Index(9), 0);
  CHECK(!probing.on_refused(Index(5), Index(2)));
  CHECK(probing.next() == Index(9));
}

TEST_CASE("a probe never goes below what is known to match, and always below what was refused", "[progress]") {
  const Config config = config_of(8);
  Progress peer(config, Index(9), 0);
  CHECK(peer.on_refused(Index(8), Index(100)));
  CHECK(peer.next() == Index(8));
  CHECK(peer.on_refused(Index(7), Index(0)));
  CHECK(peer.next() == Index(1));
}

TEST_CASE("a lost message ends a stream, and a broken link does not make a probe spin", "[progress]") {
  const Config config = config_of(8);
  Progress peer = streaming(config, 4);
  peer.on_sent(Index(9), 10, Index());
  peer.on_unreachable();
  CHECK(peer.state() == Progress::State::probe);
  CHECK(peer.next() == Index(5));
  peer.on_sent(Index(9), 10, Index());
  peer.on_unreachable();
  CHECK(!peer.may_send());
}

TEST_CASE("an append that stays unanswered from one heartbeat to the next is asked for", "[progress]") {
  const Config config = config_of(8);
  Progress peer = streaming(config, 4);
  peer.on_sent(Index(9), 10, Index());
  peer.on_heartbeat_reply(1);
  CHECK(!peer.ask);
  peer.on_heartbeat_reply(2);
  CHECK(peer.ask);
  peer.on_sent(Index(9), 0, Index());
  CHECK(!peer.ask);
}

TEST_CASE("after its snapshot a follower is streamed to from there", "[progress]") {
  const Config config = config_of(8);
  Progress peer(config, Index(9), 0);
  peer.start_snapshot(3);
  CHECK(!peer.may_send());
  CHECK(!peer.on_refused(Index(8), Index(1)));
  peer.end_snapshot(Index(40));
  CHECK(peer.state() == Progress::State::stream);
  CHECK(peer.match() == Index(40));
  CHECK(peer.next() == Index(41));
}
