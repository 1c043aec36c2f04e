#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "conclave/client.hpp"

/// What all commands of conclavectl share: the global flags, the client, and the exit codes.
namespace conclave::ctl {

inline constexpr int exit_ok = 0;
inline constexpr int exit_error = 1;      ///< the request failed; standard error says if definite or unknown
inline constexpr int exit_usage = 2;      ///< wrong words on the command line or in the input
inline constexpr int exit_condition = 3;  ///< a condition (--if-..., a guard) did not hold; nothing was done

enum class Format { simple, json };

struct GlobalFlags {
  std::string endpoints = "127.0.0.1:7400";  ///< comma-separated
  std::string ca_file, cert_file, key_file, server_name;
  std::string timeout = "5s";
  Format format = Format::simple;
};

/// "500ms", "5s", "2m", "1h"; a bare number is seconds.
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(const std::string& text);
/// Comma-separated, empty parts left out.
[[nodiscard]] std::vector<std::string> split_commas(const std::string& text);

/// One run of the program: flags, and a client that is made when it is first needed.
class Session {
 public:
  explicit Session(GlobalFlags flags) : flags_(std::move(flags)) {}

  [[nodiscard]] const GlobalFlags& flags() const { return flags_; }
  [[nodiscard]] bool json() const { return flags_.format == Format::json; }
  [[nodiscard]] std::chrono::milliseconds timeout() const;
  [[nodiscard]] std::vector<std::string> endpoints() const { return split_commas(flags_.endpoints); }

  /// The client for all endpoints. On wrong options prints the error and ends the program.
  [[nodiscard]] Client& client();
  /// A client that asks just this member.
  [[nodiscard]] Result<Client> client_of(const std::string& endpoint) const;
  [[nodiscard]] CallOptions call(std::vector<Guard> guards = {}) const { return {timeout(), std::move(guards)}; }

 private:
  [[nodiscard]] ClientOptions options() const;

  GlobalFlags flags_;
  std::optional<Client> client_;
};

/// Prints `what: error` in one line on standard error, with definite or unknown, and gives the exit code.
int report(const Error& error);
int usage_error(const std::string& text);

}  // namespace conclave::ctl
