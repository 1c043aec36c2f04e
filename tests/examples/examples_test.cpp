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
void recipe_prints(const std::string& example, const std::string& expected) {
  prints("recipes_" + example, cluster().endpoint_list(), expected);
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
  c_prints("rw_lock", "two read, a writer has to wait\nit writes\n");
  c_prints("semaphore", "three of three: no room\n3 of 2, 1 too many\nnightly mirror: 1\nnightly mirror: 2\n");
  c_prints("reboot",
           "m1 may reboot: a new kernel\nm2 has to wait\ngiving it back without a reboot: refused\nafter the reboot: given back\n");
  c_prints("election", "leader: 10.0.0.7:9000\nleader: 10.0.0.7:9001\na former leader is fenced\n");
  c_prints("queue", "sent: ann\nsent: bob\ndead after 2 attempts: nobody (no such mailbox)\n");
  c_prints("gates", "the start is closed\narrived after 2 laps, 0 to come\n");
  c_prints("service", "work goes to 10.0.0.7:8080\ndraining: not chosen any more\n");
  c_prints("view", "quotas/ann: - -> 10\nquotas/ann: 10 -> 20\n1 key; ann has 20\n");
}

TEST_CASE("the examples of recipes print what they should") {
  recipe_prints(
      "mutex",
      "held by one who is writing the report\nanother try: somebody has it\nwhile it is held: written\nafterwards: fenced\n");
  recipe_prints("rw_lock", "two read, a writer has to wait\na third reader waits behind the writer\nthe writer had it\n");
  recipe_prints("semaphore",
                "three of three: no room\n3 of 2, 1 too many\nnightly mirror: 1\nnightly mirror: 2\nroom again: yes\n");
  recipe_prints("reboot_lock",
                "m1 may reboot: a new kernel\nm2 has to wait\ngiving it back without a reboot: refused\n"
                "after the reboot: given back\n0 of 1 slots in use\n");
  recipe_prints("election", "leader: 10.0.0.7:9000\nleader: 10.0.0.7:9001\nnobody leads\n");
  recipe_prints("gates", "all have arrived after 6 laps\n");
  recipe_prints("work_queue", "sent: ann\nsent: bob\ndead after 2 attempts: mail-to-nobody (no such mailbox)\n");
  recipe_prints("service", "we paint green\nwork goes to 10.0.0.7:8080\ndraining: not chosen any more\ninstances left: 0\n");
  recipe_prints("cached_view",
                "limits/downloads: - -> 50\nlimits/uploads: - -> 10\nlimits/uploads: 10 -> 20\nlimits/downloads: 50 -> -\n"
                "now 20, then 10\n1 key, at most some seconds old\n");
}

}  // namespace conclave::test
