#include "reply.hpp"

namespace {

template <class T>
const T* at(const std::vector<T>* rows, std::size_t position) {
  return rows != nullptr && position < rows->size() ? &(*rows)[position] : nullptr;
}

/// A field of the reply, or nothing of NULL.
template <class T>
T field(const conclave_reply* reply, T conclave_reply::*member) {
  return reply == nullptr ? T{} : reply->*member;
}
template <class T>
const T* rows(const conclave_reply* reply, T conclave_reply::*member) {
  return reply == nullptr ? nullptr : &(reply->*member);
}

}  // namespace

extern "C" {

void conclave_reply_free(conclave_reply* reply) {
  if (reply != nullptr && --reply->root->owners == 0) delete reply->root;
}
conclave_reply* conclave_reply_keep(const conclave_reply* reply) {
  if (reply != nullptr) ++reply->root->owners;
  return const_cast<conclave_reply*>(reply);  // the handle of an owner, which may free it
}

conclave_reply_kind conclave_reply_kind_of(const conclave_reply* reply) { return field(reply, &conclave_reply::kind); }
const conclave_header* conclave_reply_header(const conclave_reply* reply) { return rows(reply, &conclave_reply::header); }
size_t conclave_reply_kvs(const conclave_reply* reply) { return reply == nullptr ? 0 : reply->kvs.size(); }
const conclave_kv* conclave_reply_kv(const conclave_reply* reply, size_t position) {
  return at(rows(reply, &conclave_reply::kvs), position);
}
uint64_t conclave_reply_count(const conclave_reply* reply) { return field(reply, &conclave_reply::count); }
bool conclave_reply_more(const conclave_reply* reply) { return field(reply, &conclave_reply::more); }
conclave_bytes conclave_reply_next_key(const conclave_reply* reply) { return field(reply, &conclave_reply::next_key); }
conclave_bytes conclave_reply_key(const conclave_reply* reply) { return field(reply, &conclave_reply::key); }
bool conclave_reply_succeeded(const conclave_reply* reply) { return field(reply, &conclave_reply::succeeded); }
size_t conclave_reply_results(const conclave_reply* reply) { return reply == nullptr ? 0 : reply->results.size(); }
const conclave_reply* conclave_reply_result(const conclave_reply* reply, size_t position) {
  const auto* result = at(rows(reply, &conclave_reply::results), position);
  return result == nullptr ? nullptr : result->get();
}
size_t conclave_reply_leases(const conclave_reply* reply) { return reply == nullptr ? 0 : reply->leases.size(); }
const conclave_lease_info* conclave_reply_lease(const conclave_reply* reply, size_t position) {
  return at(rows(reply, &conclave_reply::leases), position);
}
conclave_lease_id conclave_reply_next_lease(const conclave_reply* reply) { return field(reply, &conclave_reply::next_lease); }
const conclave_status* conclave_reply_status(const conclave_reply* reply) {
  return reply == nullptr ? nullptr : reply->status.get();
}
size_t conclave_reply_members(const conclave_reply* reply) { return reply == nullptr ? 0 : reply->members.size(); }
const conclave_member* conclave_reply_member(const conclave_reply* reply, size_t position) {
  return at(rows(reply, &conclave_reply::members), position);
}
const conclave_hash* conclave_reply_hash(const conclave_reply* reply) { return reply == nullptr ? nullptr : reply->hash.get(); }

}  // extern "C"
