#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <thread>

#include "conclave/scheduler_core/agents.hpp"
#include "verbs.hpp"

namespace conclave::scheduler {
namespace {

using nlohmann::json;
using recipes::core::Call;

std::string text_of(const json& object) { return object.dump(-1, ' ', false, json::error_handler_t::replace); }

json parsed(const std::string& text) { return json::parse(text, nullptr, false); }

std::string time_of(std::int64_t wall_ms) {
  if (wall_ms == 0) return "-";
  const std::time_t time = wall_ms / 1000;
  std::tm parts{};
  char text[32];
  return gmtime_r(&time, &parts) != nullptr && std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) > 0 ? text : "-";
}

Result<Picture> look(const Session& session) {
  return session.wait_for<Picture>([&](Call call) { return session.board().look(std::move(call)); });
}

void print_freeze(const Picture& picture) {
  if (picture.freeze)
    std::printf(
        "FROZEN since %s: %llu of %llu agents vanished together; nothing is taken from them until they return or `unfreeze`\n",
        time_of(picture.freeze->since_ms).c_str(), static_cast<unsigned long long>(picture.freeze->gone),
        static_cast<unsigned long long>(picture.freeze->agents));
}

int list(const Session& session, bool as_json, const std::string& phase) {
  const auto picture = look(session);
  if (!picture) return report(picture.error());
  if (!phase.empty() && !phase_from(phase))
    return report(Error{Errc::invalid_argument, "--phase: there is no phase '" + phase + "'"});
  std::vector<std::pair<std::string, const Job*>> jobs;
  for (const auto& [name, job] : picture->jobs)
    if (phase.empty() || name_of(job.record.phase) == phase) jobs.emplace_back(name, &job);
  std::stable_sort(jobs.begin(), jobs.end(), [](const auto& a, const auto& b) { return a.second->created < b.second->created; });
  if (as_json) {
    json all = json::array();
    for (const auto& [name, job] : jobs) {
      json one = parsed(to_json(job->record));
      one["job"] = name;
      all.push_back(std::move(one));
    }
    std::printf("%s\n", text_of({{"jobs", all}}).c_str());
    return exit_ok;
  }
  print_freeze(*picture);
  std::printf("%-28s %-10s %5s %5s %-16s %s\n", "JOB", "PHASE", "EPOCH", "FAILS", "AGENT", "WHY");
  for (const auto& [name, job] : jobs)
    std::printf("%-28s %-10s %5llu %5llu %-16s %s\n", name.c_str(), std::string(name_of(job->record.phase)).c_str(),
                static_cast<unsigned long long>(job->record.epoch), static_cast<unsigned long long>(job->record.failures),
                job->record.agent.empty() ? "-" : job->record.agent.c_str(), job->record.reason.c_str());
  return exit_ok;
}

int agents(const Session& session, bool as_json) {
  const auto picture = look(session);
  if (!picture) return report(picture.error());
  json all = json::array();
  if (!as_json) print_freeze(*picture);
  if (!as_json)
    std::printf("%-20s %-9s %5s %9s %9s %5s %7s %s\n", "AGENT", "STATE", "JOBS", "CPU_MILLI", "MEM_MIB", "SLOTS", "REFUSED",
                "LABELS");
  for (const auto& [name, agent] : agents_of(*picture)) {
    const auto row = picture->agents.find(name);
    const AgentRecord record = row == picture->agents.end() ? AgentRecord() : row->second.record;
    if (as_json) {
      json one = row == picture->agents.end() ? json::object() : parsed(to_json(record));
      one["agent"] = name;
      one["state"] = name_of(agent.state);
      one["jobs"] = agent.jobs.size();
      one["refused"] = agent.refused;
      all.push_back(std::move(one));
      continue;
    }
    std::string labels;
    for (const auto& [label, value] : record.labels) labels += (labels.empty() ? "" : ",") + label + "=" + value;
    const Resources& has = record.capacity;
    std::printf("%-20s %-9s %5llu %9llu %9llu %5llu %7llu %s\n", name.c_str(), std::string(name_of(agent.state)).c_str(),
                static_cast<unsigned long long>(agent.jobs.size()), static_cast<unsigned long long>(has.cpu_milli),
                static_cast<unsigned long long>(has.memory_mib), static_cast<unsigned long long>(has.slots),
                static_cast<unsigned long long>(agent.refused), labels.c_str());
  }
  if (as_json) {
    json out{{"agents", all}, {"frozen", picture->freeze.has_value()}};
    if (picture->freeze) out["freeze"] = parsed(to_json(*picture->freeze));
    std::printf("%s\n", text_of(out).c_str());
  }
  return exit_ok;
}

int show(const Session& session, bool as_json, const std::string& name) {
  const auto shown = session.wait_for<Board::Shown>([&](Call call) { return session.board().show(name, std::move(call)); });
  if (!shown) return report(shown.error());
  json out{{"spec", parsed(to_json(shown->spec))}, {"jobs", json::object()}};
  for (const auto& [job, row] : shown->jobs) {
    json one = parsed(to_json(row.record));
    const auto runs = shown->runs.find(job);
    if (runs != shown->runs.end())
      for (const auto& [epoch, run] : runs->second) one["runs"][std::to_string(epoch)] = parsed(to_json(run));
    out["jobs"][job] = std::move(one);
  }
  std::printf("%s\n", out.dump(as_json ? -1 : 2, ' ', false, json::error_handler_t::replace).c_str());
  return exit_ok;
}

int top(const Session& session, double every, std::uint64_t rounds) {
  const bool is_screen = isatty(STDOUT_FILENO) == 1;
  for (std::uint64_t round = 0; rounds == 0 || round < rounds; ++round) {
    if (round > 0) std::this_thread::sleep_for(milliseconds_of(every));
    const auto picture = look(session);
    if (!picture) return report(picture.error());
    std::map<std::string, std::uint64_t> phases, states;
    for (const auto& [name, job] : picture->jobs) ++phases[std::string(name_of(job.record.phase))];
    const auto all = agents_of(*picture);
    for (const auto& [name, agent] : all) ++states[std::string(name_of(agent.state))];
    if (is_screen) std::printf("\033[H\033[2J");
    print_freeze(*picture);
    std::printf("jobs  ");
    for (const auto& [phase, count] : phases) std::printf(" %s=%llu", phase.c_str(), static_cast<unsigned long long>(count));
    std::printf("\nagents");
    for (const auto& [state, count] : states) std::printf(" %s=%llu", state.c_str(), static_cast<unsigned long long>(count));
    std::printf("\n");
    for (const auto& [name, agent] : all)
      std::printf("%-20s %-9s %5llu jobs\n", name.c_str(), std::string(name_of(agent.state)).c_str(),
                  static_cast<unsigned long long>(agent.jobs.size()));
    std::fflush(stdout);
  }
  return exit_ok;
}

}  // namespace

void add_looking(CLI::App& app, Verb& verb) {
  struct Flags {
    std::string name, phase;
    double every = 2;
    std::uint64_t rounds = 0;
  };
  const auto flags = std::make_shared<Flags>();
  const auto add = [&](const char* word, const char* help, auto act) {
    auto* const command = app.add_subcommand(word, help);
    command->callback([act, &verb] {
      verb = [act](const GlobalFlags& global) {
        auto session = Session::open(global, "conclave-scheduler");
        if (!session) return report(session.error());
        return act(*session, global.json);
      };
    });
    return command;
  };
  add("list", "all jobs, the oldest first", [flags](const Session& s, bool as_json) {
    return list(s, as_json, flags->phase);
  })->add_option("--phase", flags->phase, "only those that are pending, running, succeeded, dead, ...");
  add("show", "all about a job, or an array: its spec, where it stands, its runs and the end of their output",
      [flags](const Session& s, bool as_json) { return show(s, as_json, flags->name); })
      ->add_option("job", flags->name)
      ->required();
  add("agents", "all agents, and whether work is frozen", [](const Session& s, bool as_json) { return agents(s, as_json); });
  auto* const top_command = add("top", "how many jobs and agents are in which state, again and again",
                                [flags](const Session& s, bool) { return top(s, flags->every, flags->rounds); });
  top_command->add_option("--every", flags->every, "seconds")->capture_default_str();
  top_command->add_option("--rounds", flags->rounds, "end after so many; 0: never");
}

}  // namespace conclave::scheduler
