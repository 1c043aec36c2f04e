#include "conclave/test/catch.hpp"
#include "conclave/test/scratch_dir.hpp"
#include "fake_logind.hpp"
#include "fixture.hpp"

using namespace conclave::locksmith::test;

namespace {

Ran as(const char* user, const Desk& desk, const std::vector<std::string>& words, const std::string& variable = "LOCKSMITH=test") {
  std::vector<std::string> command{"/usr/bin/env", variable};
  for (const std::string& word : desk.command(words)) {
    command.push_back(command.size() == 2 ? conclave::test::program("locksmithctl_as") : word);
    if (command.size() == 3) command.emplace_back(user);
  }
  return conclave::test::run(command);
}

}  // namespace

TEST_CASE("a reboot takes a slot and keeps it; the command knows what it is for") {
  const Desk desk("rebooting");
  const auto file = cluster().directory() / "rebooted";
  const Ran ran = as("root", desk,
                     {"reboot", "-reason", "kernel", "-reboot-command",
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
  const Ran ran = as("root", desk, {"reboot", "-reboot-command", "exit 7"});
  CHECK(ran.code == 1);
  CHECK(has(ran.err, "the slot was given back: 'exit 7' exits with 7"));
  CHECK(desk.holders().empty());
  CHECK(desk.json({"history"})["history"].back()["event"] == "unlocked");
  CHECK(desk.run({"lock"}).code == 0);
  const Ran again = as("root", desk, {"reboot", "-reboot-command", "false"});
  CHECK(again.code == 1);
  CHECK(has(again.err, "keeps the slot"));
  CHECK(desk.holders() == std::vector<std::string>{"own"});
}

TEST_CASE("a machine that gets no slot does not reboot") {
  const Desk desk("no-slot");
  CHECK(desk.run({"lock", "other"}).code == 0);
  const auto file = cluster().directory() / "must-not-be";
  const Ran ran = as("root", desk, {"reboot", "-reboot-command", "touch " + file.string()});
  CHECK(ran.code == 3);
  CHECK(has(ran.err, "by other"));
  CHECK(as("root", desk, {"reboot", "-wait", "300ms", "-reboot-command", "touch " + file.string()}).code == 3);
  CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE("only the superuser reboots, and nobody else gets so far as to take a slot") {
  const Desk desk("nobody");
  const auto before = revision();
  const Ran ran = as("nobody", desk, {"reboot", "-reboot-command", "true"});
  CHECK(ran.code == 1);
  CHECK(has(ran.err, "only the superuser"));
  CHECK(revision() == before);
}

TEST_CASE("without a command systemd-logind is asked, and the slot goes by its answer") {
  const conclave::test::ScratchDir scratch;
  const conclave::test::PrivateBus bus(scratch.path());
  conclave::test::FakeLogind logind(bus);
  const Desk desk("logind");
  SECTION("accepted") {
    const Ran ran = as("root", desk, {"reboot"}, bus.variable());
    INFO(ran.err);
    CHECK(ran.code == 0);
    CHECK(logind.reboots() == std::vector<bool>{false});
    CHECK(desk.holders() == std::vector<std::string>{"own"});
  }
  SECTION("refused") {
    conclave::test::Behaviour denied;
    denied.refusal = "Permission denied";
    logind.set(denied);
    const Ran ran = as("root", desk, {"reboot"}, bus.variable());
    CHECK(ran.code == 1);
    CHECK(has(ran.err, "the slot was given back: systemd-logind: Permission denied"));
    CHECK(desk.holders().empty());
  }
  SECTION("blocked") {
    conclave::test::Behaviour blocked;
    blocked.inhibitors = {{"shutdown", "apt", "packages", "block"}};
    logind.set(blocked);
    const Ran ran = as("root", desk, {"reboot"}, bus.variable());
    CHECK(ran.code == 1);
    CHECK(has(ran.err, "'apt' (process 4711) blocks shutdowns: packages"));
    CHECK(logind.reboots().empty());
  }
  SECTION("perhaps") {
    conclave::test::Behaviour lost;
    lost.refusal = "it died";
    lost.refusal_name = "org.freedesktop.DBus.Error.NoReply";
    logind.set(lost);
    const Ran ran = as("root", desk, {"reboot"}, bus.variable());
    CHECK(ran.code == 1);
    CHECK(has(ran.err, "it is not known whether the machine reboots, and it keeps the slot"));
    CHECK(desk.holders() == std::vector<std::string>{"own"});
  }
  CHECK(desk.run({"unlock"}).code == 0);
}
