#include <array>

#include "conclave/gateway_core/base64.hpp"
#include "conclave/gateway_core/json_reader.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::gateway;

namespace {

template <class Read>
std::string problem_of(ByteView text, Read read) {
  Problem problem;
  const JsonDocument document = JsonDocument::parse(text, {}, problem);
  read(document.root(problem));
  return problem ? problem->text : std::string();
}

std::int64_t number_in(ByteView text) {
  Problem problem;
  const JsonDocument document = JsonDocument::parse(text, {}, problem);
  const std::int64_t number = document.root(problem).int64("the_number");
  REQUIRE_FALSE(problem.has_value());
  return number;
}

std::vector<std::string> split(std::vector<std::string> pieces, Problem& problem) {
  JsonSplitter splitter;
  std::vector<std::string> out;
  for (const std::string& piece : pieces) {
    if (!splitter.feed(piece, problem)) break;
    while (auto object = splitter.next()) out.push_back(*object);
  }
  return out;
}

constexpr std::array<std::string_view, 2> names{"NO", "YES"};

}  // namespace

TEST_CASE("base64 is written with padding and read in both alphabets, with padding or without") {
  for (const auto& [bytes, text] : std::vector<std::pair<std::string, std::string>>{
           {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {std::string("\0", 1), "AA=="}}) {
    std::string out;
    append_base64(out, bytes);
    CHECK(out == text);
    CHECK(from_base64(text) == bytes);
    CHECK(from_base64(text.substr(0, text.find('='))) == bytes);
  }
  CHECK(from_base64("+/+/") == from_base64("-_-_"));
  for (const char* bad : {"Z", "Zg=", "Zg===", "Zm9v=", "Zm9v!", "Z g=", "====", "Zm\n9v"}) {
    CAPTURE(bad);
    CHECK_FALSE(from_base64(bad).has_value());
  }
}

TEST_CASE("64-bit numbers come as strings or numbers, in both spellings of their name") {
  CHECK(number_in(R"({"the_number":"9223372036854775807"})") == 9223372036854775807);
  CHECK(number_in(R"({"theNumber":-9223372036854775808})") == std::numeric_limits<std::int64_t>::min());
  CHECK(number_in(R"({"the_number":7.0})") == 7);
  CHECK(number_in(R"({"the_number":1e3})") == 1000);
  CHECK(number_in(R"({"the_number":null,"other":[{}]})") == 0);
  CHECK(number_in("") == 0);
  CHECK(number_in(" \n") == 0);
}

TEST_CASE("what does not fit is said with the path to it") {
  const auto number = [](const JsonObject& json) { (void)json.int64("n"); };
  for (const char* bad : {R"({"n":"9223372036854775808"})", R"({"n":9223372036854775808})", R"({"n":""})", R"({"n":"1x"})",
                          R"({"n":1.5})", R"({"n":true})", R"({"n":{}})", R"({"n":1e300})"}) {
    CAPTURE(bad);
    CHECK(problem_of(bad, number) == "invalid value for field n: a whole number of 64 bits, or one in a string, is wanted");
  }
  CHECK(problem_of(R"({"n":-1})", [](const JsonObject& json) { (void)json.uint64("n"); }).find("from 0 to 2^64-1") !=
        std::string::npos);
  const auto nested = [](const JsonObject& json) {
    json.for_each_object("list", [](const JsonObject& item) { (void)item.object("inner").bytes("key"); });
  };
  CHECK(problem_of(R"({"list":[{},{"inner":{"key":"%"}}]})", nested) ==
        "invalid value for field list[1].inner.key: a string in base64 is wanted");
  CHECK(problem_of(R"({"list":[1]})", nested) == "invalid value for field list[0]: an object is wanted");
  CHECK(problem_of(R"({"list":{}})", nested) == "invalid value for field list: an array is wanted");
  CHECK(problem_of(R"({"list":[{"inner":[]}]})", nested) == "invalid value for field list[0].inner: an object is wanted");
  CHECK(problem_of(R"({"b":"true"})", [](const JsonObject& json) { (void)json.boolean("b"); }) ==
        "invalid value for field b: true or false is wanted");
}

TEST_CASE("an enumeration is named or numbered") {
  const auto read = [](ByteView text) {
    Problem problem;
    const JsonDocument document = JsonDocument::parse(text, {}, problem);
    const std::size_t value = document.root(problem).enumeration("e", names);
    return problem ? problem->text : std::to_string(value);
  };
  CHECK(read(R"({"e":"YES"})") == "1");
  CHECK(read(R"({"e":1})") == "1");
  CHECK(read(R"({"e":null})") == "0");
  CHECK(read("{}") == "0");
  CHECK(read(R"({"e":"yes"})") == "invalid value for field e: one of NO YES is wanted");
  CHECK(read(R"({"e":2})") == "invalid value for field e: one of NO YES is wanted");
  CHECK(read(R"({"e":-1})") == "invalid value for field e: one of NO YES is wanted");
}

TEST_CASE("what is no JSON object is refused with a reason") {
  const auto nothing = [](const JsonObject&) {};
  CHECK(problem_of("[]", nothing) == "invalid JSON: a request is an object; byte 0 begins none");
  CHECK(problem_of("  null", nothing) == "invalid JSON: a request is an object; byte 2 begins none");
  CHECK(problem_of("{}{}", nothing) == "invalid JSON: more than one object");
  CHECK(problem_of("{", nothing) == "invalid JSON: the object does not end");
  CHECK(problem_of(R"({"a":"})", nothing) == "invalid JSON: the object does not end");
  CHECK(problem_of("{]", nothing).starts_with("invalid JSON: parse error"));
  CHECK(problem_of(R"({"a":01})", nothing).starts_with("invalid JSON: parse error"));
  CHECK(problem_of("{\"a\":\"\xff\"}", nothing).starts_with("invalid JSON: parse error"));
  CHECK(problem_of(std::string(100'000, '{'), nothing) == "invalid JSON: nested deeper than 32");
  CHECK(problem_of("{\"a\":\"" + std::string(4 << 20, 'x') + "\"}", nothing) == "etcdserver: request is too large");
}

TEST_CASE("a body of several objects is cut into them, however it arrives") {
  const std::string body = R"( {"a":"}\"{"} {"b":[{}]}{"c":1}
)";
  Problem problem;
  const auto whole = split({body}, problem);
  CHECK(whole == std::vector<std::string>{R"({"a":"}\"{"})", R"({"b":[{}]})", R"({"c":1})"});
  std::vector<std::string> bytes;
  for (const char c : body) bytes.emplace_back(1, c);
  CHECK(split(bytes, problem) == whole);
  CHECK_FALSE(problem.has_value());
  CHECK(split({R"({"a":1},{"b":2})"}, problem).size() <= 1);
  REQUIRE(problem.has_value());
  CHECK(problem->text == "invalid JSON: a request is an object; byte 7 begins none");
}
