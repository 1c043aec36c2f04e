/* Registration, discovery and cached views. Argument: the endpoints. */
#include "check.h"

static void on_state(void* user, conclave_registration_state state) {
  if (state == CONCLAVE_REGISTRATION_REGISTERED) box_raise(user);
}
static void on_done(void* user, const conclave_error* error) {
  CHECK(error->code == CONCLAVE_OK);
  box_raise(user);
}
static void on_revision(void* user, const conclave_error* error, conclave_revision revision) {
  CHECK(error->code == CONCLAVE_OK && revision > 0);
  box_raise(user);
}

/* How many instances the callback saw last, and in which state the first was. */
typedef struct seen {
  signal_box box;
  size_t instances;
  conclave_instance_state first;
} seen;

static void on_instances(void* user, const conclave_instances* instances) {
  seen* const to = user;
  to->instances = conclave_instances_size(instances);
  if (to->instances > 0) to->first = conclave_instances_at(instances, 0)->state;
  box_raise(&to->box);
}

static conclave_registration* register_at(conclave_client* client, const char* id, uint16_t port, signal_box* box) {
  conclave_error error;
  const char* const tags[] = {"blue", "fast"};
  const conclave_label meta[] = {{"zone", "west"}, {"rack", "r7"}};
  conclave_instance_options instance = CONCLAVE_INSTANCE_OPTIONS;
  instance.id = id;
  instance.address = "10.0.0.7";
  instance.port = port;
  instance.version = "1.2";
  instance.tags = tags;
  instance.tags_size = 2;
  instance.meta = meta;
  instance.meta_size = 2;
  conclave_registration_options options = CONCLAVE_REGISTRATION_OPTIONS;
  options.ttl_ms = 60000; /* a busy machine may stop a process for long */
  options.on_state = box == NULL ? NULL : on_state;
  options.user = box;
  conclave_registration* registration = NULL;
  WORKS(conclave_registration_new(client, "c/painters", &instance, &options, &registration, &error));
  return registration;
}

static void an_instance_is_found_until_it_goes(conclave_client* client) {
  conclave_error error;
  signal_box registered;
  box_init(&registered);
  seen changes = {.instances = 99};
  box_init(&changes.box);
  conclave_registration* const one = register_at(client, "one", 81, &registered);
  WORKS(conclave_registration_ready(one, 20000, NULL, &error));
  box_await(&registered, 1);
  CHECK(conclave_registration_state_of(one) == CONCLAVE_REGISTRATION_REGISTERED);
  CHECK(strcmp(conclave_registration_id(one), "one") == 0);

  conclave_discovery_options options = CONCLAVE_DISCOVERY_OPTIONS;
  options.on_change = on_instances;
  options.user = &changes;
  options.tag = "blue";
  conclave_discovery* painters = NULL;
  WORKS(conclave_discovery_new(client, "c/painters", &options, &painters, &error));
  WORKS(conclave_discovery_ready(painters, 20000, NULL, &error));
  box_await(&changes.box, 1);
  CHECK(conclave_discovery_age_ms(painters) >= 0);

  conclave_instance* picked = NULL;
  WORKS(conclave_discovery_pick(painters, &picked, &error));
  CHECK(strcmp(picked->id, "one") == 0 && strcmp(picked->address, "10.0.0.7") == 0 && picked->port == 81);
  CHECK(picked->weight == 1 && strcmp(picked->version, "1.2") == 0 && picked->state == CONCLAVE_INSTANCE_UP);
  CHECK(picked->tags_size == 2 && strcmp(picked->tags[0], "blue") == 0);
  CHECK(picked->meta_size == 2 && strcmp(picked->meta[0].name, "rack") == 0 && strcmp(picked->meta[1].value, "west") == 0);
  conclave_instance_free(picked);

  WORKS(conclave_registration_drain(one, 20000, &error));
  conclave_revision revision = 0;
  WORKS(conclave_discovery_sync(painters, 20000, NULL, &revision, &error));
  CHECK(revision > 0);
  CHECK(conclave_discovery_pick(painters, &picked, &error) == CONCLAVE_KEY_NOT_FOUND); /* found, but not chosen */
  conclave_instances* all = NULL;
  WORKS(conclave_discovery_instances(painters, &all, &error));
  CHECK(conclave_instances_size(all) == 1 && conclave_instances_at(all, 0)->state == CONCLAVE_INSTANCE_DRAINING);
  CHECK(conclave_instances_at(all, 1) == NULL);
  conclave_instances_free(all);

  WORKS(conclave_registration_resume(one, 20000, &error));
  WORKS(conclave_registration_deregister(one, 20000, &error));
  CHECK(conclave_registration_state_of(one) == CONCLAVE_REGISTRATION_ENDED);
  WORKS(conclave_discovery_sync(painters, 20000, NULL, NULL, &error));
  conclave_discovery_free(painters); /* no callback after it */
  CHECK(changes.instances == 0);
  conclave_registration_free(one);
  box_end(&changes.box);
  box_end(&registered);
}

static void turns_are_taken_and_the_forms_with_callbacks_do_the_same(conclave_client* client) {
  conclave_error error;
  signal_box box;
  box_init(&box);
  conclave_registration* const one = register_at(client, "one", 81, NULL);
  conclave_registration* const two = register_at(client, "two", 82, NULL);
  CHECK(conclave_registration_ready_async(one, 20000, NULL, on_done, &box) == CONCLAVE_OK);
  CHECK(conclave_registration_ready_async(two, 20000, NULL, on_done, &box) == CONCLAVE_OK);
  box_await(&box, 2);
  conclave_discovery* painters = NULL;
  WORKS(conclave_discovery_new(client, "c/painters", NULL, &painters, &error));
  CHECK(conclave_discovery_ready_async(painters, 20000, NULL, on_done, &box) == CONCLAVE_OK);
  CHECK(conclave_discovery_sync_async(painters, 20000, NULL, on_revision, &box) == CONCLAVE_OK);
  box_await(&box, 4);
  int ports = 0;
  for (int i = 0; i < 4; ++i) {
    conclave_instance* picked = NULL;
    WORKS(conclave_discovery_pick(painters, &picked, &error));
    ports += picked->port;
    conclave_instance_free(picked);
  }
  CHECK(ports == 2 * 81 + 2 * 82);

  CHECK(conclave_registration_drain_async(one, 20000, on_done, &box) == CONCLAVE_OK);
  CHECK(conclave_registration_resume_async(one, 20000, on_done, &box) == CONCLAVE_OK);
  box_await(&box, 6);
  conclave_registration_report_health(two, false);
  WORKS(conclave_registration_ready(two, 20000, NULL, &error));
  WORKS(conclave_discovery_sync(painters, 20000, NULL, NULL, &error));
  for (int i = 0; i < 2; ++i) {
    conclave_instance* picked = NULL;
    WORKS(conclave_discovery_pick(painters, &picked, &error));
    CHECK(picked->port == 81);
    conclave_instance_free(picked);
  }
  CHECK(conclave_registration_deregister_async(one, 20000, on_done, &box) == CONCLAVE_OK);
  box_await(&box, 7);
  conclave_registration_free(one);
  conclave_registration_free(two); /* deregisters in the background */
  conclave_discovery_free(painters);
  box_end(&box);
}

static void who_registers_last_has_the_id(conclave_client* client) {
  conclave_error error;
  conclave_registration* const former = register_at(client, "same", 1, NULL);
  WORKS(conclave_registration_ready(former, 20000, NULL, &error));
  conclave_registration* const later = register_at(client, "same", 2, NULL);
  WORKS(conclave_registration_ready(later, 20000, NULL, &error));
  conclave_instance_options instance = CONCLAVE_INSTANCE_OPTIONS;
  instance.address = "10.0.0.8";
  instance.port = 3;
  instance.not_chosen = true;
  WORKS(conclave_registration_update(later, &instance, &error));
  WORKS(conclave_registration_ready(later, 20000, NULL, &error));
  CHECK(conclave_registration_ready(former, 20000, NULL, &error) == CONCLAVE_ALREADY_EXISTS);
  CHECK(conclave_registration_state_of(former) == CONCLAVE_REGISTRATION_REPLACED);
  conclave_registration_free(former);
  conclave_registration_free(later);
}

/* What the steps of a view told, one letter for each change. */
typedef struct story {
  signal_box box;
  char text[16];
} story;

static void on_step(void* user, const conclave_view_step* step) {
  story* const to = user;
  CHECK(conclave_view_step_revision(step) > 0);
  for (size_t i = 0; i < conclave_view_step_size(step); ++i) {
    const conclave_view_change* const change = conclave_view_step_at(step, i);
    CHECK(same(change->key, "c/view/a"));
    const char letter = change->before == NULL ? 'm' : change->after == NULL ? 'g' : 'c';
    to->text[strlen(to->text)] = letter;
    box_raise(&to->box);
  }
}

static void put(conclave_client* client, const char* key, const char* value) {
  conclave_error error;
  WORKS(conclave_put(client, conclave_text(key), conclave_text(value), NULL, 20000, NULL, &error));
}

static void a_view_shows_whole_revisions(conclave_client* client) {
  conclave_error error;
  story told = {.text = ""};
  box_init(&told.box);
  put(client, "c/view/a", "1");
  conclave_view_options options = CONCLAVE_VIEW_OPTIONS;
  options.on_change = on_step;
  options.user = &told;
  conclave_view* view = NULL;
  WORKS(conclave_view_new(client, conclave_text("c/view/"), &options, &view, &error));
  WORKS(conclave_view_ready(view, 20000, NULL, &error));
  conclave_view_snapshot* before = NULL;
  WORKS(conclave_view_snapshot_of(view, &before, &error));

  put(client, "c/view/a", "2");
  conclave_revision revision = 0;
  WORKS(conclave_view_sync(view, 20000, NULL, &revision, &error));
  CHECK(revision >= conclave_view_snapshot_revision(before) + 1 && conclave_view_revision(view) >= revision);
  conclave_reply* reply = NULL;
  WORKS(conclave_view_get(view, conclave_text("c/view/a"), &reply, &error));
  CHECK(conclave_reply_kvs(reply) == 1 && same(conclave_reply_kv(reply, 0)->value, "2"));
  conclave_reply_free(reply);
  WORKS(conclave_view_get(view, conclave_text("c/view/none"), &reply, &error));
  CHECK(conclave_reply_kvs(reply) == 0);
  conclave_reply_free(reply);
  CHECK(conclave_view_size(view) == 1 && conclave_view_age_ms(view) >= 0);

  CHECK(conclave_view_snapshot_size(before) == 1); /* it never changes */
  CHECK(same(conclave_view_snapshot_at(before, 0)->value, "1") && conclave_view_snapshot_at(before, 1) == NULL);
  CHECK(conclave_view_snapshot_find(before, conclave_text("c/view/a")) == conclave_view_snapshot_at(before, 0));
  CHECK(conclave_view_snapshot_find(before, conclave_text("c/view/b")) == NULL);

  WORKS(conclave_delete(client, conclave_one(conclave_text("c/view/a")), NULL, 20000, NULL, &error));
  signal_box box;
  box_init(&box);
  CHECK(conclave_view_ready_async(view, 20000, NULL, on_done, &box) == CONCLAVE_OK);
  CHECK(conclave_view_sync_async(view, 20000, NULL, on_revision, &box) == CONCLAVE_OK);
  box_await(&box, 2);
  conclave_view_free(view);
  CHECK(strcmp(told.text, "mcg") == 0);
  CHECK(conclave_view_snapshot_size(before) == 1); /* nor when the view is gone */
  conclave_view_snapshot_free(before);
  box_end(&box);
  box_end(&told.box);
}

static void handles_outlive_their_client(const char* endpoints) {
  conclave_error error;
  conclave_client* const client = open_client(endpoints);
  conclave_view* view = NULL;
  conclave_discovery* painters = NULL;
  WORKS(conclave_view_new(client, conclave_text("c/view/"), NULL, &view, &error));
  WORKS(conclave_view_ready(view, 20000, NULL, &error));
  WORKS(conclave_discovery_new(client, "c/painters", NULL, &painters, &error));
  conclave_registration* const one = register_at(client, "husk", 1, NULL);
  CHECK(conclave_client_free(client) == CONCLAVE_OK);
  CHECK(conclave_view_sync(view, 20000, NULL, NULL, &error) == CONCLAVE_SHUTTING_DOWN);
  CHECK(conclave_discovery_ready(painters, 20000, NULL, &error) == CONCLAVE_SHUTTING_DOWN);
  CHECK(conclave_registration_drain(one, 20000, &error) == CONCLAVE_SHUTTING_DOWN);
  conclave_registration_free(one);
  conclave_discovery_free(painters);
  conclave_view_free(view);
}

int main(int count, char** arguments) {
  CHECK(count == 2);
  conclave_client* const client = open_client(arguments[1]);
  an_instance_is_found_until_it_goes(client);
  turns_are_taken_and_the_forms_with_callbacks_do_the_same(client);
  who_registers_last_has_the_id(client);
  a_view_shows_whole_revisions(client);
  conclave_client_free(client);
  handles_outlive_their_client(arguments[1]);
  return 0;
}
