#include "conclave/test/catch.hpp"
#include "model.hpp"
#include "random_commands.hpp"

using namespace conclave;
using namespace conclave::mvcc;
using namespace conclave::mvcc::test;

namespace {

MachineConfig small_window() {
  MachineConfig config;
  config.history_window_bytes = 8'000;
  return config;
}

/// A machine and the model side by side.
class Pair {
 public:
  explicit Pair(std::uint64_t seed) : world_(small_window()), draw_(seed, world_.keep()) {}

  void step() {
    if (draw_.random().chance(1, 3)) world_.advance(milliseconds(draw_.random().below(1'500)));
    model_.advance_to(world_.now());
    const std::uint64_t kind = draw_.random().below(20);
    if (kind == 0) grant();
    if (kind == 1) revoke();
    if (kind == 2) renew();
    if (kind == 3) expire();
    if (kind == 4) compact();
    if (kind >= 5) operate();
    CHECK(world_.revision().value() == model_.revision);
    CHECK(keys_in(world_.machine()) == model_.keys);
    CHECK(world_.machine().lease_count() == model_.leases.size());
    read();
  }
  [[nodiscard]] const World& world() const { return world_; }

 private:
  void grant() {
    const milliseconds ttl(draw_.random().between(2'000, 6'000));
    const LeaseId id = world_.grant(ttl);
    model_.leases[id] = {ttl, model_.stamp + ttl};
    leases_.push_back(id);
  }

  void revoke() {
    const LeaseId id = draw_.lease(leases_);
    CHECK(world_.run(LeaseRevoke{id}).refused() != model_.alive(id));
    if (model_.alive(id)) model_.remove_lease(id);
  }

  void renew() {
    const std::vector<LeaseId> ids{draw_.lease(leases_), draw_.lease(leases_)};
    const Response response = world_.run(LeaseRenew{ids});
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const bool alive = model_.alive(ids[i]);
      CHECK(as<LeaseRenewed>(response).rows[i].ttl == (alive ? model_.leases[ids[i]].ttl : milliseconds{}));
      if (alive) model_.leases[ids[i]].deadline = model_.stamp + model_.leases[ids[i]].ttl;
    }
  }

  void expire() {
    // What a leader proposes: due ones, and one that may have been renewed meanwhile.
    std::vector<LeaseId> ids = world_.machine().leases_due(model_.stamp, 3);
    ids.push_back(draw_.lease(leases_));
    CHECK_FALSE(world_.run(ExpireLeases{ids}).refused());
    for (const LeaseId id : ids) {
      if (model_.leases.contains(id) && !model_.alive(id)) model_.remove_lease(id);
    }
  }

  void compact() {
    const std::uint64_t revision = draw_.random().below(model_.revision + 2);
    CHECK(world_.run(Compact{Revision(revision)}).refused() == (revision > model_.revision));
    if (revision <= model_.revision) model_.compacted = std::max(model_.compacted, revision);
  }

  void operate() {
    const Op op = draw_.operation(model_.revision, leases_, 3);
    std::vector<Guard> guards;
    bool fenced = false;
    if (draw_.random().chance(1, 8)) {
      const ByteView key = draw_.key();
      const auto found = model_.keys.find(std::string(key));
      guards.push_back(found == model_.keys.end() ? Guard{{}, key, Revision(1)}
                                                  : Guard{found->second.lease, key, Revision(found->second.create)});
      fenced = !model_.guard_holds(guards[0]);
      CHECK(world_.machine().guards_hold(guards) ==
            (found != model_.keys.end() && (guards[0].lease.is_zero() || lives(guards[0].lease))));
    }
    const Response response = world_.guarded(guards, op);
    CHECK((errc_of(response) == Errc::fenced) == fenced);
    CHECK(response.refused() == (fenced || !model_.run(op)));
  }

  /// At the stamp of the last entry applied, which is where reads are.
  [[nodiscard]] bool lives(LeaseId id) const {
    return model_.leases.contains(id) && model_.leases.at(id).deadline > world_.machine().stamp();
  }

  void read() {
    RangeOp op = draw_.range(model_.revision);
    const bool old = model_.revision > 0 && draw_.random().chance(1, 2);
    const std::uint64_t at = old ? draw_.random().between(1, model_.revision) : model_.revision;
    if (old) op.at = Revision(at);
    const bool needs_history = world_.machine().history_needed(op.at);
    const HistoryOverlay overlay = needs_history ? overlay_of(at) : HistoryOverlay{};
    const Result<RangeResult> result = world_.machine().range(op, needs_history ? &overlay : nullptr);
    if (old && at < model_.compacted) {
      REQUIRE_FALSE(result.has_value());
      CHECK(result.error().code == Errc::compacted);
      return;
    }
    REQUIRE(result.has_value());
    check_answer(op, *result, at == 0 ? ModelKeys{} : model_.past.at(at));
  }

  void check_answer(const RangeOp& op, const RangeResult& result, const ModelKeys& keys) const {
    const std::vector<std::string> wanted = model_.rows(op, keys);
    CHECK(result.count == wanted.size());
    if (op.count_only) {
      CHECK(result.kvs.empty());
      return;
    }
    const std::vector<std::string> got = keys_of(result);
    REQUIRE(got.size() <= wanted.size());
    CHECK(got == std::vector<std::string>(wanted.begin(), wanted.begin() + static_cast<std::ptrdiff_t>(got.size())));
    CHECK(result.more == (got.size() < wanted.size()));
    if (op.limit == 0 && op.limit_bytes == 0) CHECK(got.size() == wanted.size());
    if (op.limit != 0 && op.limit_bytes == 0) CHECK(got.size() == std::min<std::size_t>(op.limit, wanted.size()));
    const bool goes_on = result.more && op.sort_target == SortTarget::key && op.sort_order == SortOrder::ascending;
    CHECK(result.next_key == (goes_on ? wanted[got.size()] : ""));
    for (const KeyValuePtr& kv : result.kvs) {
      const ModelKey& key = keys.at(std::string(kv->key()));
      CHECK(kv->value() == key.value);
      CHECK(kv->mod_revision().value() == key.mod);
      CHECK(kv->create_revision().value() == key.create);
      CHECK(kv->version() == key.version);
    }
  }

  /// What would be read from history on disk: the keys that changed between `at` and the window.
  [[nodiscard]] HistoryOverlay overlay_of(std::uint64_t at) const {
    const ModelKeys& then = model_.past.at(at);
    std::set<std::string> changed;
    for (std::uint64_t revision = at; revision + 1 < world_.machine().window_start().value(); ++revision) {
      const ModelKeys& before = model_.past.at(revision);
      const ModelKeys& after = model_.past.at(revision + 1);
      for (const auto& [name, key] : before) {
        if (!after.contains(name) || after.at(name) != key) changed.insert(name);
      }
      for (const auto& [name, key] : after) {
        if (!before.contains(name)) changed.insert(name);
      }
    }
    HistoryOverlay overlay;
    for (const std::string& name : changed) {
      KeyValuePtr kv;
      if (then.contains(name)) {
        const ModelKey& key = then.at(name);
        kv = make_key_value(name, key.value, KeyValue::Versions{Revision(key.create), Revision(key.mod), key.version, key.lease});
      }
      overlay.rows.emplace_back(name, kv);
    }
    return overlay;
  }

  World world_;
  RandomCommands draw_;
  Model model_;
  std::vector<LeaseId> leases_;
};

/// Commands of every kind with sessions, for comparing machines with each other.
std::vector<Command> random_batch(RandomCommands& draw, const Machine& machine, Keep& keep) {
  std::vector<LeaseId> leases;
  for (const LeaseInfo& info : machine.leases(LeaseId(), 50).leases) leases.push_back(info.id);
  std::vector<Command> batch;
  Prng& random = draw.random();
  const std::uint64_t newest = machine.revision().value();
  for (std::uint64_t count = random.below(6); count > 0; --count) {
    Command command;
    switch (random.below(10)) {
      case 0:
        command.body = LeaseGrant{LeaseId(random.below(3)), milliseconds(random.between(1'000, 9'000)), draw.key(), draw.key()};
        break;
      case 1: command.body = SessionOpen{random.below(4), milliseconds(random.between(1'999, 9'000)), draw.key(), {}}; break;
      case 2:
        command.body =
            random.chance(1, 2) ? CommandBody(LeaseRevoke{draw.lease(leases)}) : CommandBody(SessionClose{draw.lease(leases)});
        break;
      case 3: command.body = LeaseRenew{keep.list(std::vector<LeaseId>{draw.lease(leases), draw.lease(leases)})}; break;
      case 4: command.body = ExpireLeases{keep.list(machine.leases_due(machine.stamp(), 5))}; break;
      case 5: command.body = Compact{Revision(random.below(newest + 2))}; break;
      default: command.body = draw.operation(newest, leases, 2);
    }
    if (random.chance(1, 2)) {
      command.envelope.session = draw.lease(leases);
      command.envelope.first_outstanding = RequestSeq(random.below(newest / 2 + 2));
      command.envelope.sequence = RequestSeq(command.envelope.first_outstanding.value() + random.below(8));
    }
    batch.push_back(command);
  }
  return batch;
}

std::string text_of(const Response& response) {
  std::string text =
      to_string(response.revision) + ":" + std::to_string(response.body.index()) + ":" + std::to_string(size_of(response));
  if (response.refused()) text += context_of(response);
  return text;
}

}  // namespace

TEST_CASE("the machine agrees with a model of maps, now and at every readable revision") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    Pair pair(seed);
    for (int i = 0; i < 150; ++i) pair.step();
    CHECK(pair.world().replays());
  }
}

TEST_CASE("machines that apply the same entries are equal, whatever their windows and restarts") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    World world;
    MachineConfig small = small_window();
    small.history_window_bytes = 700;
    Machine other(small);
    RandomCommands draw(seed, world.keep());
    for (int i = 0; i < 120; ++i) {
      if (draw.random().chance(1, 3)) world.advance(milliseconds(draw.random().below(2'000)));
      const std::vector<Command> batch = random_batch(draw, world.machine(), world.keep());
      // A restart of the other member in between: from rows alone.
      if (draw.random().chance(1, 15)) other = world.rows().restored(small);
      const ApplyResult& result = world.apply(batch);
      const ApplyResult twin = other.apply(other.applied().next(), Term(1), Batch{MachineVersion(1), world.now(), batch});
      REQUIRE(other.state_hash() == world.machine().state_hash());
      REQUIRE(twin.responses.size() == result.responses.size());
      for (std::size_t r = 0; r < batch.size(); ++r) REQUIRE(text_of(twin.responses[r]) == text_of(result.responses[r]));
      REQUIRE(twin.events.size() == result.events.size());
    }
    other.check_invariants();
    CHECK(world.replays());
  }
}

TEST_CASE("revisions of events are consecutive, and previous values link each key's versions") {
  World world;
  RandomCommands draw(77, world.keep());
  Revision newest;
  std::map<std::string, KeyValuePtr> current;
  for (int i = 0; i < 300; ++i) {
    world.advance(milliseconds(200));
    for (const EventBatchPtr& batch : world.apply(random_batch(draw, world.machine(), world.keep())).events) {
      CHECK(batch->revision == newest.next());
      newest = batch->revision;
      std::set<std::string> seen;
      for (const Event& event : batch->events) {
        const std::string key(event.kv->key());
        CHECK(seen.insert(key).second);
        CHECK(event.kv->mod_revision() == batch->revision);
        CHECK(event.prev == current[key]);
        CHECK(event.is_create() == (event.kind == EventKind::put && current[key] == nullptr));
        current[key] = event.kind == EventKind::put ? event.kv : nullptr;
      }
    }
  }
  CHECK(newest == world.revision());
}
