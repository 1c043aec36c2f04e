#include <fcntl.h>
#include <paths.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>
#include <utmpx.h>

#include <cstring>
#include <stdexcept>

#include "bench.hpp"
#include "conclave/test/catch.hpp"
#include "fake_logind.hpp"
#include "people.hpp"

using namespace conclave;
using namespace conclave::test;
using namespace std::chrono_literals;

/// What people who are logged in see before their machine reboots.

namespace {

/// Somebody's terminal, and what appears on it.
class Terminal {
 public:
  Terminal() : master_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    if (master_ < 0 || grantpt(master_) != 0 || unlockpt(master_) != 0) throw std::runtime_error("no pseudo terminal");
    char name[64];
    if (ptsname_r(master_, name, sizeof name) != 0) throw std::runtime_error("no name of it");
    name_ = name;
    slave_ = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  }
  ~Terminal() {
    close(slave_);
    close(master_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  /// Below /dev, such as "pts/3".
  [[nodiscard]] std::string name() const { return name_.substr(std::strlen("/dev/")); }
  [[nodiscard]] bool shows(const std::string& text, std::chrono::milliseconds patience = 20s) {
    return await(patience, [&] {
      char bytes[1024];
      pollfd readable{master_, POLLIN, 0};
      if (poll(&readable, 1, 0) > 0) {
        const ssize_t count = read(master_, bytes, sizeof bytes);
        if (count > 0) seen_.append(bytes, static_cast<std::size_t>(count));
      }
      return seen_.find(text) != std::string::npos;
    });
  }
  [[nodiscard]] const std::string& seen() const { return seen_; }

 private:
  int master_;
  int slave_ = -1;
  std::string name_;
  std::string seen_;
};

/// A machine that warns, with a systemd-logind that has these sessions.
struct House {
  explicit House(std::vector<Behaviour::Session> sessions) : logind(bus, with(std::move(sessions))) {}
  static Behaviour with(std::vector<Behaviour::Session> sessions) {
    Behaviour behaviour;
    behaviour.sessions = std::move(sessions);
    return behaviour;
  }
  FakeMachine machine(const std::string& warn_time) {
    FakeMachine made = bench.machine("m", {"--warn-time", warn_time});
    made.set_environment({bus.variable()});
    return made;
  }
  Bench bench;
  PrivateBus bus{bench.cluster.directory()};
  FakeLogind logind;
};

}  // namespace

TEST_CASE("everybody who is logged in reads on their terminal what reboots, when and why, and has the time that was promised") {
  Terminal terminal;
  House house({{"anna", terminal.name()}, {"gdm", "tty1", "greeter"}});
  FakeMachine machine = house.machine("2s");
  machine.start();
  REQUIRE(house.bench.group.need_reboot("m", "new \x1b[31mfirmware", "anna"));
  REQUIRE(terminal.shows("*** host-of-m reboots in 2s: new \uFFFD[31mfirmware (locksmithd) ***"));
  const auto read_at = std::chrono::steady_clock::now();
  CHECK_FALSE(machine.asked_to_reboot());
  REQUIRE(await(20s, [&] { return machine.asked_to_reboot(); }));
  CHECK(std::chrono::steady_clock::now() - read_at > 1500ms);
  CHECK(terminal.seen().find('\x1b') == std::string::npos);
}

TEST_CASE("nobody is waited for where nobody is logged in, and a greeter or a session that ends is nobody") {
  House house({{"gdm", "", "greeter"}, {"root", "", "manager"}, {"anna", "", "user", "closing"}});
  FakeMachine machine = house.machine("1h");
  machine.touch("reboot-required");
  machine.start();
  CHECK(await(20s, [&] { return machine.asked_to_reboot(); }));
}

TEST_CASE("who is logged in on a screen has no terminal to read on, and is waited for all the same") {
  House house({Behaviour::Session{"anna", ""}});
  FakeMachine machine = house.machine("1h");
  machine.touch("reboot-required");
  machine.start();
  CHECK(await(20s, [&] { return machine.read("state.json").find("users are logged in") != std::string::npos; }));
  CHECK_FALSE(machine.asked_to_reboot());
}

TEST_CASE("a reboot is called off by a pause while people are warned") {
  Terminal terminal;
  House house({Behaviour::Session{"anna", terminal.name()}});
  FakeMachine machine = house.machine("1s");
  machine.touch("reboot-required");
  machine.start();
  REQUIRE(terminal.shows("reboots in 1s"));
  REQUIRE(house.bench.group.pause("test"));
  REQUIRE(await(20s, [&] { return !house.bench.has_slot("m"); }));
  CHECK_FALSE(machine.asked_to_reboot());
}

TEST_CASE("people are found in utmp, too, and a line that names no terminal is nobody's") {
  ScratchDir scratch;
  Terminal terminal;
  const std::string file = scratch.path() / "utmp";
  close(open(file.c_str(), O_CREAT | O_CLOEXEC, 0644));
  REQUIRE(utmpxname(file.c_str()) == 0);
  const auto log_in = [](const std::string& line, short type) {
    utmpx entry{};
    entry.ut_type = type;
    std::memcpy(entry.ut_line, line.data(), std::min(line.size(), sizeof entry.ut_line));
    std::memcpy(entry.ut_id, line.data() + line.size() - 4, 4);
    setutxent();
    REQUIRE(pututxline(&entry) != nullptr);
    endutxent();
  };
  log_in("pts/" + terminal.name().substr(4), USER_PROCESS);
  log_in("tty9", DEAD_PROCESS);
  log_in("../etc/passwd", USER_PROCESS);
  REQUIRE(setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere", 1) == 0);
  CHECK(locksmith::daemon::tell_users("hello\r\n", 1s, {}) == 2);
  CHECK(terminal.shows("hello"));
  REQUIRE(utmpxname(_PATH_UTMPX) == 0);
}
