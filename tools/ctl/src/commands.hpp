#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "session.hpp"

/// Each function adds its verbs to the command line. A verb's callback stores what to run; main runs it after parsing.
namespace conclave::ctl {

/// What the parsed command line asks for; gives the exit code.
using Run = std::function<int(Session&)>;

void add_put(CLI::App& app, Run& run);
void add_get(CLI::App& app, Run& run);
void add_del(CLI::App& app, Run& run);
void add_txn(CLI::App& app, Run& run);
void add_watch(CLI::App& app, Run& run);
void add_lease(CLI::App& app, Run& run);
void add_cluster(CLI::App& app, Run& run);
void add_lock(CLI::App& app, Run& run);
void add_elect(CLI::App& app, Run& run);
void add_queue(CLI::App& app, Run& run);
void add_barrier(CLI::App& app, Run& run);
void add_number(CLI::App& app, Run& run);
void add_reboot(CLI::App& app, Run& run);
void add_service(CLI::App& app, Run& run);

/// "LEASE:CREATE_REVISION:KEY"
[[nodiscard]] Result<Guard> parse_guard(const std::string& text);

}  // namespace conclave::ctl
