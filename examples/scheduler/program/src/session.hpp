#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "conclave/client.hpp"
#include "conclave/recipes/own/run.hpp"
#include "conclave/scheduler/board.hpp"

/// What all verbs share: the global flags, the client, the exit codes.
namespace conclave::scheduler {

inline constexpr int exit_ok = 0;
inline constexpr int exit_error = 1;      ///< the request failed; standard error says if definite or unknown
inline constexpr int exit_usage = 2;      ///< wrong words on the command line or in the input
inline constexpr int exit_condition = 3;  ///< it did not apply: no such job, or nothing to do

struct GlobalFlags {
  std::string endpoints = "127.0.0.1:7400";  ///< comma-separated
  std::string ca_file, cert_file, key_file, server_name;
  std::string scheduler = "main";
  double timeout = 10;  ///< seconds
  bool json = false;
};

using Verb = std::function<int(const GlobalFlags&)>;

class Session {
 public:
  [[nodiscard]] static Result<Session> open(const GlobalFlags& flags, const std::string& name);
  Session(Session&&) = default;

  [[nodiscard]] Client& client() { return client_; }
  [[nodiscard]] const recipes::Base& base() const { return base_; }
  [[nodiscard]] const Keys& keys() const { return keys_; }
  [[nodiscard]] Board board() const { return {base_.hub, keys_}; }
  /// Runs a coroutine on the client's thread and waits for it.
  template <class T>
  [[nodiscard]] Result<T> wait_for(recipes::Make<T> make, std::optional<std::chrono::milliseconds> patience = std::nullopt) const {
    const recipes::Wait wait{patience.value_or(timeout_), {}};
    return recipes::blocking<T>(*base_.loop, [&](std::function<void(Result<T>)> done) {
      recipes::run<T>(base_.loop, wait, std::move(make), std::move(done));
    });
  }

 private:
  Session(Client client, Keys keys, std::chrono::milliseconds timeout)
      : client_(std::move(client)), base_(client_), keys_(std::move(keys)), timeout_(timeout) {}
  Client client_;
  recipes::Base base_;
  Keys keys_;
  std::chrono::milliseconds timeout_;
};

/// One line on standard error, and the exit code.
int report(const Error& error);
[[nodiscard]] std::chrono::milliseconds milliseconds_of(double seconds);

}  // namespace conclave::scheduler
