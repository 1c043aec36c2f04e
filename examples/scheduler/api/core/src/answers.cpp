#include "conclave/scheduler_api/answers.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace conclave::scheduler::api {
namespace {

using Json = nlohmann::json;

constexpr std::size_t command_bytes_max = 200;  // of what lists show

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

Json parsed(const std::string& text) { return Json::parse(text, nullptr, false); }

std::string short_command(const Spec& spec) {
  std::string text;
  for (const std::string& word : spec.command) {
    if (text.size() > command_bytes_max) break;
    text += (text.empty() ? "" : " ") + word;
  }
  if (text.size() <= command_bytes_max) return text;
  std::size_t end = command_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;  // not within a character
  return text.substr(0, end) + "…";
}

Json job_object(const std::string& name, const Job& job, const Spec* spec) {
  Json json = parsed(to_json(job.record));
  json["job"] = name;
  json["created"] = job.created.value();
  json["revision"] = job.changed.value();
  if (spec == nullptr) return json;
  json["priority"] = spec->priority;
  json["command"] = short_command(*spec);
  if (!spec->after.empty()) json["after"] = spec->after;
  return json;
}

void add(Resources& to, const Resources& more) {
  to.cpu_milli += more.cpu_milli;
  to.memory_mib += more.memory_mib;
  to.slots += more.slots;
}

Json agent_object(const Picture& picture, const std::string& name, const std::set<std::string>& jobs) {
  const auto state = state_of_agent(picture, name, !jobs.empty());
  if (!state) return nullptr;
  Json json = Json::object();
  if (const auto row = picture.agents.find(name); row != picture.agents.end()) json = parsed(to_json(row->second.record));
  Resources used;
  used.slots = 0;
  for (const std::string& job : jobs)
    if (const Spec* const spec = picture.spec_of(job)) add(used, spec->resources);
  json["agent"] = name;
  json["state"] = name_of(*state);
  json["jobs"] = jobs.size();
  json["used"] = {{"cpu_milli", used.cpu_milli}, {"memory_mib", used.memory_mib}, {"slots", used.slots}};
  const auto refused = picture.refused.find(name);
  json["refused"] = refused == picture.refused.end() ? 0 : refused->second.reports;
  if (const auto drain = picture.drains.find(name); drain != picture.drains.end()) json["drain"] = parsed(to_json(drain->second));
  if (const auto gone = picture.gone.find(name); gone != picture.gone.end()) json["gone"] = parsed(to_json(gone->second));
  return json;
}

bool is_wanted(const ListQuery& query, const std::string& name, const Job& job) {
  if (!query.phases.empty() && std::find(query.phases.begin(), query.phases.end(), job.record.phase) == query.phases.end())
    return false;
  if (!query.agent.empty() && job.record.agent != query.agent) return false;
  return query.spec.empty() || name == query.spec || spec_of(name) == query.spec;
}

Json freeze_of(const Picture& picture) { return picture.freeze ? parsed(to_json(*picture.freeze)) : Json(nullptr); }

}  // namespace

std::string job_json(const std::string& name, const Job& job, const Spec* spec) { return text_of(job_object(name, job, spec)); }

std::string agent_json(const Picture& picture, const std::string& name, const std::set<std::string>& jobs) {
  return text_of(agent_object(picture, name, jobs));
}

std::string list_json(const Picture& picture, Revision revision, const ListQuery& query) {
  struct Found {
    Place place;
    const Job* job;
  };
  std::vector<Found> found;
  for (const auto& [name, job] : picture.jobs)
    if (is_wanted(query, name, job)) found.push_back({{job.created, name}, &job});
  const std::size_t total = found.size();
  const auto before = [&](const Place& a, const Place& b) { return query.newest_first ? is_before(b, a) : is_before(a, b); };
  if (query.after) std::erase_if(found, [&](const Found& each) { return !before(*query.after, each.place); });
  const std::size_t shown = std::min(found.size(), query.limit);
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(shown), found.end(),
                    [&](const Found& a, const Found& b) { return before(a.place, b.place); });
  Json jobs = Json::array();
  for (std::size_t i = 0; i < shown; ++i)
    jobs.push_back(job_object(found[i].place.job, *found[i].job, picture.spec_of(found[i].place.job)));
  Json json{{"revision", revision.value()}, {"total", total}, {"jobs", std::move(jobs)}};
  if (shown < found.size()) json["next"] = page_of(found[shown - 1].place);
  return text_of(json);
}

std::string agents_json(const Picture& picture, Revision revision) {
  Json all = Json::array();
  for (const auto& [name, agent] : agents_of(picture)) all.push_back(agent_object(picture, name, agent.jobs));
  return text_of({{"revision", revision.value()}, {"agents", std::move(all)}, {"freeze", freeze_of(picture)}});
}

std::string status_json(const Picture& picture, Revision revision) {
  std::map<std::string, std::uint64_t> phases, states;
  for (const auto& [name, job] : picture.jobs) ++phases[std::string(name_of(job.record.phase))];
  for (const auto& [name, agent] : agents_of(picture)) ++states[std::string(name_of(agent.state))];
  return text_of({{"revision", revision.value()},
                  {"jobs", phases},
                  {"agents", states},
                  {"frozen", picture.freeze.has_value()},
                  {"freeze", freeze_of(picture)}});
}

std::string shown_json(const Spec& spec, const ByName<Job>& jobs, const Runs& runs) {
  Json all = Json::object();
  for (const auto& [name, job] : jobs) {
    Json one = job_object(name, job, nullptr);
    one["runs"] = Json::object();
    if (const auto of_job = runs.find(name); of_job != runs.end())
      for (const auto& [epoch, run] : of_job->second) one["runs"][std::to_string(epoch)] = parsed(to_json(run));
    all[name] = std::move(one);
  }
  return text_of({{"spec", parsed(to_json(spec))}, {"jobs", std::move(all)}});
}

std::string submitted_json(const std::vector<std::string>& specs, bool is_new) {
  return text_of({{"jobs", specs}, {"new", is_new}});
}

std::string changed_json(std::uint64_t count) { return text_of({{"changed", count}}); }

}  // namespace conclave::scheduler::api
