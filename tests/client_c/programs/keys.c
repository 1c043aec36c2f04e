/* Keys, ranges, guards and transactions, blocking. Argument: the endpoints. */
#include "check.h"

static void puts_and_gets(conclave_client* client) {
  conclave_error error;
  conclave_reply* reply = NULL;
  WORKS(conclave_put(client, conclave_text("k/a"), conclave_text("1"), NULL, 10000, &reply, &error));
  CHECK(conclave_reply_kind_of(reply) == CONCLAVE_REPLY_PUT);
  const conclave_revision first = conclave_reply_header(reply)->revision;
  CHECK(first > 0);
  conclave_reply_free(reply);

  conclave_put_options options = CONCLAVE_PUT_OPTIONS;
  options.want_previous = true;
  WORKS(conclave_put(client, conclave_text("k/a"), conclave_data("2\0x", 3), &options, CONCLAVE_DEFAULT_TIMEOUT, &reply, &error));
  CHECK(conclave_reply_kvs(reply) == 1);
  CHECK(same(conclave_reply_kv(reply, 0)->value, "1"));
  conclave_reply_free(reply);

  WORKS(conclave_get(client, conclave_text("k/a"), NULL, 10000, &reply, &error));
  CHECK(conclave_reply_kvs(reply) == 1);
  const conclave_kv* kv = conclave_reply_kv(reply, 0);
  CHECK(kv->value.size == 3 && memcmp(kv->value.data, "2\0x", 3) == 0);
  CHECK(((const char*)kv->value.data)[3] == 0);
  CHECK(kv->create_revision == first && kv->mod_revision == first + 1 && kv->version == 2 && kv->lease == 0);
  CHECK(conclave_reply_kv(reply, 1) == NULL);
  conclave_reply_free(reply);

  conclave_range_options old = CONCLAVE_RANGE_OPTIONS;
  old.at = first;
  WORKS(conclave_get(client, conclave_text("k/a"), &old, 10000, &reply, &error));
  CHECK(same(conclave_reply_kv(reply, 0)->value, "1"));
  conclave_reply_free(reply);

  WORKS(conclave_get(client, conclave_text("k/none"), NULL, 10000, &reply, &error));
  CHECK(conclave_reply_kvs(reply) == 0 && conclave_reply_kv(reply, 0) == NULL);
  conclave_reply_free(reply);

  options.want_previous = false;
  options.ignore_value = true;
  CHECK(conclave_put(client, conclave_text("k/none"), conclave_text(NULL), &options, 10000, NULL, &error) ==
        CONCLAVE_KEY_NOT_FOUND);
  CHECK(error.certainty == CONCLAVE_DEFINITE);
  CHECK(strncmp(error.message, "key not found", 13) == 0);

  conclave_put_options sequence = CONCLAVE_PUT_OPTIONS;
  sequence.sequence = true;
  WORKS(conclave_put(client, conclave_text("s/"), conclave_text("x"), &sequence, 10000, &reply, &error));
  CHECK(conclave_reply_key(reply).size > 2);
  conclave_reply_free(reply);
}

static void ranges(conclave_client* client) {
  conclave_error error;
  conclave_reply* reply = NULL;
  char key[16];
  for (int i = 0; i < 10; ++i) {
    snprintf(key, sizeof key, "r/%d", i);
    WORKS(conclave_put(client, conclave_text(key), conclave_text("v"), NULL, 10000, NULL, &error));
  }
  conclave_range_options options = CONCLAVE_RANGE_OPTIONS;
  options.limit = 4;
  options.keys_only = true;
  int seen = 0;
  conclave_keys keys = conclave_prefix(conclave_text("r/"));
  WORKS(conclave_range(client, keys, &options, 10000, &reply, &error));
  CHECK(conclave_reply_count(reply) == 10 && conclave_reply_more(reply));
  options.at = conclave_reply_header(reply)->revision;
  while (true) {
    for (size_t i = 0; i < conclave_reply_kvs(reply); ++i, ++seen) {
      snprintf(key, sizeof key, "r/%d", seen);
      CHECK(same(conclave_reply_kv(reply, i)->key, key));
      CHECK(conclave_reply_kv(reply, i)->value.size == 0);
    }
    if (!conclave_reply_more(reply)) break;
    conclave_reply* const page = reply; /* the key to go on with belongs to it */
    keys = conclave_between(conclave_reply_next_key(page), conclave_text("r0"));
    WORKS(conclave_range(client, keys, &options, 10000, &reply, &error));
    conclave_reply_free(page);
  }
  CHECK(seen == 10);
  conclave_reply_free(reply);

  conclave_range_options backwards = CONCLAVE_RANGE_OPTIONS;
  backwards.descending = true;
  backwards.limit = 1;
  backwards.consistency = CONCLAVE_SERIALIZABLE;
  WORKS(conclave_range(client, conclave_prefix(conclave_text("r/")), &backwards, 10000, &reply, &error));
  CHECK(same(conclave_reply_kv(reply, 0)->key, "r/9"));
  conclave_reply_free(reply);

  conclave_delete_options deletion = CONCLAVE_DELETE_OPTIONS;
  deletion.want_previous = true;
  WORKS(conclave_delete(client, conclave_from(conclave_text("r/8")), &deletion, 10000, &reply, &error));
  CHECK(conclave_reply_count(reply) >= 2 && conclave_reply_kvs(reply) == conclave_reply_count(reply));
  conclave_reply_free(reply);
  WORKS(conclave_delete(client, conclave_one(conclave_text("r/8")), NULL, 10000, &reply, &error));
  CHECK(conclave_reply_count(reply) == 0);
  conclave_reply_free(reply);
}

static void transactions(conclave_client* client) {
  conclave_error error;
  conclave_reply* reply = NULL;
  conclave_txn* inner = conclave_txn_new();
  CHECK(conclave_txn_if_value(inner, conclave_text("t/a"), conclave_text("1")) == CONCLAVE_OK);
  CHECK(conclave_txn_put(inner, CONCLAVE_THEN, conclave_text("t/b"), conclave_text("2"), NULL) == CONCLAVE_OK);
  conclave_txn* txn = conclave_txn_new();
  CHECK(conclave_txn_if_missing(txn, conclave_text("t/a")) == CONCLAVE_OK);
  CHECK(conclave_txn_put(txn, CONCLAVE_THEN, conclave_text("t/a"), conclave_text("1"), NULL) == CONCLAVE_OK);
  CHECK(conclave_txn_nest(txn, CONCLAVE_THEN, inner) == CONCLAVE_OK);
  CHECK(conclave_txn_range(txn, CONCLAVE_ELSE, conclave_prefix(conclave_text("t/")), NULL) == CONCLAVE_OK);
  conclave_txn_free(inner);

  WORKS(conclave_txn_commit(client, txn, NULL, 10000, &reply, &error));
  CHECK(conclave_reply_succeeded(reply) && conclave_reply_results(reply) == 2);
  CHECK(conclave_reply_kind_of(conclave_reply_result(reply, 1)) == CONCLAVE_REPLY_TXN);
  conclave_reply* const kept = conclave_reply_keep(conclave_reply_result(reply, 1));
  conclave_reply_free(reply);
  CHECK(conclave_reply_results(kept) == 1 || !conclave_reply_succeeded(kept));
  conclave_reply_free(kept);

  WORKS(conclave_txn_commit(client, txn, NULL, 10000, &reply, &error));
  CHECK(!conclave_reply_succeeded(reply));
  CHECK(conclave_reply_kvs(conclave_reply_result(reply, 0)) >= 1);
  conclave_reply_free(reply);
  conclave_txn_free(txn);

  txn = conclave_txn_new();
  CHECK(conclave_txn_compare(txn, conclave_one(conclave_text("t/a")), CONCLAVE_COMPARE_VERSION, CONCLAVE_EQUAL, 1,
                             conclave_text("")) == CONCLAVE_OK);
  CHECK(conclave_txn_range(txn, CONCLAVE_THEN, conclave_one(conclave_text("t/a")), NULL) == CONCLAVE_OK);
  conclave_txn_options options = CONCLAVE_TXN_OPTIONS;
  options.read_only = true;
  WORKS(conclave_txn_commit(client, txn, &options, 10000, &reply, &error));
  CHECK(conclave_reply_succeeded(reply));
  conclave_reply_free(reply);
  conclave_txn_free(txn);
}

static void guards(conclave_client* client) {
  conclave_error error;
  conclave_reply* reply = NULL;
  WORKS(conclave_put(client, conclave_text("g/key"), conclave_text("mine"), NULL, 10000, &reply, &error));
  conclave_guard guard = {0, conclave_reply_header(reply)->revision, conclave_text("g/key")};
  conclave_reply_free(reply);
  conclave_put_options options = CONCLAVE_PUT_OPTIONS;
  options.guards = &guard;
  options.guards_size = 1;
  WORKS(conclave_put(client, conclave_text("g/data"), conclave_text("1"), &options, 10000, NULL, &error));
  WORKS(conclave_delete(client, conclave_one(conclave_text("g/key")), NULL, 10000, NULL, &error));
  CHECK(conclave_put(client, conclave_text("g/data"), conclave_text("2"), &options, 10000, NULL, &error) == CONCLAVE_FENCED);
  CHECK(error.certainty == CONCLAVE_DEFINITE);
  WORKS(conclave_get(client, conclave_text("g/data"), NULL, 10000, &reply, &error));
  CHECK(same(conclave_reply_kv(reply, 0)->value, "1"));
  conclave_reply_free(reply);
}

static void the_cluster(conclave_client* client) {
  conclave_error error;
  conclave_reply* reply = NULL;
  WORKS(conclave_cluster_status(client, 10000, &reply, &error));
  CHECK(strlen(conclave_reply_status(reply)->version) > 0);
  CHECK(conclave_reply_status(reply)->revision > 0);
  conclave_reply_free(reply);
  for (size_t known = 0; known < 3;) { /* a leader hears of the others' addresses from them */
    WORKS(conclave_cluster_members(client, 10000, &reply, &error));
    CHECK(conclave_reply_members(reply) == 3);
    known = 0;
    for (size_t i = 0; i < 3; ++i) known += strlen(conclave_reply_member(reply, i)->client_address) > 0;
    conclave_reply_free(reply);
  }
  WORKS(conclave_cluster_hash(client, 10000, &reply, &error));
  CHECK(conclave_reply_hash(reply)->applied > 0);
  const conclave_revision now = conclave_reply_hash(reply)->revision;
  conclave_reply_free(reply);
  WORKS(conclave_cluster_compact(client, now, 10000, NULL, &error));
  conclave_range_options old = CONCLAVE_RANGE_OPTIONS;
  old.at = 1;
  CHECK(conclave_get(client, conclave_text("k/a"), &old, 10000, NULL, &error) == CONCLAVE_COMPACTED);
  CHECK(conclave_client_session(client) != 0);
  WORKS(conclave_cluster_move_leader(client, 0, 20000, NULL, &error));
}

int main(int count, char** words) {
  CHECK(count == 2);
  CHECK(strlen(conclave_version()) >= 5);
  conclave_client* const client = open_client(words[1]);
  conclave_error error;
  WORKS(conclave_delete(client, conclave_prefix(conclave_text("")), NULL, 20000, NULL, &error)); /* of an earlier run */
  puts_and_gets(client);
  ranges(client);
  transactions(client);
  guards(client);
  the_cluster(client);
  CHECK(conclave_client_free(client) == CONCLAVE_OK);
  return 0;
}
