#include "conclave/scheduler_core/records.hpp"

#include "lenient.hpp"

namespace conclave::scheduler {
namespace {

using lenient::Json;
using lenient::object_from;
using lenient::read;
using lenient::text_of;

constexpr std::string_view stop_cancel = "cancel";
constexpr std::string_view stop_give_back = "give back";

std::optional<Phase> phase_in(const Json& json) {
  std::string name;
  read(json, "phase", name);
  return phase_from(name);
}

Json json_of(const JobRecord& record) {
  Json json{{"phase", name_of(record.phase)},
            {"epoch", record.epoch},
            {"submitted_ms", record.submitted_ms},
            {"changed_ms", record.changed_ms}};
  if (record.failures != 0) json["failures"] = record.failures;
  if (record.losses != 0) json["losses"] = record.losses;
  if (!record.agent.empty()) json["agent"] = record.agent;
  if (!record.reason.empty()) json["reason"] = record.reason;
  if (record.delay_ms != 0) json["delay_ms"] = record.delay_ms;
  return json;
}

std::optional<JobRecord> job_from(const Json& json) {
  const auto phase = phase_in(json);
  if (!phase) return std::nullopt;
  JobRecord record;
  record.phase = *phase;
  read(json, "epoch", record.epoch);
  read(json, "failures", record.failures);
  read(json, "losses", record.losses);
  read(json, "agent", record.agent);
  read(json, "reason", record.reason);
  read(json, "delay_ms", record.delay_ms);
  read(json, "submitted_ms", record.submitted_ms);
  read(json, "changed_ms", record.changed_ms);
  return record;
}

}  // namespace

std::string to_json(const JobRecord& record) { return text_of(json_of(record)); }

std::optional<JobRecord> job_from_json(std::string_view text) {
  const auto json = object_from(text);
  return json ? job_from(*json) : std::nullopt;
}

std::string to_json(const AgentRecord& record) {
  Json json{{"capacity", lenient::json_of(record.capacity)},
            {"labels", record.labels},
            {"incarnation", record.incarnation},
            {"host", record.host},
            {"since_ms", record.since_ms}};
  if (record.leaving) json["leaving"] = true;
  return text_of(json);
}

std::optional<AgentRecord> agent_from_json(std::string_view text) {
  const auto json = object_from(text);
  if (!json) return std::nullopt;
  AgentRecord record;
  record.capacity.slots = 0;
  read(*json, "capacity", record.capacity);
  read(*json, "labels", record.labels);
  read(*json, "incarnation", record.incarnation);
  read(*json, "host", record.host);
  read(*json, "leaving", record.leaving);
  read(*json, "since_ms", record.since_ms);
  return record;
}

std::string to_json(const AssignRecord& record) {
  Json json{{"job", json_of(record.job)}};
  if (record.stop != Stop::none) json["stop"] = record.stop == Stop::cancel ? stop_cancel : stop_give_back;
  if (!record.reason.empty()) json["reason"] = record.reason;
  return text_of(json);
}

std::optional<AssignRecord> assign_from_json(std::string_view text) {
  const auto json = object_from(text);
  if (!json) return std::nullopt;
  const auto found = json->find("job");
  if (found == json->end() || !found->is_object()) return std::nullopt;
  const auto job = job_from(*found);
  if (!job) return std::nullopt;
  AssignRecord record{*job, Stop::none, {}};
  std::string stop;
  read(*json, "stop", stop);
  if (stop == stop_cancel) record.stop = Stop::cancel;
  if (stop == stop_give_back) record.stop = Stop::give_back;
  read(*json, "reason", record.reason);
  return record;
}

std::string to_json(const RunRecord& record) {
  Json json{{"agent", record.agent}, {"phase", name_of(record.phase)}, {"started_ms", record.started_ms}};
  if (record.exit_code) json["exit_code"] = *record.exit_code;
  if (record.signal) json["signal"] = *record.signal;
  if (!record.reason.empty()) json["reason"] = record.reason;
  if (record.ended_ms != 0) json["ended_ms"] = record.ended_ms;
  if (!record.output.empty()) json["output"] = record.output;
  if (record.output_bytes != 0) json["output_bytes"] = record.output_bytes;
  return text_of(json);
}

std::optional<RunRecord> run_from_json(std::string_view text) {
  const auto json = object_from(text);
  const auto phase = json ? phase_in(*json) : std::nullopt;
  if (!phase) return std::nullopt;
  RunRecord record;
  record.phase = *phase;
  read(*json, "agent", record.agent);
  read(*json, "exit_code", record.exit_code);
  read(*json, "signal", record.signal);
  read(*json, "reason", record.reason);
  read(*json, "started_ms", record.started_ms);
  read(*json, "ended_ms", record.ended_ms);
  read(*json, "output", record.output);
  read(*json, "output_bytes", record.output_bytes);
  return record;
}

std::string to_json(const DrainRecord& record) { return text_of({{"within_ms", record.within_ms}, {"reason", record.reason}}); }

std::optional<DrainRecord> drain_from_json(std::string_view text) {
  const auto json = object_from(text);
  if (!json) return std::nullopt;
  DrainRecord record;
  read(*json, "within_ms", record.within_ms);
  read(*json, "reason", record.reason);
  return record;
}

std::string to_json(const GoneRecord& record) { return text_of({{"given_up", record.given_up}, {"since_ms", record.since_ms}}); }

std::optional<GoneRecord> gone_from_json(std::string_view text) {
  const auto json = object_from(text);
  if (!json) return std::nullopt;
  GoneRecord record;
  read(*json, "given_up", record.given_up);
  read(*json, "since_ms", record.since_ms);
  return record;
}

std::string to_json(const RefusedRecord& record) { return text_of({{"reports", record.reports}, {"last_ms", record.last_ms}}); }

std::optional<RefusedRecord> refused_from_json(std::string_view text) {
  const auto json = object_from(text);
  if (!json) return std::nullopt;
  RefusedRecord record;
  read(*json, "reports", record.reports);
  read(*json, "last_ms", record.last_ms);
  return record;
}

std::string to_json(const FreezeRecord& record) {
  return text_of({{"gone", record.gone}, {"agents", record.agents}, {"since_ms", record.since_ms}});
}

std::optional<FreezeRecord> freeze_from_json(std::string_view text) {
  const auto json = object_from(text);
  if (!json) return std::nullopt;
  FreezeRecord record;
  read(*json, "gone", record.gone);
  read(*json, "agents", record.agents);
  read(*json, "since_ms", record.since_ms);
  return record;
}

std::string to_json(const SubmittedRecord& record) { return text_of({{"specs", record.specs}, {"digest", record.digest}}); }

std::optional<SubmittedRecord> submitted_from_json(std::string_view text) {
  const auto json = object_from(text);
  if (!json) return std::nullopt;
  SubmittedRecord record;
  read(*json, "specs", record.specs);
  read(*json, "digest", record.digest);
  return record;
}

}  // namespace conclave::scheduler
