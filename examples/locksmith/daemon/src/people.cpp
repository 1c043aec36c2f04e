#include "people.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <utmpx.h>

#include <cstring>
#include <set>

#include "logind.hpp"

namespace conclave::locksmith::daemon {
namespace {

std::set<std::string> terminals_of_utmp() {
  std::set<std::string> terminals;
  setutxent();
  while (const utmpx* const entry = getutxent())
    if (entry->ut_type == USER_PROCESS) terminals.emplace(entry->ut_line, strnlen(entry->ut_line, sizeof entry->ut_line));
  endutxent();
  return terminals;
}

void tell(const std::string& terminal, const std::string& message) {
  // Others write these lists: nothing but a terminal below /dev is written to.
  if (terminal.empty() || terminal.front() == '/' || terminal.find("..") != std::string::npos) return;
  const int file = open(("/dev/" + terminal).c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return;
  if (isatty(file) == 1) (void)!write(file, message.data(), message.size());
  close(file);
}

}  // namespace

int tell_users(const std::string& message, milliseconds patience, const std::stop_token& stop) {
  std::set<std::string> terminals = terminals_of_utmp();
  int without = 0;
  if (const auto logins = logins_by_logind(patience, stop))
    for (const Login& login : *logins) {
      if (login.terminal.empty()) ++without;
      if (!login.terminal.empty()) terminals.insert(login.terminal);
    }
  for (const std::string& terminal : terminals) tell(terminal, message);
  return static_cast<int>(terminals.size()) + without;
}

}  // namespace conclave::locksmith::daemon
