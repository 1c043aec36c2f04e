/// Busy clusters for a long time: many entries, faults that come and go, crashes, compaction, membership changes and transfers.
#include "conclave/test/catch.hpp"
#include "network.hpp"

using namespace conclave;
using namespace conclave::raft;
using namespace conclave::raft::test;

namespace {

class Chaos {
 public:
  explicit Chaos(std::uint64_t seed) : prng_(seed * 7919 + 1), network_(options(prng_, seed)) {}

  void disturb() {
    if (prng_.chance(1, 40)) network_.faults = draw_faults();
    if (prng_.chance(1, 30)) network_.heal();
    if (prng_.chance(1, 120)) network_.isolate(any());
    if (prng_.chance(1, 120)) network_.cut(any(), any());
    const std::uint64_t id = any();
    if (!network_.member(id).is_up()) {
      if (prng_.chance(1, 6)) network_.restart(id);
    } else if (prng_.chance(1, 80)) {
      network_.member(id).execute_writes(prng_.below(3));
      network_.crash(id);
    } else {
      act(id);
    }
  }
  void run(int ticks) {
    for (int i = 0; i < ticks; ++i) {
      disturb();
      network_.tick();
      check_reads();
    }
  }
  /// Ends all faults; true if everybody agrees on one more entry.
  [[nodiscard]] bool converge() {
    network_.faults = {};
    network_.heal();
    for (const auto& [id, member] : network_.members()) {
      if (!member->is_up()) network_.restart(id.value());
    }
    // A change that is under way goes first; then one more entry must reach everybody in the membership.
    const auto settled = [&] { return network_.leader() != 0 && network_.core(network_.leader()).membership_committed(); };
    if (!network_.tick_until(settled, 1000)) return false;
    EntryId id;
    const auto proposed = [&] {
      const std::uint64_t leader = network_.leader();
      const auto made = leader == 0 ? Result<EntryId>(fail(Errc::not_leader)) : network_.core(leader).propose(Bytes("end"));
      if (made) id = *made;
      return made.has_value();
    };
    if (!network_.tick_until(proposed, 1000)) return false;
    return network_.tick_until([&] { return network_.leader() != 0 && network_.all_applied(members_of(network_.leader()), id); },
                               1000);
  }
  [[nodiscard]] Network& network() { return network_; }

 private:
  static NetworkOptions options(Prng& prng, std::uint64_t seed) {
    NetworkOptions options;
    options.seed = seed;
    if (prng.chance(1, 3)) options.voters = {1, 2, 3, 4, 5};
    const bool tight = prng.chance(1, 2);
    Prng limits = prng.split(1);
    options.configure = [tight, limits](Config& config) mutable {
      config.snapshot_chunk_bytes = limits.between(20, 400);
      config.snapshot_retry_ticks = 5;
      config.memory_log_bytes_max = limits.between(1, 2000);
      if (!tight) return;
      config.append_entries_max = limits.between(1, 5);
      config.inflight_messages_max = limits.between(1, 4);
      config.writes_in_flight_max = limits.between(1, 3);
      config.write_bytes_max = limits.between(1, 300);
      config.apply_bytes_max = limits.between(1, 300);
      config.uncommitted_bytes_max = limits.between(100, 2000);
    };
    return options;
  }
  [[nodiscard]] std::uint64_t any() { return prng_.between(1, network_.members().size()); }
  [[nodiscard]] Faults draw_faults() {
    if (prng_.chance(1, 2)) return {};
    return {.loss = prng_.below(300),
            .duplicate = prng_.below(100),
            .delay_ticks_max = prng_.below(4),
            .disk_idle = prng_.below(900),
            .apply_idle = prng_.below(500)};
  }
  [[nodiscard]] std::vector<std::uint64_t> members_of(std::uint64_t leader) {
    std::vector<std::uint64_t> ids;
    for (const auto& record : network_.core(leader).membership().members) ids.push_back(record.id.value());
    return ids;
  }
  void act(std::uint64_t id) {
    Core& core = network_.core(id);
    for (std::uint64_t i = prng_.below(6); i > 0; --i) {
      if (const std::uint64_t leader = network_.leader(); leader != 0)
        (void)network_.core(leader).propose(Bytes(std::to_string(++count_)));
    }
    if (prng_.chance(1, 3)) begin_read(id);
    if (prng_.chance(1, 15)) network_.member(id).compact(Index(prng_.below(network_.member(id).state().last().index.value() + 1)));
    if (prng_.chance(1, 60)) core.on_link_closed(MemberId(any()));
    if (prng_.chance(1, 60)) core.on_unreachable(MemberId(any()));
    if (prng_.chance(1, 80)) (void)core.transfer_leadership(MemberId(any()));
    if (prng_.chance(1, 25)) change_membership();
  }
  void change_membership() {
    const std::uint64_t leader = network_.leader();
    if (leader == 0) return;
    std::vector<std::uint64_t> voters;
    std::vector<std::uint64_t> learners;
    std::vector<MemberId> promote;
    for (const auto& [id, member] : network_.members()) {
      const std::uint64_t what = prng_.below(6);
      if (what < 4) voters.push_back(id.value());
      if (what != 4) continue;
      learners.push_back(id.value());
      if (prng_.chance(1, 2)) promote.push_back(id);
    }
    (void)network_.core(leader).propose_membership(bench_records(voters), bench_records(learners), promote);
  }
  void begin_read(std::uint64_t id) {
    const auto round = network_.core(id).begin_read();
    if (!round) return;
    Index committed;
    for (const auto& [other, member] : network_.members()) {
      if (member->is_up()) committed = std::max(committed, member->core().status().committed);
    }
    asked_[{MemberId(id), *round}] = std::max(committed, asked_[{MemberId(id), *round}]);
  }
  void check_reads() {
    for (const auto& [id, grant] : std::exchange(network_.reads, {})) {
      const auto asked = asked_.find({id, grant.round});
      REQUIRE(asked != asked_.end());
      REQUIRE(grant.index >= asked->second);
      ++granted;
    }
  }

  Prng prng_;
  Network network_;
  std::uint64_t count_ = 0;
  std::map<std::pair<MemberId, ReadRoundId>, Index> asked_;

 public:
  std::size_t granted = 0;
};

}  // namespace

TEST_CASE("a busy cluster stays consistent through faults and goes on after them", "[chaos]") {
  std::size_t granted = 0;
  std::size_t chunks = 0;
  std::uint64_t committed = 0;
  const char* const wanted = std::getenv("CONCLAVE_RAFT_CHAOS");  // FIRST:COUNT
  const std::string range = wanted == nullptr ? "1:8" : wanted;
  const std::uint64_t first = std::stoull(range);
  const std::uint64_t count = std::stoull(range.substr(range.find(':') + 1));
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    INFO("seed " << seed);
    Chaos chaos(seed);
    REQUIRE_NOTHROW(chaos.run(600));
    REQUIRE(chaos.converge());
    granted += chaos.granted;
    chunks += chaos.network().snapshot_chunks;
    committed += chaos.network().status(chaos.network().leader()).committed.value();
  }
  // Faults that leave nothing to do would prove nothing.
  CHECK(granted > count);
  CHECK(chunks > 0);
  CHECK(committed > 100 * count);
}
