#include <csignal>

#include "cluster.hpp"
#include "conclave/test/catch.hpp"
#include "conclave/test/certificates.hpp"

using namespace conclave;
using namespace conclave::test;
using std::chrono::seconds;

namespace {

struct Files : Certificates {
  Files() {
    make_authority("other-ca");
    make("member", "ca", "member", "IP:127.0.0.1,DNS:localhost");
    make("alice", "ca", "alice", "DNS:alice");
    make("mallory", "other-ca", "mallory", "DNS:mallory");
  }
  [[nodiscard]] std::vector<std::string> member_flags() const {
    return {"--cert-file", cert("member"),           "--key-file",       key("member"),  "--trusted-ca-file",
            cert("ca"),    "--client-cert-auth",     "--peer-cert-file", cert("member"), "--peer-key-file",
            key("member"), "--peer-trusted-ca-file", cert("ca")};
  }
};

Ran ctl_as(const Cluster& cluster, const Files& files, const std::string& authority, const std::string& name,
           std::vector<std::string> words) {
  std::vector<std::string> command{program("conclavectl"), "--endpoints", cluster.endpoints(), "--timeout", "5s", "--cacert",
                                   files.cert(authority)};
  if (!name.empty()) command.insert(command.end(), {"--cert", files.cert(name), "--key", files.key(name)});
  command.insert(command.end(), words.begin(), words.end());
  return run(command);
}

}  // namespace

TEST_CASE("with TLS everywhere the cluster serves who has a certificate and refuses the others with a line") {
  Files files;
  Cluster cluster(3, files.member_flags());
  REQUIRE(await(seconds(30), [&] { return ctl_as(cluster, files, "ca", "alice", {"put", "a", "1"}).code == 0; }));
  CHECK(ctl_as(cluster, files, "ca", "alice", {"get", "a", "--print-value-only"}).out == "1\n");

  CHECK(ctl_as(cluster, files, "other-ca", "alice", {"get", "a"}).code == 1);
  CHECK(ctl_as(cluster, files, "ca", "", {"get", "a"}).code == 1);
  CHECK(ctl_as(cluster, files, "ca", "mallory", {"get", "a"}).code == 1);
  CHECK(run({program("conclavectl"), "--endpoints", cluster.endpoints(), "--timeout", "2s", "get", "a"}).code == 1);  // plain text
  const std::string log = cluster.log_of(0) + cluster.log_of(1) + cluster.log_of(2);
  CHECK(log.find("reason=tls_failed") != std::string::npos);
  CHECK(log.find("reason=plain_on_tls") != std::string::npos);

  // The members' certificates change to another authority's, which clients are told to trust; nobody restarts.
  files.make("member", "other-ca", "member", "IP:127.0.0.1,DNS:localhost");
  for (std::size_t i = 0; i < cluster.size(); ++i) cluster.process(i).signal(SIGHUP);
  CHECK(await(seconds(10), [&] {
    return ctl_as(cluster, files, "other-ca", "alice", {"get", "a", "--print-value-only"}).out == "1\n";
  }));
}
