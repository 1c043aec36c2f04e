#include "conclave/app/log.hpp"

#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::app;

TEST_CASE("a log line of text quotes what would break it") {
  CHECK(text_line("T", LogLevel::info, "n1", "link refused",
                  {{"from", "1.2.3.4"}, {"why", "a \"b\"\n"}, {"count", std::uint64_t{3}}}) ==
        "T info n1: link refused from=1.2.3.4 why=\"a \\\"b\\\"\\u000a\" count=3\n");
}

TEST_CASE("a log line of JSON stays valid whatever bytes it carries") {
  CHECK(json_line("T", LogLevel::error, "n1", "e", {{"bytes", std::string("\x01\xff\\", 3)}, {"n", -1}}) ==
        "{\"time\":\"T\",\"level\":\"error\",\"member\":\"n1\",\"event\":\"e\",\"bytes\":\"\\u0001\\u00ff\\\\\",\"n\":-1}\n");
}
