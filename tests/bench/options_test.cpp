#include "options.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "conclave/test/catch.hpp"
#include "result.hpp"

using namespace conclave::bench;

namespace {
/// The options of a command line, or nothing if it is wrong.
std::optional<Options> parse(const std::string& line) {
  CLI::App app;
  Options options;
  add_options(app, options);
  try {
    app.parse(line);
  } catch (const CLI::ParseError&) {
    return std::nullopt;
  }
  if (!finish(options)) return std::nullopt;
  return options;
}
}  // namespace

TEST_CASE("every workload has a name that finds it", "[bench]") {
  for (int i = 0; i <= static_cast<int>(Workload::start); ++i) {
    const auto workload = static_cast<Workload>(i);
    CHECK(workload_of(name_of(workload)) == workload);
  }
  CHECK(!workload_of("no such"));
}

TEST_CASE("a command line says what to do and how much of it", "[bench]") {
  const auto options = parse("put --endpoints a:1,b:2 --clients 256 --connections 4 --duration 3 --rate 100 --no-fill --json");
  REQUIRE(options);
  CHECK(options->workload == Workload::put);
  CHECK(options->endpoints == std::vector<std::string>{"a:1", "b:2"});
  CHECK(options->clients == 256);
  CHECK(options->connections == 4);
  CHECK(options->rate == 100);
  CHECK(!options->fill);
  CHECK(options->json);
  CHECK(options->value_size == 256);
}

TEST_CASE("large puts have large values unless another size is named", "[bench]") {
  CHECK(parse("put-large")->value_size == 16'384);
  CHECK(parse("put-large --value-size 100")->value_size == 100);
}

TEST_CASE("there are never more connections than callers", "[bench]") { CHECK(parse("get --clients 3")->connections == 3); }

TEST_CASE("what makes no sense is refused", "[bench]") {
  CHECK(!parse("no-such-workload"));
  CHECK(!parse(""));
  CHECK(!parse("put --clients 0"));
  CHECK(!parse("put --keys 0"));
  CHECK(!parse("put --rate -1"));
  CHECK(!parse("lock --rate 100"));
  CHECK(!parse("recover --endpoints a:1,b:2 --pids 17"));
  CHECK(!parse("start"));
}

TEST_CASE("keys have the size that was asked for, or what their number needs", "[bench]") {
  Options options;
  options.prefix = "p/";
  options.key_size = 8;
  CHECK(key_of(options, 42) == "p/000042");
  CHECK(key_of(options, 1'234'567'890) == "p/1234567890");
}

TEST_CASE("a result as JSON is one line with the agreed names", "[bench]") {
  Outcome outcome;
  outcome.seconds = 2;
  outcome.operations = 10;
  outcome.latency.record(std::chrono::microseconds(100));
  outcome.extra["swapped"] = 3;
  const std::string json = to_json(*parse("cas --clients 4"), outcome);
  CHECK(json.find('\n') == std::string::npos);
  for (const char* name :
       {"\"system\":\"conclave\"", "\"workload\":\"cas\"", "\"clients\":4", "\"connections\":4", "\"seconds\":2.0",
        "\"operations\":10", "\"errors\":0", "\"ops_per_second\":5.0", "\"p50_us\":100.0", "\"p90_us\"", "\"p99_us\"",
        "\"p999_us\"", "\"p9999_us\"", "\"max_us\"", "\"events\":0", "\"extra\":{\"swapped\":3.0}"}) {
    CAPTURE(json, name);
    CHECK(json.find(name) != std::string::npos);
  }
}
