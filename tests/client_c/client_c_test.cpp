#include <csignal>

#include "../integration/cluster.hpp"
#include "conclave/test/catch.hpp"

// The C library as its users meet it: programs in C11 and in Python against three real members.
namespace conclave::test {
namespace {

const std::string programs = std::string(CONCLAVE_BIN_DIR) + "/client_c/";

Cluster& cluster() {
  static Cluster three(3);
  return three;
}

void must_succeed(const std::vector<std::string>& command) {
  const Ran ran = run(command);
  INFO(command.front() << " wrote:\n" << ran.out << ran.err);
  REQUIRE(ran.code == 0);
}

/// The tests come in any order, and each program expects a store in which nobody wrote before.
void empty_the_store() { REQUIRE(cluster().ctl({"del", "!", "--from-key"}).code == 0); }

void must_succeed_with_cluster(const std::string& name) {
  empty_the_store();
  must_succeed({programs + name, cluster().endpoints()});
}

#ifdef CONCLAVE_VALGRIND
/// No byte that was allocated is left at the end, and none is touched that is not ours.
void must_be_clean(const std::string& name, std::vector<std::string> words = {}) {
  std::vector<std::string> command = {
      CONCLAVE_VALGRIND, "--quiet", "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect,possible",
      programs + name};
  command.insert(command.end(), words.begin(), words.end());
  must_succeed(command);
}
#endif

}  // namespace

TEST_CASE("C: keys, ranges, transactions, guards and the cluster") { must_succeed_with_cluster("c_keys"); }
TEST_CASE("C: wrong arguments are refused before anything is sent") { must_succeed({programs + "c_refusals"}); }
TEST_CASE("C: each callback comes once, and none late") { must_succeed_with_cluster("c_callbacks"); }
TEST_CASE("C: watches tell everything, once, in order") { must_succeed_with_cluster("c_watches"); }
TEST_CASE("C: leases are kept, lost and released") { must_succeed_with_cluster("c_leases"); }
TEST_CASE("C: locks and semaphores are taken, waited for, called off and lost") { must_succeed_with_cluster("c_locks"); }
TEST_CASE("C: one leads, others see who, and the next follows") { must_succeed_with_cluster("c_elections"); }
TEST_CASE("C: queued work comes in order, is given back and dies") { must_succeed_with_cluster("c_queues"); }
TEST_CASE("C: barriers, counters, latches, and slots that outlive a reboot") { must_succeed_with_cluster("c_barriers"); }
TEST_CASE("C: instances are found until they go, and views show whole revisions") { must_succeed_with_cluster("c_services"); }
TEST_CASE("C: the forms with callbacks do what the blocking ones do") { must_succeed_with_cluster("c_forms"); }
TEST_CASE("C: handles may go while another thread frees their client") { must_succeed_with_cluster("c_closing"); }
TEST_CASE("C: the header is C++ too") { must_succeed({programs + "c_as_cpp"}); }

#ifdef CONCLAVE_PYTHON
TEST_CASE("Python: keys, a lock, a semaphore and an election through ctypes") {
  must_succeed({"/usr/bin/env", "PYTHONDONTWRITEBYTECODE=1", CONCLAVE_PYTHON, CONCLAVE_TEST_DIR "/python_test.py",
                CONCLAVE_SHARED_LIBRARY, cluster().endpoints()});
}
#endif

#ifdef CONCLAVE_VALGRIND
TEST_CASE("C: no memory is lost or misused") {
  must_be_clean("c_refusals");
  for (const char* name : {"c_keys", "c_callbacks", "c_watches", "c_leases", "c_locks", "c_elections", "c_queues", "c_barriers",
                           "c_services", "c_forms"}) {
    empty_the_store();
    must_be_clean(name, {cluster().endpoints()});
  }
}
#endif

}  // namespace conclave::test
