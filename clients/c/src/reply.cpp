#include "reply.hpp"

namespace conclave::c {

conclave_bytes bytes_of(const std::string& text) { return {text.data(), text.size()}; }

conclave_kv kv_of(const KeyValue& kv) {
  return {bytes_of(kv.key), bytes_of(kv.value), kv.create_revision.value(), kv.mod_revision.value(), kv.version, kv.lease.value()};
}

namespace {

/// Adds a lease of which no more is known than its times.
conclave_lease_info& add_lease(conclave_reply& to, LeaseId id, std::chrono::milliseconds granted,
                               std::chrono::milliseconds remaining) {
  to.kind = CONCLAVE_REPLY_LEASES;
  return to.leases.emplace_back(conclave_lease_info{id.value(), granted.count(), remaining.count(), "", "", false, 0, nullptr, 0});
}

/// Sets up the views for each kind of answer.
struct Fill {
  conclave_reply& to;

  void operator()(const RangeResult& from) const {
    to.kind = CONCLAVE_REPLY_RANGE;
    to.count = from.count;
    to.more = from.more;
    to.next_key = bytes_of(from.next_key);
    for (const KeyValue& kv : from.kvs) to.kvs.push_back(kv_of(kv));
  }
  void operator()(const PutResult& from) const {
    to.kind = CONCLAVE_REPLY_PUT;
    to.key = bytes_of(from.key);
    if (from.previous) to.kvs.push_back(kv_of(*from.previous));
  }
  void operator()(const DeleteResult& from) const {
    to.kind = CONCLAVE_REPLY_DELETE;
    to.count = from.deleted;
    for (const KeyValue& kv : from.previous) to.kvs.push_back(kv_of(kv));
  }
  void operator()(const TxnResult& from) const {
    to.kind = CONCLAVE_REPLY_TXN;
    to.succeeded = from.succeeded;
    for (const OpResult& result : from.results) to.results.push_back(std::make_unique<conclave_reply>(to, result));
  }
  void operator()(const LeaseGranted& from) const { add_lease(to, from.id, from.ttl, from.ttl); }
  void operator()(const LeaseRenewed& from) const {
    for (const LeaseRenewed::Row& row : from.rows) add_lease(to, row.id, row.ttl, row.ttl);
    to.kind = CONCLAVE_REPLY_LEASES;
  }
  void operator()(const LeaseInfo& from) const {
    conclave_lease_info& info = add_lease(to, from.id, from.granted, from.remaining);
    info.owner = from.owner.c_str();
    info.note = from.note.c_str();
    info.session = from.session;
    info.key_count = from.key_count;
    std::vector<conclave_bytes> keys;
    for (const std::string& key : from.keys) keys.push_back(bytes_of(key));
    to.lease_keys.push_back(std::move(keys));  // its elements stay where they are when the outer vector grows
    info.keys = to.lease_keys.back().data();
    info.keys_size = to.lease_keys.back().size();
  }
  void operator()(const LeasePage& from) const {
    for (const LeaseInfo& info : from.leases) (*this)(info);
    to.kind = CONCLAVE_REPLY_LEASES;
    to.next_lease = from.next.value();
    to.more = !from.next.is_zero();
  }
  void operator()(const LeaseRevoked& from) const {
    to.kind = CONCLAVE_REPLY_COUNT;
    to.count = from.keys_deleted;
  }
  void operator()(const Status& from) const {
    to.kind = CONCLAVE_REPLY_STATUS;
    for (const std::string& alarm : from.alarms) to.alarms.push_back(alarm.c_str());
    to.status = std::make_unique<conclave_status>(conclave_status{
        from.name.c_str(),    from.role.c_str(),     from.version.c_str(),   from.member.value(),    from.leader.value(),
        from.cluster.value(), from.term.value(),     from.index.value(),     from.committed.value(), from.applied.value(),
        from.durable.value(), from.revision.value(), from.compacted.value(), from.db_size,           from.data_bytes,
        from.key_count,       from.lease_count,      from.watch_count,       from.connection_count,  from.cluster_time_millis,
        from.machine_version, to.alarms.data(),      to.alarms.size()});
  }
  void operator()(const MemberList& from) const {
    to.kind = CONCLAVE_REPLY_MEMBERS;
    for (const Member& member : from.members)
      to.members.push_back(
          {member.id.value(), member.name.c_str(), member.peer_address.c_str(), member.client_address.c_str(), member.voter});
  }
  void operator()(const StateHash& from) const {
    to.kind = CONCLAVE_REPLY_HASH;
    to.hash = std::make_unique<conclave_hash>(conclave_hash{from.applied.value(), from.revision.value(), from.hash});
  }
  void operator()(const Compacted&) const { to.kind = CONCLAVE_REPLY_ACKNOWLEDGED; }
  void operator()(const AppliedEarlier&) const { to.kind = CONCLAVE_REPLY_ACKNOWLEDGED; }
  void operator()(const Acknowledged&) const { to.kind = CONCLAVE_REPLY_ACKNOWLEDGED; }
};

}  // namespace
}  // namespace conclave::c

conclave_reply::conclave_reply(conclave::Reply reply) : root(this), source(std::move(reply)) {
  const conclave::Header& from = source.header;
  header = {from.cluster.value(), from.member.value(), from.leader.value(), from.term.value(), from.revision.value()};
  std::visit(conclave::c::Fill{*this}, source.body);
}

conclave_reply::conclave_reply(conclave_reply& parent, const conclave::OpResult& result)
    : root(parent.root), header(parent.header) {
  std::visit(conclave::c::Fill{*this}, result.body);
}
