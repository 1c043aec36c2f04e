#include "txn.hpp"

#include "client.hpp"
#include "kv.hpp"

namespace conclave::c {
namespace {

/// Changes the transaction unless something is wrong with the arguments.
template <class Change>
conclave_code build(conclave_txn* txn, Change change) {
  return guarded(nullptr, [&] {
    Arguments in;
    in.require(txn != nullptr, "txn is NULL");
    change(in);
    return in.error() ? report(nullptr, *in.error()) : CONCLAVE_OK;
  });
}

void add(conclave_txn* txn, Arguments& in, Compare compare) {
  if (!in.error()) txn->txn.when(std::move(compare));
}

void add(conclave_txn* txn, Arguments& in, conclave_branch branch, Op op) {
  in.require(branch == CONCLAVE_THEN || branch == CONCLAVE_ELSE, "an unknown branch");
  if (in.error()) return;
  (branch == CONCLAVE_THEN ? txn->txn.success : txn->txn.failure).push_back(std::move(op));
}

Request commit_request(Arguments& in, const conclave_txn* txn, const conclave_txn_options* given) {
  const conclave_txn_options options = in.options(given);
  in.require(txn != nullptr, "txn is NULL");
  in.require(options.age_ms >= 0, "age_ms is negative");
  Txn copy = txn == nullptr ? Txn{} : txn->txn;
  auto guards = in.guards(options.guards, options.guards_size);
  if (!options.read_only) return Write{std::move(copy), std::move(guards)};
  return Read{std::move(copy), in.choice<Consistency>(options.consistency, CONCLAVE_AT_MOST_OLD, "an unknown consistency"),
              Revision(options.at_least), std::chrono::milliseconds(options.age_ms), std::move(guards)};
}

}  // namespace
}  // namespace conclave::c

using conclave::Compare;
using conclave::Revision;
using conclave::c::Arguments;
using conclave::c::build;

extern "C" {

conclave_txn* conclave_txn_new(void) { return new (std::nothrow) conclave_txn; }
void conclave_txn_free(conclave_txn* txn) { delete txn; }

conclave_code conclave_txn_compare(conclave_txn* txn, conclave_keys keys, conclave_compare_target target,
                                   conclave_relation relation, uint64_t number, conclave_bytes value) {
  return build(txn, [&](Arguments& in) {
    Compare compare;
    compare.keys = in.keys(keys);
    compare.target = in.choice<Compare::Target>(target, CONCLAVE_COMPARE_EXISTENCE, "an unknown target of a condition");
    compare.relation = in.choice<Compare::Relation>(relation, CONCLAVE_GREATER, "an unknown relation");
    compare.number = number;
    compare.value = in.bytes(value, "the value of a condition");
    conclave::c::add(txn, in, std::move(compare));
  });
}
conclave_code conclave_txn_if_exists(conclave_txn* txn, conclave_bytes key) {
  return build(txn, [&](Arguments& in) { conclave::c::add(txn, in, Compare::exists(in.bytes(key, "the key"))); });
}
conclave_code conclave_txn_if_missing(conclave_txn* txn, conclave_bytes key) {
  return build(txn, [&](Arguments& in) { conclave::c::add(txn, in, Compare::missing(in.bytes(key, "the key"))); });
}
conclave_code conclave_txn_if_value(conclave_txn* txn, conclave_bytes key, conclave_bytes value) {
  return build(txn, [&](Arguments& in) {
    conclave::c::add(txn, in, Compare::value_is(in.bytes(key, "the key"), in.bytes(value, "the value")));
  });
}
conclave_code conclave_txn_if_mod_revision(conclave_txn* txn, conclave_bytes key, conclave_revision revision) {
  return build(txn, [&](Arguments& in) {
    conclave::c::add(txn, in, Compare::mod_revision_is(in.bytes(key, "the key"), Revision(revision)));
  });
}
conclave_code conclave_txn_if_create_revision(conclave_txn* txn, conclave_bytes key, conclave_revision revision) {
  return build(txn, [&](Arguments& in) {
    conclave::c::add(txn, in, Compare::create_revision_is(in.bytes(key, "the key"), Revision(revision)));
  });
}

conclave_code conclave_txn_put(conclave_txn* txn, conclave_branch branch, conclave_bytes key, conclave_bytes value,
                               const conclave_put_options* options) {
  return build(txn, [&](Arguments& in) {
    const conclave_put_options known = in.options(options);
    in.require(known.guards_size == 0, "guards belong to the whole transaction");
    conclave::c::add(txn, in, branch, conclave::c::put_op(in, key, value, known));
  });
}
conclave_code conclave_txn_range(conclave_txn* txn, conclave_branch branch, conclave_keys keys,
                                 const conclave_range_options* options) {
  return build(txn, [&](Arguments& in) {
    const conclave_range_options known = in.options(options);
    in.require(known.guards_size == 0, "guards belong to the whole transaction");
    conclave::c::add(txn, in, branch, conclave::c::range_op(in, keys, known));
  });
}
conclave_code conclave_txn_delete(conclave_txn* txn, conclave_branch branch, conclave_keys keys,
                                  const conclave_delete_options* options) {
  return build(txn, [&](Arguments& in) {
    const conclave_delete_options known = in.options(options);
    in.require(known.guards_size == 0, "guards belong to the whole transaction");
    conclave::c::add(txn, in, branch, conclave::c::delete_op(in, keys, known));
  });
}
conclave_code conclave_txn_nest(conclave_txn* txn, conclave_branch branch, const conclave_txn* inner) {
  return build(txn, [&](Arguments& in) {
    in.require(inner != nullptr, "the inner transaction is NULL");
    if (inner != nullptr) conclave::c::add(txn, in, branch, conclave::Txn(inner->txn));
  });
}

conclave_code conclave_txn_commit(conclave_client* client, const conclave_txn* txn, const conclave_txn_options* options,
                                  int64_t timeout_ms, conclave_reply** reply, conclave_error* error) {
  return conclave::c::blocking(client, timeout_ms, reply, error,
                               [&](Arguments& in) { return conclave::c::commit_request(in, txn, options); });
}
conclave_code conclave_txn_commit_async(conclave_client* client, const conclave_txn* txn, const conclave_txn_options* options,
                                        int64_t timeout_ms, conclave_reply_callback done, void* user) {
  return conclave::c::starting(client, timeout_ms, done, user,
                               [&](Arguments& in) { return conclave::c::commit_request(in, txn, options); });
}

}  // extern "C"
