#pragma once

#include <asio/io_context.hpp>
#include <memory>
#include <set>
#include <string>

#include "conclave/base/log_sink.hpp"
#include "conclave/http/counters.hpp"
#include "conclave/http/exchange.hpp"
#include "conclave/http/options.hpp"

namespace conclave::http {

class Connection;

/// What all connections of a server have in common.
struct Shared {
  Shared(asio::io_context& context, Options chosen, Handler handle, LogSink& sink)
      : io(context), options(std::move(chosen)), handler(std::move(handle)), log(sink) {}

  asio::io_context& io;
  Options options;
  Handler handler;
  LogSink& log;
  Counters counters;
  std::set<std::shared_ptr<Connection>> connections;
  bool stopping = false;
  Instant now{};     // goes on with the sweeps, and stands still while the process does: nobody else has become slow then
  std::string date;  // for replies, made once a sweep

  void refused(const std::string& kind) { ++counters.refused[kind]; }
};

}  // namespace conclave::http
