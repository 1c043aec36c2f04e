#include <cstdio>
#include <string_view>

#include "program.hpp"

/// locksmithctl_as root|nobody WORDS...: locksmithctl, for which the user is or is not the superuser whoever runs it.
int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("locksmithctl_as: root or nobody?\n", stderr);
    return 2;
  }
  const bool is_root = std::string_view(argv[1]) == "root";
  return conclave::locksmith::ctl::run_program(argc - 1, argv + 1, {[is_root] { return is_root; }});
}
