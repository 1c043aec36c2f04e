#include "membership_flat.hpp"

namespace conclave::codec {

namespace {

flatbuffers::Offset<flatbuffers::Vector<std::uint64_t>> write_ids(Builder& builder, const std::vector<MemberId>& ids) {
  if (ids.empty()) return 0;
  std::uint64_t* out = nullptr;
  const auto vector = builder.CreateUninitializedVector<std::uint64_t>(ids.size(), &out);
  for (std::size_t i = 0; i < ids.size(); ++i) out[i] = flatbuffers::EndianScalar(ids[i].value());
  return vector;
}

bool read_ids(const flatbuffers::Vector<std::uint64_t>* wire, std::vector<MemberId>& out) {
  if (wire == nullptr) return true;
  if (wire->size() > protocol::members_max) return false;
  out.reserve(wire->size());
  MemberId before;
  for (flatbuffers::uoffset_t i = 0; i < wire->size(); ++i) {
    const MemberId id(protocol::number_at(*wire, i));
    if (id <= before) return false;
    before = id;
    out.push_back(before);
  }
  return true;
}

bool read_text(const flatbuffers::String* wire, std::size_t bytes_max, std::string& out) {
  const ByteView view = view_of(wire);
  if (view.size() > bytes_max) return false;
  out = std::string(view);
  return true;
}

bool read_members(const flatbuffers::Vector<flatbuffers::Offset<wire::Member>>* wire, std::vector<raft::Member>& out) {
  if (wire == nullptr) return true;
  if (wire->size() > protocol::members_max) return false;
  out.reserve(wire->size());
  MemberId before;
  for (const wire::Member* one : *wire) {
    raft::Member member;
    member.id = MemberId(one->id());
    member.incarnation = Incarnation(one->incarnation());
    if (member.id <= before) return false;
    before = member.id;
    if (!read_text(one->name(), protocol::name_bytes_max, member.name)) return false;
    if (!read_text(one->peer_address(), protocol::address_bytes_max, member.peer_address)) return false;
    if (!read_text(one->client_address(), protocol::address_bytes_max, member.client_address)) return false;
    if (!read_text(one->http_address(), protocol::address_bytes_max, member.http_address)) return false;
    out.push_back(std::move(member));
  }
  return true;
}

}  // namespace

flatbuffers::Offset<wire::Membership> write_membership(Builder& builder, const raft::Membership& membership) {
  std::vector<flatbuffers::Offset<wire::Member>> members;
  members.reserve(membership.members.size());
  for (const raft::Member& member : membership.members) {
    const auto name = text_of(builder, member.name);
    const auto peer_address = text_of(builder, member.peer_address);
    const auto client_address = text_of(builder, member.client_address);
    const auto http_address = text_of(builder, member.http_address);
    members.push_back(wire::CreateMember(builder, member.id.value(), member.incarnation.value(), name, peer_address, client_address,
                                         http_address));
  }
  const auto voters = write_ids(builder, membership.voters);
  const auto outgoing = write_ids(builder, membership.outgoing);
  const auto learners = write_ids(builder, membership.learners);
  const auto learners_next = write_ids(builder, membership.learners_next);
  return wire::CreateMembership(builder, voters, outgoing, learners, learners_next, builder.CreateVector(members));
}

Result<raft::Membership> read_membership(const wire::Membership& wire) {
  raft::Membership membership;
  const bool ids = read_ids(wire.voters(), membership.voters) && read_ids(wire.outgoing(), membership.outgoing) &&
                   read_ids(wire.learners(), membership.learners) && read_ids(wire.learners_next(), membership.learners_next);
  if (!ids || !read_members(wire.members(), membership.members)) return fail(Errc::malformed, "a membership that breaks its rules");
  return membership;
}

Bytes membership_buffer(const raft::Membership& membership) {
  Builder builder(1024);
  builder.Finish(write_membership(builder, membership));
  return Bytes::copy_of(view_of(builder));
}

Result<raft::Membership> read_membership_buffer(ByteView bytes) {
  const auto* table = verified<wire::Membership>(bytes, membership_verify);
  if (table == nullptr) return fail(Errc::malformed, "a membership that does not verify");
  return read_membership(*table);
}

}  // namespace conclave::codec
