#pragma once

#include <cstdio>
#include <functional>
#include <optional>
#include <utility>

#include "conclave/engine/engine.hpp"
#include "conclave/storage/storage.hpp"
#include "conclave/telemetry/meter.hpp"
#include "conclave/transport/transport.hpp"
#include "loop_threads.hpp"

namespace conclave::app {

/// The engine as the transport's loop drives it, and the log that is written between two passes. Loop thread only.
class EngineDriver final : public transport::Driven {
 public:
  /// `started` is called once, when the loop has begun.
  EngineDriver(engine::Engine& engine, storage::Storage& storage, LoopThreads& threads, telemetry::Meter& meter,
               std::function<void()> started)
      : engine_(engine), storage_(storage), threads_(threads), meter_(meter), started_(std::move(started)) {}

  void deliver(engine::Event event) override {
    meter_.saw(event);
    read_asked_ = read_asked_ || asks_to_read(event);
    engine_.deliver(std::move(event));
  }
  void run_once(Instant now) override {
    if (started_) std::exchange(started_, nullptr)();
    clock_now_ = now;
    if (std::exchange(read_asked_, false)) reads_until_ = now + reads_linger;
    meter_.pass_begins();
    engine_.run_once(now);
    meter_.pass_ended(engine_.machine().applied());
  }
  [[nodiscard]] bool pass_ended() override {
    return !storage_.claim_log(clock_now_ >= reads_until_) || threads_.away([this] { storage_.write_log(); });
  }
  [[nodiscard]] Instant next_deadline() const override { return engine_.next_deadline(); }
  [[nodiscard]] bool finished() const override { return stopped_.has_value() || engine_.finished().has_value(); }
  [[nodiscard]] transport::MemberNow now() const override {
    const auto& core = engine_.core();
    return {core.leader().value_or(MemberId()), core.term(), engine_.machine().revision(), !core.term().is_zero()};
  }

  /// Ends the loop for a reason of ours.
  void stop(const Error& why) { stopped_ = why; }
  /// Why it ended.
  [[nodiscard]] Error outcome() const {
    return stopped_ ? *stopped_ : engine_.finished().value_or(Error{Errc::internal, "stopped"});
  }

 private:
  /// So long after a request that needs no log the loop leaves the log to its thread: others like it would wait for the disk.
  static constexpr Duration reads_linger = milliseconds(5);

  [[nodiscard]] static bool asks_to_read(const engine::Event& event) {
    const auto* asked = std::get_if<engine::ClientAsked>(&event);
    return asked != nullptr && std::holds_alternative<engine::ReadRequest>(asked->body);
  }

  engine::Engine& engine_;
  storage::Storage& storage_;
  LoopThreads& threads_;
  telemetry::Meter& meter_;
  std::function<void()> started_;
  std::optional<Error> stopped_;
  bool read_asked_ = false;  // since the last pass
  Instant clock_now_{};
  Instant reads_until_{};
};

}  // namespace conclave::app
