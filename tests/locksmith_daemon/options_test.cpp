#include "options.hpp"

#include <fstream>
#include <map>

#include "conclave/test/catch.hpp"
#include "conclave/test/scratch_dir.hpp"
#include "files.hpp"

using namespace conclave;
using namespace conclave::locksmith;
using namespace conclave::locksmith::daemon;
using namespace std::chrono_literals;

namespace {

Parsed parse(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment = {}) {
  return parse_options(arguments, [&](const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional<std::string>(found->second);
  });
}

}  // namespace

TEST_CASE("flags win over the environment, and that over the file") {
  test::ScratchDir scratch;
  const std::string file = scratch.path() / "locksmithd.toml";
  std::ofstream(file) << "group = \"file\"\npre-hook = [\"one\", \"two\"]\nhealth-hold = \"7s\"\n";
  const auto parsed =
      parse({"--config", file, "--strategy", "reboot"}, {{"LOCKSMITHD_GROUP", "variable"}, {"REBOOT_STRATEGY", "off"}});
  INFO(parsed.text);
  REQUIRE(parsed.options);
  CHECK(parsed.options->group == "variable");
  CHECK(parsed.options->pre_hooks == std::vector<std::string>{"one", "two"});
  CHECK(parsed.options->agent.life.health_hold == 7s);
  CHECK(parsed.options->agent.life.strategy == Strategy::reboot);
}

TEST_CASE("the names of locksmith 0.6 are known") {
  const auto parsed = parse({}, {{"REBOOT_STRATEGY", "etcd-lock"},
                                 {"LOCKSMITHD_ENDPOINT", "https://a:1,b:2"},
                                 {"LOCKSMITHD_REBOOT_WINDOW_START", "Thu 04:00"},
                                 {"LOCKSMITHD_REBOOT_WINDOW_LENGTH", "1h30m"},
                                 {"LOCKSMITHD_ETCD_CAFILE", "/ca.pem"}});
  INFO(parsed.text);
  REQUIRE(parsed.options);
  CHECK(parsed.options->agent.life.strategy == Strategy::lock);
  CHECK(parsed.options->client.endpoints == std::vector<std::string>{"a:1", "b:2"});
  CHECK(window_text(parsed.options->agent.windows.at(0)) == "thu 04:00 1h30m");
  CHECK(parsed.options->client.tls->ca_file == "/ca.pem");
  const auto lines = parse_lines("# update.conf\nGROUP=stable\nREBOOT_STRATEGY=\"off\"\n", "update.conf");
  CHECK(lines->at("REBOOT_STRATEGY").at(0) == "off");
}

TEST_CASE("an endpoint that is written with https is never asked in the clear") {
  CHECK(parse({"--endpoints", "https://a:1"}).options->client.tls.has_value());
  CHECK_FALSE(parse({"--endpoints", "http://a:1"}).options->client.tls.has_value());
}

TEST_CASE("what is wrong with an option is told with its place") {
  CHECK(parse({"--strategy", "maybe"}).text == "locksmithd: --strategy: 'maybe' is no strategy; there are off, reboot and lock\n");
  CHECK(parse({}, {{"LOCKSMITHD_HEALTH_HOLD", "soon"}})
            .text.starts_with("locksmithd: LOCKSMITHD_HEALTH_HOLD: 'soon' is no duration"));
  CHECK(parse({"--window-start", "02:00"}).text.find("a window needs both") != std::string::npos);
  CHECK(parse({"--nonsense"}).exit_code == 2);
  CHECK(parse({"--help"}).exit_code == 0);
  CHECK(parse({"--config", "/nowhere.toml"}).text == "locksmithd: /nowhere.toml cannot be read\n");
  CHECK(parse_toml("a = ", "x.toml").error().context.starts_with("x.toml:1: "));
  CHECK(parse_lines("fine=1\nwrong\n", "x.conf").error().context == "x.conf:2: is no NAME=VALUE");
}

TEST_CASE("a key that is not known is refused") {
  test::ScratchDir scratch;
  const std::string file = scratch.path() / "x.toml";
  std::ofstream(file) << "colour = \"red\"\n";
  CHECK(parse({"--config", file}).text.find("the key 'colour' is not known") != std::string::npos);
}

TEST_CASE("one daemon at a time has the state, and reads what was saved") {
  test::ScratchDir scratch;
  const std::string path = scratch.path() / "state";
  {
    auto state = StateDirectory::open(path);
    REQUIRE(state);
    CHECK(StateDirectory::open(path).error().code == Errc::already_exists);
    CHECK_FALSE(*state->load());
    const Journal journal{Stage::rebooting, "boot", Revision(3), {}, "kernel"};
    REQUIRE(state->save(encode(journal)));
    CHECK(**state->load() == journal);
  }
  auto again = StateDirectory::open(path);
  REQUIRE(again);
  REQUIRE(again->save("nonsense"));
  const auto spoilt = again->load();
  REQUIRE_FALSE(spoilt);
  CHECK(spoilt.error().code == Errc::corruption);
  CHECK(spoilt.error().context.starts_with(path + "/journal: "));
}
