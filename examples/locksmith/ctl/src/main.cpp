#include <unistd.h>

#include "program.hpp"

int main(int argc, char** argv) {
  return conclave::locksmith::ctl::run_program(argc, argv, {[] { return geteuid() == 0; }});
}
