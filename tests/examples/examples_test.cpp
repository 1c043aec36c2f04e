#include "../integration/cluster.hpp"
#include "conclave/test/catch.hpp"

// The example programs of the client libraries say what their authors expect, against three real members.
namespace conclave::test {
namespace {

Cluster& cluster() {
  static Cluster three(3);
  return three;
}

void prints(const std::string& example, const std::vector<std::string>& words, const std::string& expected) {
  std::vector<std::string> command = {std::string(CONCLAVE_BIN_DIR) + "/examples/" + example};
  command.insert(command.end(), words.begin(), words.end());
  const Ran ran = run(command);
  INFO(example << " wrote:\n" << ran.out << ran.err);
  CHECK(ran.code == 0);
  CHECK(ran.out == expected);
}
void cpp_prints(const std::string& example, const std::string& expected) {
  prints("cpp_" + example, cluster().endpoint_list(), expected);
}
void c_prints(const std::string& example, const std::string& expected) {
  prints("c_" + example, {cluster().endpoints()}, expected);
}

}  // namespace

TEST_CASE("the C++ examples print what they should") {
  cpp_prints("first", "hello\n");
  cpp_prints("transfer", "moved: 1, too much: 1, bob has 30\n");
  cpp_prints("configuration", "config/colour = blue\n");
  cpp_prints("presence", "written: 1\nafterwards: fenced\n");
  cpp_prints("awaits", "10 visitors, 0 failed\n");
}

TEST_CASE("the C examples print what they should") {
  c_prints("first", "hello\n");
  c_prints("lock", "written\nfenced\n");
  c_prints("watch", "put news/1\ngone news/1\n");
}

TEST_CASE("the examples of recipes print what they should") {
  prints("recipes_work_queue", cluster().endpoint_list(),
         "sent: ann\nsent: bob\ndead after 2 attempts: mail-to-nobody (no such mailbox)\n");
  prints("recipes_service", cluster().endpoint_list(),
         "we paint green\nwork goes to 10.0.0.7:8080\ndraining: not chosen any more\ninstances left: 0\n");
}

}  // namespace conclave::test
