#include <deque>

#include "conclave/codec/batch_codec.hpp"
#include "conclave/test/catch.hpp"
#include "contract/log_store_contract.hpp"
#include "contract/snapshot_store_contract.hpp"
#include "contract/state_store_contract.hpp"
#include "engine/sim_storage.hpp"

namespace conclave::sim {
namespace {

/// The simulated disk as the contract's medium: time passes only while the suite waits.
class SimMedium final : public contract::Medium {
 public:
  SimMedium() : world_(1), storage_(world_, DiskSettings(), 1, bootstrap()) {
    storage_.deliver = [this](engine::Event event) { events_.push_back(std::move(event)); };
  }

  contract::Stores open() override {
    auto recovered = storage_.open({}, batches_);
    REQUIRE(recovered.has_value());
    return {&storage_.log(), &storage_.state(), &storage_.snapshots(), std::move(*recovered)};
  }
  void crash() override {
    storage_.crash();
    events_.clear();
  }
  void close() override {
    storage_.close();
    events_.clear();
  }
  std::optional<engine::Event> next() override {
    for (int waited = 0; events_.empty() && waited < 5000; ++waited) world_.run_until(world_.now() + milliseconds(1));
    if (events_.empty()) return std::nullopt;
    engine::Event event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

 private:
  static raft::Membership bootstrap() {
    raft::Membership membership;
    membership.voters = {MemberId(1)};
    membership.members = {raft::Member{MemberId(1), Incarnation(1), "m1", "peer1", "client1"}};
    return membership;
  }

  World world_;
  codec::BatchCodec batches_;
  SimStorage storage_;
  std::deque<engine::Event> events_;
};

std::unique_ptr<contract::Medium> make_medium() { return std::make_unique<SimMedium>(); }

}  // namespace

TEST_CASE("the simulated disk keeps the log store's contract") { contract::log_store_contract(make_medium); }
TEST_CASE("the simulated disk keeps the state store's contract") { contract::state_store_contract(make_medium); }
TEST_CASE("the simulated disk keeps the snapshot store's contract") { contract::snapshot_store_contract(make_medium); }

}  // namespace conclave::sim
