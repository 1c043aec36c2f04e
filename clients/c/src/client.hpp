#pragma once

#include <chrono>
#include <memory>

#include "arguments.hpp"
#include "conclave/c/client.h"
#include "conclave/c/reply.h"
#include "conclave/client.hpp"
#include "errors.hpp"
#include "handles.hpp"

struct conclave_client {
  conclave_client(conclave::Client opened, std::chrono::milliseconds timeout)
      : handles(std::make_shared<conclave::c::Handles>(this)), request_timeout(timeout), client(std::move(opened)) {}

  std::shared_ptr<conclave::c::Handles> handles;
  std::chrono::milliseconds request_timeout;
  conclave::Client client;  ///< last, so that it goes first: its callbacks use the rest
};

namespace conclave::c {

/// Sends a request and waits for the answer. What was wrong with the arguments is told instead.
conclave_code ask(conclave_client* client, const Arguments& in, Request request, std::optional<std::chrono::milliseconds> timeout,
                  conclave_reply** reply, conclave_error* error);
/// Sends a request and returns; `done` is called later.
conclave_code ask_async(conclave_client* client, Arguments& in, Request request, std::optional<std::chrono::milliseconds> timeout,
                        conclave_reply_callback done, void* user);

/// Both forms of an operation: `make` turns its arguments into the request.
template <class Make>
conclave_code blocking(conclave_client* client, std::int64_t timeout_ms, conclave_reply** reply, conclave_error* error, Make make) {
  return guarded(error, [&] {
    Arguments in;
    Request request = make(in);
    const auto timeout = in.timeout(timeout_ms);
    return ask(client, in, std::move(request), timeout, reply, error);
  });
}
template <class Make>
conclave_code starting(conclave_client* client, std::int64_t timeout_ms, conclave_reply_callback done, void* user, Make make) {
  return guarded(nullptr, [&] {
    Arguments in;
    Request request = make(in);
    const auto timeout = in.timeout(timeout_ms);
    return ask_async(client, in, std::move(request), timeout, done, user);
  });
}

}  // namespace conclave::c
