/// In which order those who wait for an entry hear of it, and what leaves before the pass ends.
#include "bench.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::engine;
using namespace conclave::engine::test;

namespace {

using Said = std::vector<std::string>;

/// A member alone, with a watch of "w" and a queue of two below "q/".
class Telling {
 public:
  Telling() {
    bench_.elect();
    mvcc::WatchSpec watched;
    watched.kind = mvcc::KeySelector::Kind::prefix;
    watched.begin = "w";
    bench_.ask(0, WatchCreate{WatchId(1), watched, {}, false});
    for (const std::string words : {"put q/1 x", "put q/2 x"}) bench_.write(0, words);
    bench_.settle();
    bench_.ask(0, TurnWatch{WatchId(2), {"q/", "q/2", 1}});
    bench_.settle();
    bench_[0].clients.said.clear();
  }

  /// Asks for all of these in one pass, so that they share an entry; returns what was said since.
  Said write(std::initializer_list<std::string> commands) {
    for (const std::string& words : commands) {
      WriteRequest write;
      write.request = Bytes(words);
      bench_[0].engine->deliver(ClientAsked{Bench::connection, RequestId(next_request_++), std::move(write)});
    }
    bench_[0].engine->run_once(bench_.now);
    bench_.settle();
    return bench_[0].clients.said;
  }

 private:
  Bench bench_{1};
  std::uint64_t next_request_ = 1000;
};

}  // namespace

TEST_CASE("the answer to a write alone leaves before the events that follow from it are made") {
  CHECK(Telling().write({"put w x"}) == Said{"answer", "flush", "events"});
}

TEST_CASE("news of a turn leave before the answers of the entry are made") {
  CHECK(Telling().write({"del q/1"}) == Said{"turn", "flush", "answer"});
  CHECK(Telling().write({"put w x", "del q/1"}) == Said{"turn", "flush", "answer", "answer", "events"});
}

TEST_CASE("answers of an entry with more commands wait for the end of the pass, and so does the news of a turn in it") {
  CHECK(Telling().write({"put a x", "put b x", "put c x", "put d x"}) == Said{"answer", "answer", "answer", "answer"});
  CHECK(Telling().write({"del q/1", "put b x", "put c x", "put d x"}) == Said{"turn", "answer", "answer", "answer", "answer"});
}
