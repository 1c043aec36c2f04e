#include "conclave/locksmith_report/text.hpp"

#include "conclave/locksmith_report/table.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave::locksmith::report;

TEST_CASE("nothing that a terminal obeys comes through") {
  CHECK(clean("\x1b[2Jgone\r\n") == "\uFFFD[2Jgone\uFFFD\uFFFD");
  CHECK(clean("\xC2\x9B"
              "31m") ==
        "\uFFFD"
        "31m");                                                        // CSI as one character
  CHECK(clean("a\u202Eb\u2066c\u200Bd") == "a\uFFFDb\uFFFDc\uFFFDd");  // direction and nothing at all
  CHECK(clean("web-\xC3\xBC") == "web-\xC3\xBC");
  CHECK(clean("web-\xC3\xBC", false) == "web-?");
}

TEST_CASE("what is no UTF-8 becomes UTF-8") {
  CHECK(clean("\xFF\xC3") == "\uFFFD\uFFFD");
  CHECK(clean("\xC0\x80") == "\uFFFD\uFFFD");                      // overlong
  CHECK(clean("\xED\xA0\x80") == "\uFFFD\uFFFD\uFFFD");            // a surrogate
  CHECK(clean("\xF4\x90\x80\x80") == "\uFFFD\uFFFD\uFFFD\uFFFD");  // beyond U+10FFFF
  CHECK(clean(std::string("a\0b", 3)) == "a\uFFFDb");
}

TEST_CASE("text is measured in columns and cut at characters") {
  CHECK(width_of("abc") == 3);
  CHECK(width_of("\u65E5\u672C") == 4);
  CHECK(width_of("e\u0301") == 1);
  CHECK(shorten("abcdef", 6) == "abcdef");
  CHECK(shorten("abcdef", 4) == "abc\u2026");
  CHECK(shorten("abcdef", 4, false) == "abc~");
  CHECK(shorten("\u65E5\u672C\u8A9E", 4) == "\u65E5\u2026");
  CHECK(shorten("abc", 0).empty());
}

TEST_CASE("spans have at most two units") {
  CHECK(span_text(-5) == "0s");
  CHECK(span_text(59'999) == "59s");
  CHECK(span_text(61'000) == "1m 01s");
  CHECK(span_text(60'000) == "1m");
  CHECK(span_text(754'000) == "12m");
  CHECK(span_text(3 * 3'600'000 + 5 * 60'000) == "3h 05m");
  CHECK(span_text((2 * 24 + 4) * 3'600'000LL) == "2d 04h");
  CHECK_FALSE(span_text(INT64_MAX).empty());
}

TEST_CASE("times are written in UTC, over all years that have four digits") {
  CHECK(time_text(0) == "1970-01-01 00:00:00Z");
  CHECK(rfc3339(1'709'251'199'000) == "2024-02-29T23:59:59Z");
  CHECK(rfc3339(-1) == "1969-12-31T23:59:59Z");
  CHECK(rfc3339(253'402'300'799'000) == "9999-12-31T23:59:59Z");
  CHECK_FALSE(rfc3339(253'402'300'800'000).has_value());
  CHECK_FALSE(rfc3339(INT64_MIN).has_value());
  CHECK(time_text(INT64_MAX) == "-");
}

TEST_CASE("a table never needs more columns than the terminal has, as long as its indispensable columns fit") {
  const std::vector<Column> columns = {{"ID", 0, 6}, {"HOST", 2, 6}, {"N", 1, 0, true}, {"WHY", 3, 6}};
  const std::vector<std::vector<Cell>> rows = {{"0123456789abcdef", "a-long-host-name", "12345", "a reason of some length"},
                                               {"x", "", "1", "\u65E5\u672C\u8A9E\u65E5\u672C\u8A9E\u65E5\u672C\u8A9E"}};
  for (std::size_t width = 6; width < 90; ++width) {
    const std::string text = table(columns, rows, {width, false, true});
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      const std::string line = text.substr(at, end - at);
      INFO(width << ": " << line);
      CHECK(width_of(line) <= width);
      CHECK((line.empty() || line.back() != ' '));
      at = end + 1;
    }
  }
}
