#include "conclave/c/view.h"

#include "conclave/recipes/cached_view.hpp"
#include "reply.hpp"
#include "telling.hpp"

struct conclave_view : conclave::c::TellingHandle<conclave::recipes::CachedView> {
  using TellingHandle::TellingHandle;
};

/// A step, which is borrowed, and its C views into it.
struct conclave_view_step {
  explicit conclave_view_step(const conclave::recipes::ViewStep& step) : revision(step.revision.value()) {
    kvs.reserve(2 * step.changes.size());  // they stay where they are
    for (const auto& change : step.changes)
      rows.push_back({conclave::c::bytes_of(change.key), view_of(change.before), view_of(change.after)});
  }
  conclave_revision revision;
  std::vector<conclave_kv> kvs;
  std::vector<conclave_view_change> rows;

 private:
  const conclave_kv* view_of(const std::optional<conclave::KeyValue>& kv) {
    return kv ? &kvs.emplace_back(conclave::c::kv_of(*kv)) : nullptr;
  }
};

/// All keys, in order, and their C views.
struct conclave_view_snapshot {
  explicit conclave_view_snapshot(conclave::recipes::ViewSnapshot from) : source(std::move(from)) {
    if (!source.keys) return;
    rows.reserve(source.keys->size());
    for (const auto& [name, kv] : *source.keys) rows.push_back(conclave::c::kv_of(kv));
  }
  conclave::recipes::ViewSnapshot source;
  std::vector<conclave_kv> rows;
};

namespace conclave::c {
namespace {

using recipes::CachedView;

conclave_code begin(conclave_client* client, conclave_bytes prefix, const conclave_view_options* given, conclave_view** view,
                    conclave_error* error) {
  Arguments in;
  in.require(client != nullptr, "client is NULL");
  in.require(view != nullptr, "the out parameter is NULL");
  std::string keys = in.bytes(prefix, "the prefix");
  const conclave_view_options from = in.options(given);
  in.require(from.confirm_every_ms >= 0, "confirm_every_ms is negative");
  if (in.error()) return report(error, *in.error());
  *view = new conclave_view(client, [&](const std::shared_ptr<Gate>& gate) {
    recipes::CachedViewOptions options;
    options.confirm_every = std::chrono::milliseconds(from.confirm_every_ms);
    if (from.on_change != nullptr)
      options.on_change = [gate, call = from.on_change, user = from.user](const recipes::ViewStep& step) {
        const conclave_view_step lent(step);
        gate->pass([&] { call(user, &lent); });
      };
    return CachedView(client->client, std::move(keys), std::move(options));
  });
  return report_success(error);
}

conclave_code get(const conclave_view* view, conclave_bytes key, conclave_reply** reply, conclave_error* error) {
  Arguments in;
  in.require(view != nullptr, "the handle is NULL");
  in.require(reply != nullptr, "the out parameter is NULL");
  const std::string name = in.bytes(key, "the key");
  if (in.error()) return report(error, *in.error());
  Reply answer;
  answer.header.revision = view->recipe.revision();  // before the key is read: the key is at least as new
  RangeResult range;
  if (auto kv = view->recipe.get(name)) range.kvs.push_back(std::move(*kv));
  range.count = range.kvs.size();
  answer.body = std::move(range);
  *reply = new conclave_reply(std::move(answer));
  return report_success(error);
}

conclave_code snapshot_of(const conclave_view* view, conclave_view_snapshot** snapshot, conclave_error* error) {
  Arguments in;
  in.require(view != nullptr, "the handle is NULL");
  in.require(snapshot != nullptr, "the out parameter is NULL");
  if (in.error()) return report(error, *in.error());
  *snapshot = new conclave_view_snapshot(view->recipe.snapshot());
  return report_success(error);
}

/// The row of a key; the rows are in the order of their names.
const conclave_kv* find(const conclave_view_snapshot& snapshot, std::string_view key) {
  if (!snapshot.source.keys) return nullptr;
  const auto name_of = [](const conclave_kv& kv) { return std::string_view(static_cast<const char*>(kv.key.data), kv.key.size); };
  const auto found = std::lower_bound(snapshot.rows.begin(), snapshot.rows.end(), key,
                                      [&](const conclave_kv& row, std::string_view wanted) { return name_of(row) < wanted; });
  return found != snapshot.rows.end() && name_of(*found) == key ? &*found : nullptr;
}

}  // namespace
}  // namespace conclave::c

using namespace conclave::c;

extern "C" {

conclave_revision conclave_view_step_revision(const conclave_view_step* step) { return step == nullptr ? 0 : step->revision; }
size_t conclave_view_step_size(const conclave_view_step* step) { return step == nullptr ? 0 : step->rows.size(); }
const conclave_view_change* conclave_view_step_at(const conclave_view_step* step, size_t position) {
  return position < conclave_view_step_size(step) ? &step->rows[position] : nullptr;
}

conclave_code conclave_view_new(conclave_client* client, conclave_bytes prefix, const conclave_view_options* options,
                                conclave_view** view, conclave_error* error) {
  return guarded(error, [&] { return begin(client, prefix, options, view, error); });
}
void conclave_view_free(conclave_view* view) { delete view; }
conclave_code conclave_view_ready(conclave_view* view, int64_t timeout_ms, conclave_stop* stop, conclave_error* error) {
  return carry_out(view, timeout_ms, stop, error, ready_of(view));
}
conclave_code conclave_view_ready_async(conclave_view* view, int64_t timeout_ms, conclave_stop* stop, conclave_done_callback done,
                                        void* user) {
  return carry_out_async(view, timeout_ms, stop, ready_of(view), done, user);
}
conclave_code conclave_view_sync(conclave_view* view, int64_t timeout_ms, conclave_stop* stop, conclave_revision* revision,
                                 conclave_error* error) {
  return learn<conclave::Revision>(view, timeout_ms, stop, error, sync_of(view), into(revision));
}
conclave_code conclave_view_sync_async(conclave_view* view, int64_t timeout_ms, conclave_stop* stop,
                                       conclave_revision_callback done, void* user) {
  return learn_async<conclave::Revision>(view, timeout_ms, stop, sync_of(view), done, teller(done, user));
}
conclave_code conclave_view_get(const conclave_view* view, conclave_bytes key, conclave_reply** reply, conclave_error* error) {
  return guarded(error, [&] { return get(view, key, reply, error); });
}
conclave_revision conclave_view_revision(const conclave_view* view) {
  return view == nullptr ? 0 : view->recipe.revision().value();
}
size_t conclave_view_size(const conclave_view* view) { return view == nullptr ? 0 : view->recipe.size(); }
int64_t conclave_view_age_ms(const conclave_view* view) { return age_of(view); }

conclave_code conclave_view_snapshot_of(const conclave_view* view, conclave_view_snapshot** snapshot, conclave_error* error) {
  return guarded(error, [&] { return snapshot_of(view, snapshot, error); });
}
conclave_revision conclave_view_snapshot_revision(const conclave_view_snapshot* snapshot) {
  return snapshot == nullptr ? 0 : snapshot->source.revision.value();
}
size_t conclave_view_snapshot_size(const conclave_view_snapshot* snapshot) {
  return snapshot == nullptr ? 0 : snapshot->rows.size();
}
const conclave_kv* conclave_view_snapshot_at(const conclave_view_snapshot* snapshot, size_t position) {
  return position < conclave_view_snapshot_size(snapshot) ? &snapshot->rows[position] : nullptr;
}
const conclave_kv* conclave_view_snapshot_find(const conclave_view_snapshot* snapshot, conclave_bytes key) {
  if (snapshot == nullptr || (key.data == nullptr && key.size > 0)) return nullptr;
  return find(*snapshot, {static_cast<const char*>(key.data), key.size});
}
void conclave_view_snapshot_free(conclave_view_snapshot* snapshot) { delete snapshot; }

}  // extern "C"
