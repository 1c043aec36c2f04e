#pragma once

#include "commands.hpp"

namespace conclave::locksmith::ctl {

/// locksmithctl from its words to its exit code.
[[nodiscard]] int run_program(int argc, const char* const* argv, const Ports& ports);

}  // namespace conclave::locksmith::ctl
