#pragma once

#include <cstdio>
#include <functional>
#include <optional>
#include <utility>

#include "conclave/engine/engine.hpp"
#include "conclave/telemetry/meter.hpp"
#include "conclave/transport/transport.hpp"

namespace conclave::app {

/// The engine as the transport's loop drives it. Loop thread only.
class EngineDriver final : public transport::Driven {
 public:
  /// `started` is called once, when the loop has begun.
  EngineDriver(engine::Engine& engine, telemetry::Meter& meter, std::function<void()> started)
      : engine_(engine), meter_(meter), started_(std::move(started)) {}

  void deliver(engine::Event event) override {
    meter_.saw(event);
    engine_.deliver(std::move(event));
  }
  void run_once(Instant now) override {
    if (started_) std::exchange(started_, nullptr)();
    meter_.pass_begins();
    engine_.run_once(now);
    meter_.pass_ended(engine_.machine().applied());
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
  engine::Engine& engine_;
  telemetry::Meter& meter_;
  std::function<void()> started_;
  std::optional<Error> stopped_;
};

}  // namespace conclave::app
