#include "conclave/scheduler/board.hpp"

#include <charconv>

#include "conclave/recipes_core/cached_view.hpp"
#include "conclave/recipes_core/place.hpp"
#include "wakener.hpp"

namespace conclave::scheduler {

using namespace recipes::core;

namespace {

constexpr int tries_max = 8;
constexpr std::uint64_t page_bytes = std::uint64_t{1} << 20U;

std::string made_up_name(Store& store) {
  static constexpr char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
  std::string name = "job-";
  std::uint64_t random = store.random();
  for (int i = 0; i < 10; ++i, random >>= 5U) name += letters[random & 31U];
  return name;
}

/// All keys under a prefix at one revision.
Task<Result<std::vector<KeyValue>>> rows_under(Store& store, std::string prefix, Call call) {
  std::vector<KeyValue> rows;
  RangeOp page;
  page.keys = conclave::Keys::prefix(prefix);
  page.limit_bytes = page_bytes;
  while (true) {
    auto asking = execute(store, newest(page), call);
    Result<Reply> reply = co_await std::move(asking);
    if (!reply) co_return fail(std::move(reply.error()));
    auto* range = std::get_if<RangeResult>(&reply->body);
    if (range == nullptr) co_return fail(Errc::internal, "an answer of another kind than was asked for");
    if (page.at.is_zero()) page.at = reply->header.revision;
    for (KeyValue& kv : range->kvs) rows.push_back(std::move(kv));
    if (!range->more) co_return rows;
    page.keys = rest_of_prefix(std::move(range->next_key), prefix);
  }
}

Task<Result<std::optional<KeyValue>>> row_at(Store& store, std::string key, Call call) {
  auto asking = execute(store, newest(row_of(std::move(key))), call);
  Result<Reply> reply = co_await std::move(asking);
  if (!reply) co_return fail(std::move(reply.error()));
  auto* range = std::get_if<RangeResult>(&reply->body);
  if (range == nullptr) co_return fail(Errc::internal, "an answer of another kind than was asked for");
  std::optional<KeyValue> row;
  if (!range->kvs.empty()) row = std::move(range->kvs.front());
  co_return row;
}

/// Why a submission was refused, as far as it can still be seen.
Task<Result<bool>> explain_refusal(Store& store, Keys keys, Submission submission, Call call) {
  for (const Spec& spec : submission.specs) {
    auto reading = row_at(store, keys.spec(spec.id), call);
    Result<std::optional<KeyValue>> row = co_await std::move(reading);
    if (!row) co_return fail(std::move(row.error()));
    if (*row) co_return fail(Errc::already_exists, "id: there is a job '" + spec.id + "'");
    for (const std::string& name : spec.after) {
      auto looking = row_at(store, keys.spec(name), call);
      Result<std::optional<KeyValue>> other = co_await std::move(looking);
      if (!other) co_return fail(std::move(other.error()));
      bool own = false;
      for (const Spec& sibling : submission.specs) own = own || sibling.id == name;
      if (!*other && !own) co_return fail(Errc::key_not_found, "after: there is no job '" + name + "'");
    }
  }
  co_return true;
}

}  // namespace

Task<Result<Board::Submitted>> Board::submit(HubPtr hub, Keys keys, Submission submission, Call call) {
  if (const auto good = check(submission); !good) co_return fail(good.error());
  const std::uint64_t digest = digest_of(submission);
  Store& store = hub->store();
  for (Spec& spec : submission.specs)
    if (spec.id.empty()) spec.id = made_up_name(store);
  Submitted submitted;
  for (const Spec& spec : submission.specs) submitted.specs.push_back(spec.id);
  for (int tries = 0; tries < tries_max; ++tries) {
    Write write = scheduler::submit(keys, submission, digest, store.wall_millis());
    auto asking = execute(store, std::move(write), call);
    Result<Reply> reply = co_await std::move(asking);
    if (!reply) co_return fail(std::move(reply.error()));
    if (succeeded(*reply).value_or(false)) co_return submitted;
    if (!submission.idempotency_key.empty()) {
      auto reading = row_at(store, keys.idempotency(submission.idempotency_key), call);
      Result<std::optional<KeyValue>> row = co_await std::move(reading);
      if (!row) co_return fail(std::move(row.error()));
      const auto before = *row ? submitted_from_json((*row)->value) : std::nullopt;
      if (before && before->digest != digest)
        co_return fail(Errc::already_exists, "idempotency_key: it was used for another submission");
      if (before) {
        submitted.specs = before->specs;
        submitted.is_new = false;
        co_return submitted;
      }
    }
    auto explaining = explain_refusal(store, keys, submission, call);
    Result<bool> explained = co_await std::move(explaining);
    if (!explained) co_return fail(std::move(explained.error()));
  }
  co_return fail(Errc::overloaded, "the jobs around it change too often");
}

Task<Result<Picture>> Board::look(HubPtr hub, Keys keys, Call call) {
  auto reading = rows_under(hub->store(), keys.directory(), std::move(call));
  Result<std::vector<KeyValue>> rows = co_await std::move(reading);
  if (!rows) co_return fail(std::move(rows.error()));
  Picture picture;
  for (const KeyValue& kv : *rows) picture.apply(keys, kv.key, Row{kv.value, kv.create_revision, kv.mod_revision, kv.lease});
  co_return picture;
}

Task<Result<Board::Shown>> Board::show(HubPtr hub, Keys keys, std::string name, Call call) {
  Store& store = hub->store();
  const std::string spec_name(spec_of(name));
  auto reading = row_at(store, keys.spec(spec_name), call);
  Result<std::optional<KeyValue>> row = co_await std::move(reading);
  if (!row) co_return fail(std::move(row.error()));
  Shown shown;
  if (*row)
    if (auto spec = spec_from_json((*row)->value)) shown.spec = std::move(*spec);
  std::vector<std::string> jobs;
  for (const std::string& job : jobs_of(shown.spec))
    if (*row && (job == name || name == spec_name)) jobs.push_back(job);
  for (const std::string& job : jobs) {
    auto looking = row_at(store, keys.job(job), call);
    Result<std::optional<KeyValue>> state = co_await std::move(looking);
    if (!state) co_return fail(std::move(state.error()));
    const auto record = *state ? job_from_json((*state)->value) : std::nullopt;
    if (!record) continue;
    shown.jobs[job] = Job{*record, (*state)->create_revision, (*state)->mod_revision};
    auto listing = rows_under(store, keys.runs(job), call);
    Result<std::vector<KeyValue>> runs = co_await std::move(listing);
    if (!runs) co_return fail(std::move(runs.error()));
    for (const KeyValue& kv : *runs) {
      const std::string number = kv.key.substr(keys.runs(job).size());
      std::uint64_t epoch = 0;
      const auto parsed = std::from_chars(number.data(), number.data() + number.size(), epoch);
      const auto run = run_from_json(kv.value);
      if (run && parsed.ec == std::errc() && parsed.ptr == number.data() + number.size()) shown.runs[job][epoch] = *run;
    }
  }
  if (shown.jobs.empty()) co_return fail(Errc::key_not_found, "there is no job '" + name + "'");
  co_return shown;
}

/// True if something was changed; false if there is nothing to do for this job.
Task<Result<bool>> Board::one(HubPtr hub, Keys keys, std::string job, What what, Call call) {
  Store& store = hub->store();
  for (int tries = 0; tries < tries_max; ++tries) {
    auto reading = row_at(store, keys.job(job), call);
    Result<std::optional<KeyValue>> row = co_await std::move(reading);
    if (!row) co_return fail(std::move(row.error()));
    auto record = *row ? job_from_json((*row)->value) : std::nullopt;
    if (!record) co_return false;
    Write write;
    if (what == What::retry) {
      if (record->phase != Phase::dead && record->phase != Phase::cancelled) co_return false;
      record->phase = Phase::pending;
      record->failures = record->losses = record->delay_ms = 0;
      record->reason = "asked for again";
      record->changed_ms = store.wall_millis();
      write = change(keys, job, (*row)->mod_revision, *record);
    } else if (is_active(record->phase)) {
      auto looking = row_at(store, keys.assign(record->agent, job), call);
      Result<std::optional<KeyValue>> seat = co_await std::move(looking);
      if (!seat) co_return fail(std::move(seat.error()));
      auto assigned = *seat ? assign_from_json((*seat)->value) : std::nullopt;
      if (!assigned) continue;  // it ended meanwhile
      if (assigned->stop == Stop::cancel) co_return false;
      assigned->stop = Stop::cancel;
      assigned->reason = "cancelled";
      write = ask_to_stop(keys, record->agent, job, (*seat)->create_revision, *assigned);
    } else {
      if (is_final(record->phase)) co_return false;
      record->phase = Phase::cancelled;
      record->reason = "cancelled";
      record->changed_ms = store.wall_millis();
      write = change(keys, job, (*row)->mod_revision, *record);
    }
    auto asking = execute(store, std::move(write), call);
    Result<Reply> reply = co_await std::move(asking);
    if (!reply) co_return fail(std::move(reply.error()));
    if (succeeded(*reply).value_or(false)) co_return true;
  }
  co_return fail(Errc::overloaded, "the job changes too often");
}

Task<Result<std::uint64_t>> Board::each(HubPtr hub, Keys keys, std::string name, What what, Call call) {
  auto showing = show(hub, keys, name, call);
  Result<Shown> shown = co_await std::move(showing);
  if (!shown) co_return fail(std::move(shown.error()));
  std::uint64_t done = 0;
  for (const auto& [job, row] : shown->jobs) {
    auto changing = one(hub, keys, job, what, call);
    Result<bool> changed = co_await std::move(changing);
    if (!changed) co_return fail(std::move(changed.error()));
    if (*changed) ++done;
  }
  co_return done;
}

Task<Result<bool>> Board::discard(HubPtr hub, Keys keys, std::string spec, Call call) {
  for (int tries = 0; tries < tries_max; ++tries) {
    auto showing = show(hub, keys, spec, call);
    Result<Shown> shown = co_await std::move(showing);
    if (!shown) co_return fail(std::move(shown.error()));
    if (spec != shown->spec.id) co_return fail(Errc::invalid_argument, "elements are discarded with their array");
    for (const auto& [job, row] : shown->jobs)
      if (!is_final(row.record.phase))
        co_return fail(Errc::already_exists, job + " is " + std::string(name_of(row.record.phase)) + ": cancel it first");
    Write write = scheduler::discard(keys, shown->spec, shown->jobs);
    auto asking = execute(hub->store(), std::move(write), call);
    Result<Reply> reply = co_await std::move(asking);
    if (!reply) co_return fail(std::move(reply.error()));
    if (succeeded(*reply).value_or(false)) co_return true;
  }
  co_return fail(Errc::overloaded, "the job changes too often");
}

Task<Result<bool>> Board::put(HubPtr hub, std::string key, std::string value, Call call) {
  PutOp put;
  put.key = std::move(key);
  put.value = std::move(value);
  auto asking = execute(hub->store(), Write{std::move(put), {}}, std::move(call));
  Result<Reply> reply = co_await std::move(asking);
  if (!reply) co_return fail(std::move(reply.error()));
  co_return true;
}

Task<Result<bool>> Board::erase(HubPtr hub, std::string key, Call call) {
  DeleteOp erase;
  erase.keys = conclave::Keys::one(std::move(key));
  auto asking = execute(hub->store(), Write{std::move(erase), {}}, std::move(call));
  Result<Reply> reply = co_await std::move(asking);
  if (!reply) co_return fail(std::move(reply.error()));
  const auto* erased = std::get_if<DeleteResult>(&reply->body);
  co_return erased == nullptr || erased->deleted > 0;
}

Task<Result<std::uint64_t>> Board::unfreeze(HubPtr hub, Keys keys, Call call) {
  auto looking = look(hub, keys, call);
  Result<Picture> picture = co_await std::move(looking);
  if (!picture) co_return fail(std::move(picture.error()));
  Txn txn;
  std::uint64_t agents = 0;
  constexpr std::uint64_t agents_max = 100;  // in one transaction
  for (const auto& [agent, record] : picture->gone) {
    if (record.given_up || picture->agents.contains(agent) || agents == agents_max) continue;
    PutOp put;
    put.key = keys.gone(agent);
    put.value = to_json(GoneRecord{true, record.since_ms});
    txn.then(std::move(put));
    ++agents;
  }
  DeleteOp erase;
  erase.keys = conclave::Keys::one(keys.freeze());
  txn.then(std::move(erase));
  auto asking = execute(hub->store(), Write{std::move(txn), {}}, call);
  Result<Reply> reply = co_await std::move(asking);
  if (!reply) co_return fail(std::move(reply.error()));
  co_return agents;
}

}  // namespace conclave::scheduler
