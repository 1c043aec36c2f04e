#include "core/nemesis.hpp"

namespace conclave::sim {

void Nemesis::start(Instant until) {
  until_ = until;
  next();
}

void Nemesis::next() {
  const Duration wait = prng_.between(swarm_.fault_interval / 4, swarm_.fault_interval * 2);
  world_.after(wait, "nemesis", [this] {
    if (world_.now() >= until_) return;
    std::uint64_t total = 0;
    for (const auto weight : swarm_.weights) total += weight;
    if (total == 0) return;
    std::uint64_t pick = prng_.below(total);
    std::size_t fault = 0;
    while (pick >= swarm_.weights[fault]) pick -= swarm_.weights[fault++];
    world_.trace().note(name_of(static_cast<Fault>(fault)));
    inflict(static_cast<Fault>(fault), prng_.between(milliseconds(20), swarm_.fault_lasts_max));
    next();
  });
}

Endpoint Nemesis::any_node() {
  const auto nodes = target_.nodes();
  return nodes[prng_.below(nodes.size())];
}

Endpoint Nemesis::leader_or_any() {
  const auto leader = target_.leader();
  return leader ? *leader : any_node();
}

std::vector<Endpoint> Nemesis::everybody() const {
  auto all = target_.nodes();
  const auto clients = target_.clients();
  all.insert(all.end(), clients.begin(), clients.end());
  return all;
}

void Nemesis::cut(Endpoint from, Endpoint to, Duration lasts) {
  network_.cut(from, to);
  world_.after(lasts, "mend", [this, from, to] { network_.mend(from, to); });
}

void Nemesis::split(const std::vector<Endpoint>& one, const std::vector<Endpoint>& other, Duration lasts, bool both_ways) {
  for (const auto a : one) {
    for (const auto b : other) {
      cut(a, b, lasts);
      if (both_ways) cut(b, a, lasts);
    }
  }
}

void Nemesis::isolate(Endpoint node, Duration lasts) {
  std::vector<Endpoint> others;
  // Half of the time the isolated node keeps its clients: that is how a deposed leader goes on being asked.
  for (const auto each : prng_.chance(1, 2) ? everybody() : target_.nodes())
    if (each != node) others.push_back(each);
  split({node}, others, lasts, prng_.chance(3, 4));
}

void Nemesis::crash(Endpoint node, Duration lasts) {
  if (!target_.is_up(node)) return;
  target_.crash(node);
  world_.after(lasts, "restart", [this, node] {
    if (!target_.is_up(node)) target_.restart(node);
  });
}

void Nemesis::clog_into(Endpoint node, Duration lasts) {
  for (const auto other : target_.nodes())
    if (other != node) network_.clog(other, node, world_.now() + lasts);
}

void Nemesis::inflict(Fault fault, Duration lasts) {
  switch (fault) {
    case Fault::partition_halves:
    case Fault::isolate_one:
    case Fault::isolate_leader:
    case Fault::cut_links:
    case Fault::cut_one_way:
    case Fault::cut_clients:
    case Fault::clog_links:
    case Fault::clog_into_leader:
    case Fault::close_link: inflict_on_links(fault, lasts); return;
    case Fault::crash_one:
    case Fault::crash_leader:
    case Fault::crash_all:
    case Fault::pause:
    case Fault::pause_leader:
    case Fault::slow_disk:
    case Fault::fail_disk:
    case Fault::transfer:
    case Fault::transfer_under_clog:
    case Fault::change_membership:
    case Fault::checkpoint:
    case Fault::fill_disk: inflict_on_nodes(fault, lasts); return;
  }
}

void Nemesis::inflict_on_links(Fault fault, Duration lasts) {
  const auto nodes = target_.nodes();
  if (fault == Fault::partition_halves || fault == Fault::cut_one_way) {
    std::vector<Endpoint> all = everybody();
    prng_.shuffle(all);
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(prng_.below(all.size() + 1));
    split({all.begin(), middle}, {middle, all.end()}, lasts, fault == Fault::partition_halves);
  } else if (fault == Fault::isolate_one) {
    isolate(any_node(), lasts);
  } else if (fault == Fault::isolate_leader) {
    isolate(leader_or_any(), lasts);
  } else if (fault == Fault::cut_links) {
    const std::uint64_t percent = prng_.between(10, 70);
    for (const auto a : nodes)
      for (const auto b : nodes)
        if (a != b && prng_.chance(percent, 100)) cut(a, b, prng_.between(lasts / 2, lasts));
  } else if (fault == Fault::cut_clients) {
    for (const auto client : target_.clients())
      for (const auto node : nodes)
        if (prng_.chance(1, 2)) split({client}, {node}, lasts, prng_.chance(1, 2));
  } else if (fault == Fault::clog_links) {
    for (const auto a : nodes)
      for (const auto b : nodes)
        if (a != b && prng_.chance(1, 2)) network_.clog(a, b, world_.now() + prng_.between(lasts / 4, lasts));
  } else if (fault == Fault::clog_into_leader) {
    clog_into(leader_or_any(), lasts);
  } else {
    target_.close_link(any_node(), any_node());
  }
}

void Nemesis::inflict_on_nodes(Fault fault, Duration lasts) {
  const auto nodes = target_.nodes();
  if (fault == Fault::crash_one) {
    crash(any_node(), lasts);
  } else if (fault == Fault::crash_leader) {
    crash(leader_or_any(), lasts);
  } else if (fault == Fault::crash_all) {
    for (const auto node : nodes) crash(node, prng_.between(lasts / 4, lasts));
  } else if (fault == Fault::pause) {
    target_.pause(any_node(), lasts, prng_.chance(1, 2));
  } else if (fault == Fault::pause_leader) {
    target_.pause(leader_or_any(), lasts, prng_.chance(1, 2));
  } else if (fault == Fault::slow_disk) {
    target_.slow_disk(any_node(), lasts);
  } else if (fault == Fault::fail_disk) {
    const Endpoint node = any_node();
    target_.fail_disk(node);
    world_.after(lasts, "restart", [this, node] {
      if (!target_.is_up(node)) target_.restart(node);
    });
  } else if (fault == Fault::transfer) {
    target_.transfer(leader_or_any(), any_node());
  } else if (fault == Fault::transfer_under_clog) {
    // The old leader learns late that it was deposed, while answers to what it asked before are still on their way to it.
    const Endpoint from = leader_or_any();
    target_.transfer(from, any_node());
    world_.after(prng_.between(Duration(0), milliseconds(20)), "clog", [this, from, lasts] { clog_into(from, lasts); });
  } else if (fault == Fault::fill_disk) {
    target_.fill_disk(any_node(), lasts, prng_.chance(1, 3));
  } else if (fault == Fault::change_membership) {
    target_.change_membership(prng_);
  } else {
    target_.checkpoint(any_node());
  }
}

}  // namespace conclave::sim
