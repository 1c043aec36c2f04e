#include "conclave/test/catch.hpp"
#include "fixture.hpp"
#include "old_spelling.hpp"

using namespace conclave::locksmith::test;
using conclave::locksmith::ctl::endpoints_of;
using conclave::locksmith::ctl::modern_words;

TEST_CASE("Go's flags with one dash are read, and nothing else is touched") {
  using Words = std::vector<std::string>;
  const std::vector<std::string_view> flags = {"group", "endpoint", "debug"};
  CHECK(modern_words({"-group=a", "-endpoint", "b:1", "lock", "-o", "json"}, flags) ==
        Words{"--group=a", "--endpoint", "b:1", "lock", "-o", "json"});
  CHECK(modern_words({"--group", "a", "-g", "-groups", "-", "-=x"}, flags) == Words{"--group", "a", "-g", "-groups", "-", "-=x"});
  CHECK(modern_words({"--", "-group"}, flags) == Words{"--", "-group"});
}

TEST_CASE("endpoints are given in every way that was ever right") {
  const auto given = endpoints_of({"a:1,b:2", "http://c:3/", "[::1]:4"});
  REQUIRE(given);
  CHECK(given->addresses == std::vector<std::string>{"a:1", "b:2", "c:3", "[::1]:4"});
  CHECK_FALSE(given->tls);
  CHECK(endpoints_of({"https://a:1"})->tls);
  for (const char* const wrong : {"", ",", "a", "a:", ":1", "a:0", "a:65536", "a:1x", "ftp://a:1", "http://a:1/v2/keys",
                                  "http://u@a:1", "http://", "http://a:1,https://b:1"})
    CHECK_FALSE(endpoints_of({wrong}).has_value());
}

namespace {

Ran with_environment(std::vector<std::string> variables, std::vector<std::string> words) {
  std::vector<std::string> all = {"/usr/bin/env"};
  all.insert(all.end(), variables.begin(), variables.end());
  all.push_back(conclave::test::program("locksmithctl"));
  all.insert(all.end(), words.begin(), words.end());
  return conclave::test::run(all);
}

}  // namespace

TEST_CASE("the familiar flags and environment variables work, flags before variables") {
  const Desk desk("familiar");
  CHECK(desk.run({"set-max", "2"}).code == 0);
  const std::string endpoints = cluster().endpoints();
  const Ran flags =
      conclave::test::run({conclave::test::program("locksmithctl"), "-endpoint=http://" + cluster().endpoint(0), "-endpoint",
                           cluster().endpoint(1) + "," + cluster().endpoint(2), "-group=familiar", "status"});
  CHECK(flags.code == 0);
  CHECK(has(flags.out, "Max:       2\n"));
  const Ran variables = with_environment(
      {"LOCKSMITHCTL_ENDPOINT=" + endpoints, "LOCKSMITHCTL_GROUP=familiar", "LOCKSMITHCTL_OUTPUT=json"}, {"status"});
  CHECK(variables.code == 0);
  CHECK(Json::parse(variables.out)["max"] == 2);
  const Ran both = with_environment({"LOCKSMITHCTL_ENDPOINT=127.0.0.1:1", "LOCKSMITHCTL_GROUP=none", "LOCKSMITHCTL_DEBUG=true"},
                                    {"-endpoint", endpoints, "-group", "familiar", "status"});
  CHECK(both.code == 0);
  CHECK(has(both.out, "Group:     familiar\n"));
  CHECK(has(both.err, "debug: group familiar"));
  CHECK(with_environment({"LOCKSMITHCTL_OUTPUT=xml"}, {"status"}).code == 2);
  CHECK(with_environment({"LOCKSMITHCTL_DEBUG=perhaps"}, {"status"}).code == 2);
  CHECK(with_environment({"LOCKSMITHCTL_ETCD_CAFILE=/nowhere.pem"}, {"-endpoint", endpoints, "status"}).code == 1);
  CHECK(with_environment({}, {"-etcd-keyfile", "/k", "-endpoint", endpoints, "status"}).code == 2);
  const Ran password = with_environment({}, {"-etcd-username=root:x", "status"});
  CHECK(password.code == 2);
  CHECK(has(password.err, "client certificate"));
}

TEST_CASE("wrong words end with 2 and a line that says what is wrong") {
  const Desk desk("words");
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{},
                                                                                     {"lokc"},
                                                                                     {"status", "too", "much"},
                                                                                     {"evict"},
                                                                                     {"evict", "--force"},
                                                                                     {"group"},
                                                                                     {"group", "sett"},
                                                                                     {"history", "-n", "0"},
                                                                                     {"history", "-n", "many"},
                                                                                     {"lock", "m", "--wait", "soon"},
                                                                                     {"status", "--colour"},
                                                                                     {"-o", "yaml", "status"},
                                                                                     {"-timeout", "soon", "status"},
                                                                                     {"-timeout", "0s", "status"},
                                                                                     {"-group", "a//b", "status"},
                                                                                     {"-group", "/", "lock", "m"},
                                                                                     {"help", "nothing"},
                                                                                     {"forget"}}) {
    const Ran ran = desk.run(words);
    INFO((words.empty() ? "no words" : words[0]) << ": " << ran.out << ran.err);
    CHECK(ran.code == 2);
    CHECK_FALSE(ran.err.empty());
  }
}

TEST_CASE("help and version need no cluster") {
  const std::string ctl = conclave::test::program("locksmithctl");
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"help"}, {"--help"}, {"-help"}, {"help", "evict"}, {"help", "group", "set"}, {"lock", "--help"}}) {
    std::vector<std::string> all = {ctl};
    all.insert(all.end(), words.begin(), words.end());
    const Ran ran = conclave::test::run(all);
    CHECK(ran.code == 0);
    CHECK_FALSE(ran.out.empty());
  }
  CHECK(has(conclave::test::run({ctl, "help"}).out, "set-max"));
  CHECK(has(conclave::test::run({ctl, "help", "group", "set"}).out, "unhealthy_max"));
  for (const char* const word : {"version", "-version", "--version"})
    CHECK(conclave::test::run({ctl, word}).out == "locksmithctl " CONCLAVE_VERSION "\n");
}

TEST_CASE("a cluster that does not answer is an error that is definite, in time") {
  const auto port = conclave::test::free_port();
  const auto begin = std::chrono::steady_clock::now();
  const Ran ran = conclave::test::run(
      {conclave::test::program("locksmithctl"), "-endpoint", "127.0.0.1:" + std::to_string(port), "-timeout", "300ms", "status"});
  CHECK(ran.code == 1);
  CHECK(has(ran.err, "(definite)"));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
}

TEST_CASE("on a terminal the table fits and has colours, unless they are not wanted; elsewhere it is whole") {
  const Desk desk("terminal");
  const std::string long_reason(200, 'r');
  CHECK(desk.run({"lock", "m1", "--reason", long_reason}).code == 0);
  std::string command;
  for (const std::string& word : desk.command({"status"})) command += "'" + word + "' ";
  const auto on_terminal = [&](const std::string& environment) {
    return conclave::test::run(
               {"/usr/bin/env", "TERM=xterm", "LC_ALL=C.UTF-8", "COLUMNS=60", "script", "-qec", environment + command, "/dev/null"})
        .out;
  };
  const std::string coloured = on_terminal("");
  CHECK(has(coloured, "\x1b["));
  CHECK_FALSE(has(coloured, long_reason));
  const std::string plain = on_terminal("NO_COLOR=1 ");
  CHECK(has(plain, "MACHINE ID"));
  CHECK_FALSE(has(plain, "\x1b["));
  const std::string piped = desk.run({"status"}).out;
  CHECK(has(piped, long_reason));
  CHECK_FALSE(has(piped, "\x1b["));
}
