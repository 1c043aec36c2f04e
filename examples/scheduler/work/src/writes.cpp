#include "conclave/scheduler/writes.hpp"

#include "mutants.hpp"

namespace conclave::scheduler {
namespace {

PutOp put_of(std::string key, std::string value) {
  PutOp put;
  put.key = std::move(key);
  put.value = std::move(value);
  return put;
}
DeleteOp erase_of(std::string key) { return DeleteOp{conclave::Keys::one(std::move(key)), false}; }
DeleteOp erase_under(std::string prefix) { return DeleteOp{conclave::Keys::prefix(std::move(prefix)), false}; }
RangeOp row_of(std::string key) {
  RangeOp range;
  range.keys = conclave::Keys::one(std::move(key));
  return range;
}
Compare hangs_on(std::string key, LeaseId lease) {
  return {conclave::Keys::one(std::move(key)), Compare::Target::lease, Compare::Relation::equal, lease.value(), {}};
}

/// The keys of a spec and all that belongs to its jobs; the names of elements begin with the spec's and a dot.
void erase_spec(Txn& txn, const Keys& keys, const Spec& spec) {
  txn.then(erase_of(keys.spec(spec.id))).then(erase_of(keys.job(spec.id))).then(erase_under(keys.runs(spec.id)));
  if (spec.count != 0) txn.then(erase_under(keys.job(spec.id + "."))).then(erase_under(keys.runs() + spec.id + "."));
  if (!spec.idempotency_key.empty()) txn.then(erase_of(keys.idempotency(spec.idempotency_key)));
}

struct Writing {
  const Picture& picture;
  const Keys& keys;
  std::int64_t wall_ms;
  using Maybe = std::optional<Txn>;

  [[nodiscard]] const Job* job(const std::string& name) const {
    const auto found = picture.jobs.find(name);
    return found == picture.jobs.end() ? nullptr : &found->second;
  }

  Maybe operator()(const Assign& decision) const {
    const Job* const before = job(decision.job);
    const auto agent = picture.agents.find(decision.agent);
    if (before == nullptr || agent == picture.agents.end()) return std::nullopt;
    JobRecord after = before->record;
    after.phase = Phase::assigned;
    after.agent = decision.agent;
    after.reason.clear();
    after.delay_ms = 0;
    after.changed_ms = wall_ms;
    ++after.epoch;
    Txn txn;
    txn.when(Compare::mod_revision_is(keys.job(decision.job), before->changed));
    txn.when(Compare::create_revision_is(keys.agent(decision.agent), agent->second.created));
    txn.when(hangs_on(keys.agent(decision.agent), agent->second.lease));
    txn.when(Compare::missing(keys.drain(decision.agent)));
    txn.when(Compare::missing(keys.assign(decision.agent, decision.job)));
    txn.then(put_of(keys.job(decision.job), to_json(after)));
    txn.then(put_of(keys.assign(decision.agent, decision.job), to_json(AssignRecord{after, Stop::none, {}})));
    return txn;
  }
  Maybe operator()(const Lose& decision) const {
    const Job* const before = job(decision.job);
    const auto seat = picture.assignments.find(decision.job);
    if (before == nullptr || seat == picture.assignments.end()) return std::nullopt;
    const std::string& agent = seat->second.agent;
    RunRecord run;
    run.agent = agent;
    run.phase = Phase::lost;
    run.reason = "agent " + agent + " is gone";
    run.ended_ms = wall_ms;
    Txn txn;
    txn.when(Compare::missing(keys.agent(agent)));
    txn.when(Compare::mod_revision_is(keys.job(decision.job), before->changed));
    txn.when(Compare::create_revision_is(keys.assign(agent, decision.job), seat->second.created));
    txn.then(put_of(keys.job(decision.job), to_json(after_report(before->record, run, wall_ms))));
    txn.then(erase_of(keys.assign(agent, decision.job)));
    txn.then(put_of(keys.run(decision.job, before->record.epoch), to_json(run)));
    return txn;
  }
  Maybe operator()(const Settle& decision) const {
    const Job* const before = job(decision.job);
    if (before == nullptr) return std::nullopt;
    JobRecord after = decision.record;
    after.changed_ms = wall_ms;
    Txn txn;
    txn.when(Compare::mod_revision_is(keys.job(decision.job), before->changed));
    txn.then(put_of(keys.job(decision.job), to_json(after)));
    return txn;
  }
  Maybe operator()(const AskToStop& decision) const {
    const auto seat = picture.assignments.find(decision.job);
    if (seat == picture.assignments.end()) return std::nullopt;
    AssignRecord record = seat->second.record;
    record.stop = decision.stop;
    record.reason = decision.reason;
    return std::get<Txn>(ask_to_stop(keys, seat->second.agent, decision.job, seat->second.created, std::move(record)).body);
  }
  Maybe operator()(const MarkGone& decision) const {
    const auto before = picture.gone.find(decision.agent);
    GoneRecord record{decision.given_up, before == picture.gone.end() ? wall_ms : before->second.since_ms};
    Txn txn;
    txn.when(Compare::missing(keys.agent(decision.agent)));
    txn.then(put_of(keys.gone(decision.agent), to_json(record)));
    return txn;
  }
  Maybe operator()(const ForgetGone& decision) const {
    Txn txn;
    txn.then(erase_of(keys.gone(decision.agent)));
    return txn;
  }
  Maybe operator()(const BeginFreeze& decision) const {
    Txn txn;
    txn.when(Compare::missing(keys.freeze()));
    txn.then(put_of(keys.freeze(), to_json(FreezeRecord{decision.gone, decision.agents, wall_ms})));
    return txn;
  }
  Maybe operator()(const EndFreeze&) const {
    Txn txn;
    txn.then(erase_of(keys.freeze()));
    return txn;
  }
  Maybe operator()(const ForgetSpec& decision) const {
    Txn txn;
    const auto spec = picture.specs.find(decision.spec);
    if (spec == picture.specs.end()) {
      // Jobs whose spec is not there or not good: one at a time.
      const Job* const alone = job(decision.spec);
      if (alone == nullptr) return std::nullopt;
      txn.when(Compare::mod_revision_is(keys.job(decision.spec), alone->changed));
      txn.then(erase_of(keys.job(decision.spec)))
          .then(erase_of(keys.spec(decision.spec)))
          .then(erase_under(keys.runs(decision.spec)));
      return txn;
    }
    for (const std::string& name : jobs_of(spec->second))
      if (const Job* const one = job(name)) txn.when(Compare::mod_revision_is(keys.job(name), one->changed));
    erase_spec(txn, keys, spec->second);
    return txn;
  }
};

Txn agent_txn(const Keys& keys, const Seat& seat) {
  Txn txn;
  if (!mutants::report_without_epoch) txn.when(Compare::create_revision_is(keys.assign(seat.agent, seat.job), seat.created));
  return txn;
}

}  // namespace

std::optional<Write> write_of(const Decision& decision, const Picture& picture, const Keys& keys, const Guard& guard,
                              std::int64_t wall_ms) {
  auto txn = std::visit(Writing{picture, keys, wall_ms}, decision);
  if (!txn) return std::nullopt;
  return Write{std::move(*txn), {guard}};
}

Write accept(const Keys& keys, const Guard& agent, const Seat& seat, std::int64_t wall_ms) {
  JobRecord after = seat.record;
  after.phase = Phase::accepted;
  after.changed_ms = wall_ms;
  RunRecord run;
  run.agent = seat.agent;
  run.started_ms = wall_ms;
  Txn txn;
  txn.when(Compare::create_revision_is(keys.assign(seat.agent, seat.job), seat.created));
  txn.when(Compare::mod_revision_is(keys.job(seat.job), seat.created));  // both were written together
  txn.then(row_of(keys.spec(spec_of(seat.job))));
  txn.then(put_of(keys.job(seat.job), to_json(after)));
  txn.then(put_of(keys.run(seat.job, seat.record.epoch), to_json(run)));
  txn.otherwise(row_of(keys.job(seat.job))).otherwise(row_of(keys.assign(seat.agent, seat.job)));
  return Write{std::move(txn), {agent}};
}

Write progress(const Keys& keys, const Guard& agent, const Seat& seat, const RunRecord& run, std::int64_t wall_ms) {
  Txn txn = agent_txn(keys, seat);
  if (seat.record.phase != Phase::running) {
    JobRecord after = seat.record;
    after.phase = Phase::running;
    after.changed_ms = wall_ms;
    txn.when(Compare::mod_revision_is(keys.job(seat.job), seat.changed));
    txn.then(put_of(keys.job(seat.job), to_json(after)));
  }
  txn.then(put_of(keys.run(seat.job, seat.record.epoch), to_json(run)));
  return Write{std::move(txn), {agent}};
}

JobRecord after_report(const JobRecord& before, const RunRecord& run, std::int64_t wall_ms) {
  JobRecord after = before;
  after.phase = run.phase;
  after.reason = run.reason;
  after.changed_ms = wall_ms;
  if (run.phase == Phase::failed) ++after.failures;
  if (run.phase == Phase::lost) ++after.losses;
  return after;
}

Write report(const Keys& keys, const Guard& agent, const Seat& seat, const RunRecord& run, std::int64_t wall_ms) {
  Txn txn = agent_txn(keys, seat);
  txn.then(put_of(keys.job(seat.job), to_json(after_report(seat.record, run, wall_ms))));
  txn.then(erase_of(keys.assign(seat.agent, seat.job)));
  txn.then(put_of(keys.run(seat.job, seat.record.epoch), to_json(run)));
  return Write{std::move(txn), {agent}};
}

Write submit(const Keys& keys, const Submission& submission, std::uint64_t digest, std::int64_t wall_ms) {
  JobRecord record;
  record.submitted_ms = record.changed_ms = wall_ms;
  SubmittedRecord submitted;
  submitted.digest = digest;
  std::map<std::string, bool> own;
  for (const Spec& spec : submission.specs) own[spec.id] = true;
  Txn txn;
  for (const Spec& spec : submission.specs) {
    submitted.specs.push_back(spec.id);
    txn.when(Compare::missing(keys.spec(spec.id)));
    for (const std::string& name : spec.after)
      if (own.try_emplace(name, false).second) txn.when(Compare::exists(keys.spec(name)));
    txn.then(put_of(keys.spec(spec.id), to_json(spec)));
    for (const std::string& job : jobs_of(spec)) txn.then(put_of(keys.job(job), to_json(record)));
  }
  if (!submission.idempotency_key.empty()) {
    txn.when(Compare::missing(keys.idempotency(submission.idempotency_key)));
    txn.then(put_of(keys.idempotency(submission.idempotency_key), to_json(submitted)));
  }
  return Write{std::move(txn), {}};
}

Write change(const Keys& keys, const std::string& job, Revision changed, const JobRecord& record) {
  Txn txn;
  txn.when(Compare::mod_revision_is(keys.job(job), changed));
  txn.then(put_of(keys.job(job), to_json(record)));
  return Write{std::move(txn), {}};
}

Write ask_to_stop(const Keys& keys, const std::string& agent, const std::string& job, Revision created, AssignRecord record) {
  Txn txn;
  txn.when(Compare::create_revision_is(keys.assign(agent, job), created));
  txn.then(put_of(keys.assign(agent, job), to_json(record)));
  return Write{std::move(txn), {}};
}

Write discard(const Keys& keys, const Spec& spec, const ByName<Job>& jobs) {
  Txn txn;
  for (const auto& [name, job] : jobs) txn.when(Compare::mod_revision_is(keys.job(name), job.changed));
  erase_spec(txn, keys, spec);
  return Write{std::move(txn), {}};
}

}  // namespace conclave::scheduler
