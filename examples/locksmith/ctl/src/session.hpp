#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/client.hpp"
#include "conclave/locksmith/groups.hpp"
#include "conclave/locksmith_report/json.hpp"
#include "conclave/locksmith_report/render.hpp"

/// What all verbs of locksmithctl share: the global flags, the client, how to print, and the exit codes.
namespace conclave::locksmith::ctl {

inline constexpr int exit_ok = 0;
inline constexpr int exit_error = 1;    ///< the request failed; standard error says if definite or unknown
inline constexpr int exit_usage = 2;    ///< wrong words on the command line or in the input
inline constexpr int exit_refused = 3;  ///< not as things are; nothing was done

struct GlobalFlags {
  std::vector<std::string> endpoints;
  std::string ca_file, cert_file, key_file, server_name;
  std::string group{default_group};
  std::string timeout = "5s";
  std::string output = "text";
  std::string machine, boot;
  bool debug = false;
};

/// One run of the program.
class Session {
 public:
  /// invalid_argument for flags that make no sense, io_error for certificates that cannot be read. Does not wait for a connection.
  [[nodiscard]] static Result<Session> open(GlobalFlags flags);

  [[nodiscard]] Client& client() { return client_; }
  [[nodiscard]] Group group() { return Group(client_, flags_.group); }
  [[nodiscard]] const std::string& group_name() const { return flags_.group; }
  [[nodiscard]] Wait wait() const { return {timeout_, {}}; }
  [[nodiscard]] bool json() const { return flags_.output == "json"; }

  /// The own machine, or what the flags say it is; an error if a file that must be read for it cannot be.
  [[nodiscard]] Result<Claim> self() const;
  /// USER@HOST, for the history.
  [[nodiscard]] std::string by() const;
  /// Now, from this machine, and with the zone of the policy's windows (UTC and a word on standard error if that is not known
  /// here).
  [[nodiscard]] report::Viewer viewer(const Policy& policy) const;
  [[nodiscard]] const report::Look& look() const { return look_; }

 private:
  Session(GlobalFlags flags, milliseconds timeout, Client client, report::Look look)
      : flags_(std::move(flags)), timeout_(timeout), client_(std::move(client)), look_(look) {}

  GlobalFlags flags_;
  milliseconds timeout_;
  Client client_;
  report::Look look_;
};

/// Standard output, whole.
void print(const std::string& text);
void print_json(const report::Json& body);
/// One line on standard error after "locksmithctl: ", with what a terminal would obey replaced.
void complain(const std::string& text);
/// The same of an error, with whether its outcome is definite, and the exit code for it.
int report_error(const Error& error);
int usage_error(const std::string& text);
int refuse(const std::string& text);

/// A file, or standard input if it is "-" or empty; too_large beyond so many bytes.
[[nodiscard]] Result<std::string> read_input(const std::string& path, std::size_t bytes_max);

}  // namespace conclave::locksmith::ctl
