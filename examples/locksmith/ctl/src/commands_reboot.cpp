#include "commands.hpp"

namespace conclave::locksmith::ctl {

void add_reboot(CLI::App& app, Run& run) {
  (void)app;
  (void)run;
}

}  // namespace conclave::locksmith::ctl
