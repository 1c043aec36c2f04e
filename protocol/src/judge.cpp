#include "conclave/protocol/handshake.hpp"

namespace conclave::protocol {

namespace {

Unexpected other_cluster(ClusterId expected, ClusterId own) {
  return fail(Errc::wrong_cluster, "expected cluster " + to_string(expected) + ", this is " + to_string(own));
}
Unexpected other_member(MemberId expected, MemberId own) {
  return fail(Errc::wrong_member, "expected member " + to_string(expected) + ", this is " + to_string(own));
}
Unexpected other_incarnation(MemberId member, Incarnation expected, Incarnation actual) {
  return fail(Errc::wrong_member, "member " + to_string(member) + " is known with the data directory " + to_string(expected) +
                                      ", and this one is " + to_string(actual));
}
/// Zero means "not known", which fits everything.
bool differ(Incarnation one, Incarnation other) { return !one.is_zero() && !other.is_zero() && one != other; }

}  // namespace

Result<std::uint16_t> judge(const ClientHello& hello, const OwnIdentity& self) {
  const auto version = choose_version(hello.version_min, hello.version_max);
  if (!version) return version;
  if (!hello.cluster.is_zero() && hello.cluster != self.cluster) return other_cluster(hello.cluster, self.cluster);
  if (!hello.member.is_zero() && hello.member != self.member) return other_member(hello.member, self.member);
  return version;
}

Result<std::uint16_t> judge(const PeerHello& hello, const OwnIdentity& self, Incarnation recorded) {
  const auto version = choose_version(hello.version_min, hello.version_max);
  if (!version) return version;
  if (hello.token_hash != self.token_hash) return fail(Errc::wrong_cluster, "the cluster tokens differ");
  const bool cluster_unknown = hello.probe && hello.cluster.is_zero();
  if (!cluster_unknown && hello.cluster != self.cluster) return other_cluster(hello.cluster, self.cluster);
  if (!hello.expected_member.is_zero() && hello.expected_member != self.member)
    return other_member(hello.expected_member, self.member);
  if (hello.member == self.member) return fail(Errc::wrong_member, "the sender claims to be this member");
  // A probe comes from an empty directory that asks whether it may start: it must get its answer although it is not the recorded
  // one.
  if (!hello.probe && differ(recorded, hello.incarnation)) return other_incarnation(hello.member, recorded, hello.incarnation);
  if (differ(hello.known_incarnation, self.incarnation)) {
    return other_incarnation(self.member, hello.known_incarnation, self.incarnation);
  }
  return version;
}

Result<void> judge(const PeerWelcome& welcome, const PeerHello& sent) {
  if (welcome.token_hash != sent.token_hash) return fail(Errc::wrong_cluster, "the cluster tokens differ");
  if (!sent.cluster.is_zero() && welcome.cluster != sent.cluster) return other_cluster(sent.cluster, welcome.cluster);
  if (!sent.expected_member.is_zero() && welcome.member != sent.expected_member)
    return other_member(sent.expected_member, welcome.member);
  if (differ(sent.known_incarnation, welcome.incarnation)) {
    return other_incarnation(welcome.member, sent.known_incarnation, welcome.incarnation);
  }
  if (!sent.probe && differ(welcome.known_incarnation, sent.incarnation)) {
    return other_incarnation(sent.member, welcome.known_incarnation, sent.incarnation);
  }
  return {};
}

}  // namespace conclave::protocol
