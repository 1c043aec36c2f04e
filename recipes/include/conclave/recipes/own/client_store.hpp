#pragma once

#include <memory>

#include "conclave/client.hpp"
#include "conclave/client_loop.hpp"
#include "conclave/recipes_core/hub.hpp"

/// For programs that write a recipe of their own: the client as the recipes' port. docs/recipes.md, section 4, has the pattern.
namespace conclave::recipes {

/// The port of the recipes over a client's loop.
class ClientStore final : public core::Store {
 public:
  explicit ClientStore(ClientLoop& loop) : loop_(loop) {}

  [[nodiscard]] Instant now() const override { return loop_.time(); }
  [[nodiscard]] std::int64_t wall_millis() const override;
  [[nodiscard]] std::uint64_t random() override;
  client::OperationId submit(Request request, Instant deadline, Callback done) override;
  void cancel(client::OperationId operation) override { loop_.call_off(operation); }
  client::LocalWatchId watch(WatchOptions options, Notice notice) override;
  client::LocalWatchId watch_turn(TurnOptions options, Notice notice) override;
  client::QueuedUp queue_up(Write place, Instant deadline, Callback done, TurnOptions turn, Notice notice) override;
  void unwatch(client::LocalWatchId watch) override { loop_.end_watch(watch); }
  void keep_alive(LeaseId lease, milliseconds ttl, Instant granted_at, std::shared_ptr<core::LeaseView> view) override;
  void forget_lease(LeaseId lease) override { loop_.drop_lease(lease); }
  core::TimerId call_at(Instant when, std::function<void()> work) override;
  void cancel_timer(core::TimerId timer) override { loop_.cancel_call(timer.value()); }
  [[nodiscard]] bool is_closed() const override { return loop_.is_closed(); }

 private:
  ClientLoop& loop_;
};

/// What the recipe objects of one client share. Made by the first of them, it lives as long as the client's loop.
struct Shared {
  explicit Shared(ClientLoop& loop) : store(loop), hub(store) {}
  ClientStore store;
  core::Hub hub;
};

/// A recipe object's hold on its client: keeps loop and hub in being.
struct Base {
  explicit Base(Client& client);
  std::shared_ptr<ClientLoop> loop;
  core::HubPtr hub;
};

/// HOST:PID of this process.
[[nodiscard]] std::string default_owner();

}  // namespace conclave::recipes
