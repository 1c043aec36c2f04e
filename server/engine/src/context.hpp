#pragma once

#include <memory>
#include <optional>
#include <string>

#include "conclave/base/log_sink.hpp"
#include "conclave/base/prng.hpp"
#include "conclave/engine/config.hpp"
#include "conclave/engine/ports.hpp"
#include "conclave/engine/status.hpp"
#include "conclave/mvcc/machine.hpp"
#include "conclave/raft/core.hpp"

namespace conclave::engine {

/// What the parts of one engine share. The engine owns it; the parts hold references. Everything runs on the engine's thread.
struct Context {
  Context(const Config& config_in, raft::Recovered recovered, std::unique_ptr<mvcc::Machine> machine_in, const Ports& ports_in,
          LogSink& log_in, Prng prng_in, Instant start)
      : config(config_in),
        ports(ports_in),
        log(log_in),
        prng(prng_in),
        core(config_in.raft_config(), std::move(recovered), prng.split(1)),
        machine(std::move(machine_in)),
        now(start) {}

  const Config config;
  const Ports ports;
  LogSink& log;
  Prng prng;
  raft::Core core;
  std::unique_ptr<mvcc::Machine> machine;
  Instant now;
  Counters counters;
  bool disk_low = false;
  bool disk_full = false;
  std::uint64_t db_size = 0;
  std::optional<Error> finished;

  [[nodiscard]] std::optional<MemberId> other_leader() const {
    const auto leader = core.leader();
    return leader && *leader != config.self ? leader : std::nullopt;
  }
  [[nodiscard]] ReplyHeader header() const {
    return {config.self, core.leader().value_or(MemberId{}), core.term(), machine->revision()};
  }
  void reply(ConnectionId connection, RequestId request, const ReplyBody& body) const {
    ports.clients.reply(connection, request, header(), body);
  }
  void refuse(ConnectionId connection, RequestId request, Errc code, std::string text = {}) const {
    reply(connection, request, mvcc::Refused{code, std::move(text), machine->compacted()});
  }
};

}  // namespace conclave::engine
