#include <algorithm>
#include <stdexcept>

#include "conclave/raft/describe.hpp"
#include "interaction_world.hpp"

namespace conclave::raft::test {
namespace {

/// More steps than any script needs; a script that takes more has found a livelock.
constexpr int kStepsMax = 5000;

std::string kind_of(const Message& message) {
  const std::string text = describe(message);
  return text.substr(0, text.find(' '));
}

bool named_in(const std::vector<std::uint64_t>& ids, MemberId id) {
  return std::find(ids.begin(), ids.end(), id.value()) != ids.end();
}

}  // namespace

void World::take(Member& it) {
  Ready ready = it.take_ready();
  oracle_.saw_ready(it, ready);
  for (const auto& out : ready.messages) network_.push_back({it.id(), out.to, out.message});
  // An unchanged value says nothing new to a reader of the script.
  if (ready.durable == durable_printed_[it.id()])
    ready.durable = Index();
  else
    durable_printed_[it.id()] = ready.durable;
  print_indented(describe(ready));
}

void World::ready(const Command& command) {
  Member& it = member_of(command);
  if (!it.core().has_ready())
    print("nothing");
  else
    take(it);
}

void World::durable(const Command& command) {
  command.only({"w"});
  Member& it = member_of(command);
  if (it.writes().empty()) throw std::runtime_error("no write is in flight");
  it.finish_writes(command.has("w") ? WriteId(command.number("w")) : it.writes().back().id);
}

void World::execute(const Command& command) { member_of(command).execute_writes(command.number_or("n", 1)); }

void World::finish_apply(Member& it, Index to) { oracle_.saw_apply(it, it.finish_apply(to)); }

void World::applied(const Command& command) {
  command.only({"i"});
  Member& it = member_of(command);
  if (!it.has_to_apply()) throw std::runtime_error("nothing was handed to apply");
  finish_apply(it, command.has("i") ? Index(command.number("i")) : it.last_to_apply());
}

void World::log_read(const Command& command) { print(member_of(command).answer_log_read()); }

void World::snapshot_read(const Command& command) {
  const bool none = std::find(command.values.begin(), command.values.end(), "none") != command.values.end();
  print(member_of(command).answer_snapshot_read(none));
}

void World::snapshot_stored(const Command& command) {
  const bool bad = std::find(command.values.begin(), command.values.end(), "bad") != command.values.end();
  print(member_of(command).answer_snapshot_received(bad));
}

bool World::pass_on(InFlight message) {
  const std::string link = to_string(message.from) + "->" + to_string(message.to) + " ";
  const auto to = members_.find(message.to);
  const bool lost = cut_.contains({message.from, message.to}) || to == members_.end() || !to->second->is_up();
  print(link + describe(message.message) + (lost ? " (lost)" : ""));
  if (!lost) to->second->core().step(message.from, std::move(message.message));
  return !lost;
}

bool World::deliver_to(MemberId to) {
  const auto next = std::find_if(network_.begin(), network_.end(), [to](const InFlight& each) { return each.to == to; });
  if (next == network_.end()) return false;
  InFlight message = std::move(*next);
  network_.erase(next);
  pass_on(std::move(message));
  return true;
}

namespace {

/// Positions in the network of what a deliver, drop or duplicate means: to=<value>, from=, kind=, the first n= of them, or the
/// `last` n= in reverse order.
template <class Network>
std::vector<std::size_t> selected(const conclave::test::Command& command, const Network& network) {
  command.only({"from", "kind", "n", "last"});
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < network.size(); ++i) {
    const auto& each = network[i];
    if (each.to.value() != command.number(0)) continue;
    if (command.has("from") && each.from.value() != command.number("from")) continue;
    if (command.has("kind") && kind_of(each.message) != command.text("kind")) continue;
    positions.push_back(i);
  }
  if (command.has("last")) {
    std::reverse(positions.begin(), positions.end());
    positions.resize(std::min<std::size_t>(positions.size(), command.number("last")));
  }
  if (command.has("n")) positions.resize(std::min<std::size_t>(positions.size(), command.number("n")));
  return positions;
}

/// Takes the items at these positions out, in the order of the positions.
template <class Network>
Network taken(Network& network, const std::vector<std::size_t>& positions) {
  Network result;
  for (const auto position : positions) result.push_back(network[position]);
  Network rest;
  for (std::size_t i = 0; i < network.size(); ++i)
    if (std::find(positions.begin(), positions.end(), i) == positions.end()) rest.push_back(std::move(network[i]));
  network = std::move(rest);
  return result;
}

}  // namespace

void World::deliver(const Command& command) {
  for (auto& each : taken(network_, selected(command, network_))) pass_on(std::move(each));
}

void World::drop(const Command& command) {
  for (const auto& each : taken(network_, selected(command, network_)))
    print(to_string(each.from) + "->" + to_string(each.to) + " " + describe(each.message) + " (dropped)");
}

void World::duplicate(const Command& command) {
  for (const auto position : selected(command, network_)) network_.push_back(network_[position]);
}

void World::cut(const Command& command) {
  const auto others = command.has("from") ? command.numbers("from") : std::vector<std::uint64_t>();
  for (const auto& [id, each] : members_) {
    if (id.value() == command.number(0) || (!others.empty() && !named_in(others, id))) continue;
    cut_.insert({id, MemberId(command.number(0))});
    cut_.insert({MemberId(command.number(0)), id});
  }
}

void World::heal(const Command&) { cut_.clear(); }

bool World::settle(Member& it, const Command& command) {
  const std::string name = to_string(it.id());
  bool worked = false;
  if (!it.is_up()) return deliver_to(it.id());
  if (it.core().has_ready()) {
    print(name + " ready");
    take(it);
    worked = true;
  }
  while (deliver_to(it.id())) worked = true;
  if (!it.writes().empty() && !named_in(command.numbers("hold-disk"), it.id())) {
    print(name + " durable w=" + to_string(it.writes().back().id));
    it.finish_writes(it.writes().back().id);
    worked = true;
  }
  if (it.has_to_apply() && !named_in(command.numbers("hold-apply"), it.id())) {
    print(name + " applied i=" + to_string(it.last_to_apply()));
    finish_apply(it, it.last_to_apply());
    worked = true;
  }
  for (; it.has_log_read(); worked = true) print(name + " log-read " + it.answer_log_read());
  for (; it.has_snapshot_read() && !command.has("hold-snapshot"); worked = true)
    print(name + " snapshot-read " + it.answer_snapshot_read());
  for (; it.has_snapshot_received(); worked = true) print(name + " snapshot-stored " + it.answer_snapshot_received());
  return worked;
}

void World::stabilize(const Command& command) {
  command.only({"hold-disk", "hold-apply", "hold-snapshot"});
  int steps = 0;
  for (bool worked = true; worked;) {
    worked = false;
    for (Member* const each : chosen(command)) {
      worked = settle(*each, command) || worked;
      oracle_.check_members(members_);
    }
    if (++steps > kStepsMax) throw std::runtime_error("the members do not come to rest");
  }
}

}  // namespace conclave::raft::test
