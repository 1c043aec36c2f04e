#include "interaction_world.hpp"

#include <algorithm>
#include <stdexcept>

namespace conclave::raft::test {

const std::map<std::string, void (World::*)(const World::Command&)>& World::commands() const {
  static const std::map<std::string, void (World::*)(const Command&)> table = {
      {"add-nodes", &World::add_nodes},
      {"crash", &World::crash},
      {"restart", &World::restart},
      {"campaign", &World::campaign},
      {"tick", &World::tick},
      {"tick-heartbeat", &World::tick_heartbeat},
      {"tick-election", &World::tick_election},
      {"propose", &World::propose},
      {"propose-membership", &World::propose_membership},
      {"read", &World::read},
      {"transfer", &World::transfer},
      {"link-closed", &World::link_closed},
      {"unreachable", &World::unreachable},
      {"stamp", &World::stamp},
      {"compact", &World::compact},
      {"checkpoint", &World::checkpoint},
      {"ready", &World::ready},
      {"durable", &World::durable},
      {"execute", &World::execute},
      {"applied", &World::applied},
      {"log-read", &World::log_read},
      {"snapshot-read", &World::snapshot_read},
      {"snapshot-stored", &World::snapshot_stored},
      {"deliver", &World::deliver},
      {"drop", &World::drop},
      {"duplicate", &World::duplicate},
      {"cut", &World::cut},
      {"heal", &World::heal},
      {"stabilize", &World::stabilize},
      {"status", &World::status},
      {"log", &World::log},
      {"disk", &World::disk},
      {"state", &World::state},
      {"messages", &World::messages},
      {"members", &World::members},
  };
  return table;
}

std::string World::run(const Command& command) {
  const auto found = commands().find(command.name);
  if (found == commands().end()) throw std::invalid_argument("unknown command " + command.name);
  out_.clear();
  quiet_ = std::find(command.values.begin(), command.values.end(), "quiet") != command.values.end();
  (this->*found->second)(command);
  oracle_.check_members(members_);
  return std::move(out_);
}

Member& World::member(std::uint64_t id) {
  const auto found = members_.find(MemberId(id));
  if (found == members_.end()) throw std::invalid_argument("there is no member " + std::to_string(id));
  return *found->second;
}

std::vector<Member*> World::chosen(const Command& command) {
  std::vector<Member*> result;
  for (const auto& word : command.values)
    if (word != "quiet") result.push_back(&member(std::stoull(word)));
  if (!result.empty()) return result;
  for (const auto& [id, each] : members_)
    if (each->is_up()) result.push_back(each.get());
  return result;
}

void World::print(const std::string& line) {
  if (!quiet_) out_ += line + "\n";
}

void World::print_indented(const std::string& text) {
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = text.find('\n', start);
    print("  " + text.substr(start, end - start));
    start = end == std::string::npos ? text.size() : end + 1;
  }
}

}  // namespace conclave::raft::test
