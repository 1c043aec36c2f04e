#include <future>
#include <memory>

#include "cluster.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::test;
using namespace std::chrono_literals;

namespace {

/// A key of a sequence under "q/", on a lease, and its turn.
class Place {
 public:
  explicit Place(Client& client) : client_(client) {
    auto lease = client.lease(60s);
    REQUIRE(lease);
    lease_.emplace(std::move(*lease));
    PutOp put;
    put.key = "q/";
    put.lease = lease_->id();
    put.sequence = true;
    const auto told = told_;  // the callbacks may come while this goes
    turn_ = client.queue_up(
        Write{std::move(put), {}}, {"q/", {}, 1}, std::nullopt,
        [told](Result<Reply> reply) {
          auto made = answer_as<PutResult>(std::move(reply));
          told->key.set_value(made ? Result<std::string>(made->key) : Result<std::string>(fail(made.error())));
        },
        [told](const WatchNotice& notice) { told->notice.set_value(notice); });
    key_ = told_->key.get_future();
    notice_ = told_->notice.get_future();
  }
  [[nodiscard]] Result<std::string> key() { return key_.get(); }
  [[nodiscard]] bool is_told() const { return notice_.wait_for(0s) == std::future_status::ready; }
  /// Whether its turn comes.
  [[nodiscard]] bool comes() {
    if (notice_.wait_for(20s) != std::future_status::ready) return false;
    const WatchNotice notice = notice_.get();
    const auto* fired = std::get_if<TurnFired>(&notice);
    return fired != nullptr && !fired->gone;
  }
  void leave(const std::string& key) { REQUIRE(client_.erase(Keys::one(key))); }

 private:
  struct Told {
    std::promise<Result<std::string>> key;
    std::promise<WatchNotice> notice;
  };
  Client& client_;
  std::optional<Lease> lease_;
  std::shared_ptr<Told> told_ = std::make_shared<Told>();
  std::future<Result<std::string>> key_;
  std::future<WatchNotice> notice_;
  Watch turn_;
};

}  // namespace

TEST_CASE("places and their turns are asked for together at any member, and outlive the leader") {
  Cluster cluster(3);
  const std::size_t leader = cluster.await_leader();
  Client one = cluster.client();
  Client other = cluster.client_of((leader + 1) % 3);
  Place first(one);
  const auto first_key = first.key();
  REQUIRE(first_key);
  CHECK(first.comes());
  Place second(other);
  const auto second_key = second.key();
  REQUIRE(second_key);
  Place third(one);
  const auto third_key = third.key();
  REQUIRE(third_key);
  CHECK(*second_key < *third_key);
  CHECK_FALSE(second.is_told());
  first.leave(*first_key);
  CHECK(second.comes());
  CHECK_FALSE(third.is_told());
  cluster.kill(leader);
  cluster.await_leader();
  second.leave(*second_key);
  CHECK(third.comes());
}

TEST_CASE("a place that is refused ends the wait for its turn") {
  Cluster cluster(1);
  cluster.await_leader();
  Client client = cluster.client();
  PutOp put;
  put.key = "q/mine";
  put.lease = LeaseId(77);  // there is none
  std::promise<Errc> refused;
  std::promise<Errc> ended;
  const Watch turn = client.queue_up(
      Write{std::move(put), {}}, {"q/", "q/mine", 1}, std::nullopt,
      [&](const Result<Reply>& reply) { refused.set_value(reply ? Errc::internal : reply.error().code); },
      [&](const WatchNotice& notice) {
        const auto* end = std::get_if<WatchEnded>(&notice);
        ended.set_value(end == nullptr ? Errc::internal : end->reason.code);
      });
  CHECK(refused.get_future().get() == Errc::lease_not_found);
  CHECK(ended.get_future().get() == Errc::cancelled);
}
