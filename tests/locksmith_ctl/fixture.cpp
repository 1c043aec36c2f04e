#include "fixture.hpp"

#include "conclave/test/catch.hpp"

namespace conclave::locksmith::test {

conclave::test::Cluster& cluster() {
  static conclave::test::Cluster shared(3);
  return shared;
}

Revision revision() {
  const auto got = cluster().client().get("nothing");
  REQUIRE(got);
  return got->header.revision;
}

std::vector<std::string> Desk::command(const std::vector<std::string>& words) const {
  std::vector<std::string> all = {conclave::test::program("locksmithctl"),
                                  "-endpoint",
                                  cluster().endpoints(),
                                  "-group",
                                  group_,
                                  "-timeout",
                                  "20s",
                                  "-machine",
                                  "own",
                                  "-boot",
                                  "boot-1"};
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

Ran Desk::run(std::vector<std::string> words, const std::string& input) const { return conclave::test::run(command(words), input); }

Json Desk::json(std::vector<std::string> words, int code, const std::string& input) const {
  words.insert(words.end(), {"-o", "json"});
  const Ran ran = run(words, input);
  INFO(ran.out << ran.err);
  CHECK(ran.code == code);
  CHECK(ran.out.find('\n') + 1 == ran.out.size());
  Json json = Json::parse(ran.out, nullptr, false);
  REQUIRE(json.is_object());
  CHECK(json["schema"] == 1);
  return json;
}

std::vector<std::string> Desk::holders() const {
  std::vector<std::string> ids;
  const Json found = status();
  for (const Json& holder : found["holders"]) ids.push_back(holder["machine"]);
  return ids;
}

}  // namespace conclave::locksmith::test
