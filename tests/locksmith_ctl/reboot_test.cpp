#include <unistd.h>

#include "conclave/test/catch.hpp"
#include "fixture.hpp"

using namespace conclave::locksmith::test;

namespace {

/// The first of these that can run the program at all: not every machine lets its users make a name space.
Ran run_through(const std::vector<std::vector<std::string>>& ways, const std::vector<std::string>& command) {
  for (std::vector<std::string> words : ways) {
    const std::size_t prefix = words.size();
    words.insert(words.end(), {command.front(), "--version"});
    if (conclave::test::run(words).code != 0) continue;
    words.resize(prefix);
    words.insert(words.end(), command.begin(), command.end());
    return conclave::test::run(words);
  }
  FAIL("no way to become another user");
  return {};
}
Ran as_root(const Desk& desk, const std::vector<std::string>& words) {
  if (geteuid() == 0) return conclave::test::run(desk.command(words));
  return run_through({{"/usr/bin/unshare", "--user", "--map-root-user"}, {"/usr/bin/sudo", "-n"}}, desk.command(words));
}
Ran as_nobody(const Desk& desk, const std::vector<std::string>& words) {
  if (geteuid() != 0) return conclave::test::run(desk.command(words));
  return run_through({{"/usr/bin/unshare", "--user"}, {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"}},
                     desk.command(words));
}

}  // namespace

TEST_CASE("a reboot takes a slot and keeps it; the command knows what it is for") {
  const Desk desk("rebooting");
  const auto file = cluster().directory() / "rebooted";
  const Ran ran = as_root(desk, {"reboot", "-reason", "kernel", "-reboot-command",
                                 "echo $LOCKSMITH_GROUP $LOCKSMITH_MACHINE $LOCKSMITH_BOOT $LOCKSMITH_REASON >" + file.string()});
  INFO(ran.err);
  CHECK(ran.code == 0);
  CHECK(has(ran.out, "own reboots now"));
  CHECK(conclave::test::run({"/bin/cat", file.string()}).out == "rebooting own boot-1 kernel\n");
  const Json status = desk.status();
  REQUIRE(status["held"] == 1);
  CHECK(status["holders"][0]["boot"] == "boot-1");
  CHECK(status["holders"][0]["reason"] == "kernel");
}

TEST_CASE("a slot that was taken for a reboot that fails is given back; one that was there before stays") {
  const Desk desk("failing");
  const Ran ran = as_root(desk, {"reboot", "-reboot-command", "exit 7"});
  CHECK(ran.code == 1);
  CHECK(has(ran.err, "the slot was given back: 'exit 7' exits with 7"));
  CHECK(desk.holders().empty());
  CHECK(desk.json({"history"})["history"].back()["event"] == "unlocked");
  CHECK(desk.run({"lock"}).code == 0);
  const Ran again = as_root(desk, {"reboot", "-reboot-command", "false"});
  CHECK(again.code == 1);
  CHECK(has(again.err, "keeps the slot"));
  CHECK(desk.holders() == std::vector<std::string>{"own"});
}

TEST_CASE("a machine that gets no slot does not reboot") {
  const Desk desk("no-slot");
  CHECK(desk.run({"lock", "other"}).code == 0);
  const auto file = cluster().directory() / "must-not-be";
  const Ran ran = as_root(desk, {"reboot", "-reboot-command", "touch " + file.string()});
  CHECK(ran.code == 3);
  CHECK(has(ran.err, "by other"));
  CHECK(as_root(desk, {"reboot", "-wait", "300ms", "-reboot-command", "touch " + file.string()}).code == 3);
  CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE("only the superuser reboots, and nobody else gets so far as to take a slot") {
  const Desk desk("nobody");
  const auto before = revision();
  const Ran ran = as_nobody(desk, {"reboot", "-reboot-command", "true"});
  CHECK(ran.code == 1);
  CHECK(has(ran.err, "only the superuser"));
  CHECK(revision() == before);
}
