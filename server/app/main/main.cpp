#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "conclave/app/conclaved.hpp"
#include "conclave/app/log.hpp"
#include "conclave/app/options.hpp"

int main(int argc, char** argv) {
  using namespace conclave;
  const std::string version = CONCLAVE_VERSION;
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const app::Parsed parsed = app::parse_options(arguments, version);
  if (!parsed.options) {
    std::fputs(parsed.output.c_str(), parsed.exit_code == 0 ? stdout : stderr);
    return parsed.exit_code;
  }
  app::StreamLog log(stderr, parsed.options->log_level, parsed.options->log_format, parsed.options->name);
  try {
    return app::run(*parsed.options, version, log);
  } catch (const std::exception& error) {  // out of memory, or a bug
    log.error("stopped by an exception", {{"what", error.what()}});
    return app::exit_failed;
  }
}
