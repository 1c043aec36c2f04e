/// Whether the sockets or what happened in this process comes first.
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "conclave/test/catch.hpp"
#include "node.hpp"
#include "raw_client.hpp"

using namespace conclave;
using namespace conclave::test;

namespace {

enum class Heard : std::uint8_t { own_news, request };
using Pass = std::vector<Heard>;

/// When the first request of its client has arrived and the pass has ended, which is when the log is written, the client asks again
/// and then news of its own come.
class Follower final : public transport::Driven {
 public:
  /// What the passes heard after the one with the first request, until both were heard.
  std::vector<Pass> run() {
    transport::Config config = config_of(1);
    auto opened = transport::Transport::open(config, log_);
    if (!opened.has_value()) FAIL(opened.error().message());
    transport_ = std::move(*opened);
    RawClient client(transport_->client_port());
    client_ = &client;
    std::thread loop([this] { static_cast<void>(transport_->run(*this)); });
    if (client.greet()) client.send(status_ask(1));
    loop.join();
    return passes_;
  }

 private:
  void deliver(engine::Event event) override {
    if (std::holds_alternative<engine::LogDurable>(event)) pass_.push_back(Heard::own_news);
    if (std::holds_alternative<engine::ClientAsked>(event)) pass_.push_back(Heard::request);
  }
  void run_once(Instant) override {
    if (asked_again_ && !pass_.empty()) passes_.push_back(pass_);
    asks_ = !asked_again_ && !pass_.empty();
    pass_.clear();
  }
  bool pass_ended() override {
    if (!asks_) return true;
    asked_again_ = true;
    client_->send(status_ask(2));
    transport_->post(engine::LogDurable{raft::WriteId(1), 0, {}});
    return true;
  }
  [[nodiscard]] Instant next_deadline() const override { return transport::Transport::clock() + milliseconds(10); }
  [[nodiscard]] bool finished() const override {
    std::size_t heard = 0;
    for (const Pass& pass : passes_) heard += pass.size();
    return heard >= 2 || transport::Transport::clock() > until_;
  }
  [[nodiscard]] transport::MemberNow now() const override { return {MemberId(2), Term(1), {}, true}; }

  const Instant until_ = transport::Transport::clock() + seconds(10);
  RecordingLog log_;
  std::unique_ptr<transport::Transport> transport_;
  RawClient* client_ = nullptr;
  Pass pass_;
  std::vector<Pass> passes_;
  bool asks_ = false;
  bool asked_again_ = false;
};

}  // namespace

TEST_CASE("a follower deals with its own news before it looks at its sockets") {
  CHECK(Follower().run() == std::vector<Pass>{{Heard::own_news}, {Heard::request}});
}
