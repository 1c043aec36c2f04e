#pragma once

#include <CLI/CLI.hpp>

#include "session.hpp"

/// Each adds its verbs to the program and, when one is given, leaves in `verb` what it does.
namespace conclave::scheduler {

void add_agent(CLI::App& app, Verb& verb);
void add_scheduler(CLI::App& app, Verb& verb);
void add_submit(CLI::App& app, Verb& verb);
void add_looking(CLI::App& app, Verb& verb);  ///< list, show, agents, top
void add_logs(CLI::App& app, Verb& verb);
void add_api(CLI::App& app, Verb& verb);
void add_changing(CLI::App& app, Verb& verb);  ///< cancel, retry, discard, drain, undrain, unfreeze

}  // namespace conclave::scheduler
