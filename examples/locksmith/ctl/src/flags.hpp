#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "session.hpp"

/// The flags that all verbs share, by their names of today and of locksmith 0.6.
namespace conclave::locksmith::ctl {

void add_global_flags(CLI::App& app, GlobalFlags& flags);
/// The words after the program's name, with Go's way of writing flags made ours.
[[nodiscard]] std::vector<std::string> modern_words_of(int argc, const char* const* argv);
/// Where a flag was not given, LOCKSMITHCTL_ and its name in capitals counts. Errors: invalid_argument for what was never meant to
/// be.
[[nodiscard]] Result<void> fill_from_environment(const CLI::App& app, GlobalFlags& flags);

}  // namespace conclave::locksmith::ctl
