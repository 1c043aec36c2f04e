#include "park.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace conclave::test {

using nlohmann::json;

Park::Park(ParkOptions options) : options_(std::move(options)), cluster_(options_.members) {
  schedulers_.resize(options_.schedulers);
  agents_.resize(options_.agents);
  for (std::size_t i = 0; i < options_.schedulers; ++i) start_scheduler(i);
  for (std::size_t i = 0; i < options_.agents; ++i) start_agent(i);
  if (!await_agents(options_.agents)) throw std::runtime_error("the agents do not come up\n" + logs());
}

std::vector<std::string> Park::words(std::vector<std::string> verb, std::vector<std::string> more) const {
  for (std::string& word : more)
    if (const auto at = word.find("DIR"); at != std::string::npos) word.replace(at, 3, directory().string());
  std::vector<std::string> all{program("conclave-scheduler"), "--endpoints", cluster_.endpoints(), "--timeout", "20"};
  all.insert(all.end(), verb.begin(), verb.end());
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

void Park::start_scheduler(std::size_t number) {
  schedulers_[number].emplace(words({"scheduler", "--ttl", "2", "--agent-ttl", "2", "--grace", options_.grace, "--freeze-window",
                                     "10", "--freeze-percent", options_.freeze_percent},
                                    options_.scheduler_flags),
                              directory() / ("scheduler" + std::to_string(number) + ".log"));
}

void Park::start_agent(std::size_t number) {
  const std::string name = "a" + std::to_string(number);
  agents_[number].emplace(words({"agent", "--agent", name, "--state", (directory() / name).string(), "--ttl", "2", "--slots",
                                 options_.slots, "--leave-within", "1"},
                                options_.agent_flags),
                          directory() / (name + ".log"));
}

Ran Park::verb(std::vector<std::string> verb, const std::string& input) const { return run(words(std::move(verb)), input); }

void Park::submit(const std::string& id, const std::string& shell, std::vector<std::string> flags) const {
  std::vector<std::string> all{"submit", "--id", id, "--env", "PARK=" + directory().string()};
  all.insert(all.end(), flags.begin(), flags.end());
  all.insert(all.end(), {"--", "sh", "-c", shell});
  const Ran ran = verb(all);
  if (ran.code != 0) throw std::runtime_error("submit " + id + ": " + ran.err);
}

json Park::look(std::vector<std::string> verb_words) const {
  verb_words.insert(verb_words.begin(), "--json");
  const Ran ran = verb(verb_words);
  return ran.code == 0 ? json::parse(ran.out, nullptr, false) : json();
}

std::map<std::string, json> Park::jobs() const {
  std::map<std::string, json> all;
  const json listed = look({"list"});
  if (listed.is_object())
    for (const json& job : listed["jobs"]) all[job["job"].get<std::string>()] = job;
  return all;
}

json Park::job(const std::string& name) const {
  const auto all = jobs();
  const auto found = all.find(name);
  return found == all.end() ? json() : found->second;
}

json Park::agent_row(std::size_t number) const {
  const json seen = look({"agents"});
  if (seen.is_object())
    for (const json& agent : seen["agents"])
      if (agent["agent"] == "a" + std::to_string(number)) return agent;
  return json();
}

bool Park::await_phase(const std::string& name, const std::string& phase, std::chrono::milliseconds patience) const {
  return await(patience, [&] {
    const json one = job(name);
    return one.is_object() && one["phase"] == phase;
  });
}

bool Park::await_agents(std::size_t ready) const {
  return await(std::chrono::seconds(30), [&] {
    const json seen = look({"agents"});
    return seen.is_object() &&
           static_cast<std::size_t>(std::count_if(seen["agents"].begin(), seen["agents"].end(),
                                                  [](const json& a) { return a["state"] == "ready"; })) == ready;
  });
}

std::string Park::logs() const {
  std::ostringstream all;
  for (const auto& entry : std::filesystem::directory_iterator(directory()))
    if (entry.path().extension() == ".log" && entry.path().filename().string().front() != 'n')
      all << entry.path().filename().string() << ":\n" << std::ifstream(entry.path()).rdbuf() << "\n";
  return all.str();
}

}  // namespace conclave::test
