#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "bare_member.hpp"
#include "conclave/base/prng.hpp"
#include "conclave/test/catch.hpp"
#include "conclave/test/scratch_dir.hpp"

using namespace conclave;
using namespace conclave::storage;
using namespace conclave::storage::test;

namespace {

// --- What both processes know
// -------------------------------------------------------------------------------------------------------

/// One write: `count` entries of `term` from `from` on, replacing whatever was there; the hard state is (term, vote for 1 + from %
/// 3).
struct Step {
  std::uint64_t from = 0;
  std::uint64_t count = 0;
  std::uint64_t term = 0;
};

/// What the child tells: small enough to go through the pipe in one piece.
struct Note {
  enum Kind : std::uint64_t { submitted = 1, durable = 2, checkpoint = 3 };
  std::uint64_t kind = 0;
  std::uint64_t id = 0;  // of the write, from 1 in each life; the applied index of a checkpoint
  Step step;
};

raft::HardState hard_state_of(const Step& step) { return {Term(step.term), MemberId(1 + step.from % 3)}; }

std::string payload(std::uint64_t index, std::uint64_t term) {
  return "entry " + std::to_string(index) + " of term " + std::to_string(term) + std::string(index * 37 % 400, 'p');
}

/// The state machine's step for an entry: two keys among a few, so that rows are overwritten.
mvcc::StateDelta apply_entry(mvcc::Machine& machine, std::uint64_t index, std::uint64_t term) {
  const std::string key = "key" + std::to_string(index % 11);
  const std::string value = payload(index, term);
  mvcc::PutOp one;
  one.key = key;
  one.value = value;
  mvcc::PutOp two;
  two.key = "last";
  two.value = value;
  const std::array<mvcc::Command, 2> commands{mvcc::Command{{}, {}, mvcc::Op{one}}, mvcc::Command{{}, {}, mvcc::Op{two}}};
  const mvcc::Batch batch{MachineVersion(1), cluster_time_from_millis(static_cast<std::int64_t>(index)), commands};
  return machine.apply(Index(index), Term(term), batch).delta;
}

// --- The child
// ----------------------------------------------------------------------------------------------------------------------

/// Appends, truncates, applies, checkpoints and cuts until it is killed.
class Victim {
 public:
  Victim(OpenStorage storage, int pipe, std::uint64_t seed) : storage_(std::move(storage)), pipe_(pipe), prng_(seed) {
    auto& found = storage_.opened.recovered;
    applied_ = found.raft.applied.value();
    base_ = found.raft.snapshot ? found.raft.snapshot->last.index.value() : 0;
    for (const auto& entry : found.raft.entries) terms_[entry->id.index.value()] = entry->id.term.value();
    last_ = found.raft.entries.empty() ? base_ : found.raft.entries.back()->id.index.value();
    term_ = found.raft.hard_state.term.value() + 1;
    machine_ = std::move(found.machine);
  }

  [[noreturn]] void run() {
    for (;;) {
      while (in_flight_ < 3) submit();
      take(storage_.inbox->take());
    }
  }

 private:
  void submit() {
    Step step;
    step.count = 1 + prng_.below(3);
    step.term = term_;
    step.from = last_ + 1;
    if (prng_.chance(1, 6) && last_ > keep()) step.from = keep() + 1 + prng_.below(last_ - keep());
    raft::Write write;
    write.id = raft::WriteId(++id_);
    write.hard_state = hard_state_of(step);
    if (step.from <= last_) {
      write.truncate_from = Index(step.from);
      step.term = ++term_;  // another leader's entries
      write.hard_state = hard_state_of(step);
    }
    for (std::uint64_t i = 0; i < step.count; ++i) {
      write.entries.push_back(make_entry(step.term, step.from + i, payload(step.from + i, step.term)));
      terms_[step.from + i] = step.term;
    }
    terms_.erase(terms_.upper_bound(step.from + step.count - 1), terms_.end());
    last_ = step.from + step.count - 1;
    steps_[id_] = step;
    tell({Note::submitted, id_, step});
    storage_.opened.storage->log().submit(std::move(write));
    ++in_flight_;
  }

  /// Entries up to here count as committed: they are not truncated.
  [[nodiscard]] std::uint64_t keep() const { return std::max(committed_, applied_); }

  void take(std::optional<engine::Event> event) {
    if (!event) ::_exit(1);
    if (std::holds_alternative<engine::StorageFailed>(*event)) ::_exit(2);
    if (const auto* done = std::get_if<engine::LogDurable>(&*event)) on_durable(done->id.value());
    if (const auto* done = std::get_if<engine::CheckpointDone>(&*event)) on_checkpoint(done->applied);
  }

  void on_durable(std::uint64_t id) {
    tell({Note::durable, id, {}});
    in_flight_ = id_ - id;
    // Committed: durable here, and nothing that is still being written replaces it.
    std::uint64_t safe = steps_.at(id).from + steps_.at(id).count - 1;
    for (auto later = steps_.upper_bound(id); later != steps_.end(); ++later) safe = std::min(safe, later->second.from - 1);
    steps_.erase(steps_.begin(), steps_.upper_bound(id));
    committed_ = std::max(committed_, safe);
    auto& state = storage_.opened.storage->state();
    while (applied_ < committed_) {
      ++applied_;
      state.apply(apply_entry(*machine_, applied_, terms_.at(applied_)));
    }
    state.set_durable(Index(applied_));
    if (!checkpointing_ && prng_.chance(1, 10)) {
      state.checkpoint(1 << 20);
      checkpointing_ = true;
    }
  }

  void on_checkpoint(raft::EntryId applied) {
    tell({Note::checkpoint, applied.index.value(), {}});
    checkpointing_ = false;
    if (applied.index.value() > base_ + 5 && prng_.chance(1, 2)) {
      base_ = applied.index.value() - 5;
      storage_.opened.storage->log().cut({Term(terms_.at(base_)), Index(base_)});
    }
  }

  void tell(const Note& note) const {
    if (::write(pipe_, &note, sizeof note) != static_cast<::ssize_t>(sizeof note)) ::_exit(3);
  }

  OpenStorage storage_;
  int pipe_;
  Prng prng_;
  std::unique_ptr<mvcc::Machine> machine_;
  std::map<std::uint64_t, std::uint64_t> terms_;  // by index
  std::map<std::uint64_t, Step> steps_;           // by id: submitted and not durable
  std::uint64_t id_ = 0, in_flight_ = 0, last_ = 0, base_ = 0, term_ = 0, applied_ = 0, committed_ = 0;
  bool checkpointing_ = false;
};

// --- The parent
// ---------------------------------------------------------------------------------------------------------------------

/// What must be found: a log as of some write between the last acknowledged and the last submitted one.
struct Model {
  std::vector<std::uint64_t> terms{0};  // by index; what is certain
  raft::HardState hard_state;
  std::vector<Step> open;        // submitted and not acknowledged, in order
  std::uint64_t checkpoint = 0;  // applied index of the last one reported

  void apply(const Step& step) {
    terms.resize(step.from);
    terms.resize(step.from + step.count, step.term);
    hard_state = hard_state_of(step);
  }
};

bool matches(const Model& model, const raft::Recovered& found) {
  const auto base = found.snapshot ? found.snapshot->last.index.value() : 0;
  if (found.hard_state != model.hard_state) return false;
  if (base + found.entries.size() + 1 != model.terms.size()) return false;
  if (base != 0 && found.snapshot->last.term.value() != model.terms[base]) return false;
  for (const auto& entry : found.entries) {
    const auto index = entry->id.index.value();
    if (entry->id.term.value() != model.terms[index]) return false;
    if (std::get<Bytes>(entry->body).view() != payload(index, model.terms[index])) return false;
  }
  return true;
}

std::uint64_t hash_at(const Model& model, std::uint64_t applied) {
  mvcc::Machine machine;
  for (std::uint64_t index = 1; index <= applied; ++index) static_cast<void>(apply_entry(machine, index, model.terms[index]));
  return machine.state_hash();
}

/// Opens what the killed process left, compares, closes in order.
void verify(const Options& options, Model& model) {
  const auto storage = open_storage(options);
  if (!storage.has_value()) FAIL(storage.error().message());
  const auto& found = storage->opened.recovered;
  // Unacknowledged writes may be there: a prefix of them.
  std::size_t extra = 0;
  while (!matches(model, found.raft)) {
    REQUIRE(extra < model.open.size());
    model.apply(model.open[extra++]);
  }
  model.open.clear();
  const auto applied = found.raft.applied.value();
  CHECK(applied >= model.checkpoint);
  REQUIRE(applied < model.terms.size());
  CHECK(found.machine->applied().value() == applied);
  CHECK(found.machine->state_hash() == hash_at(model, applied));
}

void take_note(const Note& note, Model& model, std::uint64_t& acknowledged) {
  switch (note.kind) {
    case Note::submitted: model.open.push_back(note.step); return;
    case Note::checkpoint: model.checkpoint = note.id; return;
    case Note::durable:
      while (acknowledged < note.id) {
        REQUIRE(!model.open.empty());
        model.apply(model.open.front());
        model.open.erase(model.open.begin());
        ++acknowledged;
      }
      return;
    default: FAIL("a note of an unknown kind");
  }
}

/// When a victim is killed.
struct Fate {
  std::uint64_t notes = 0;  ///< after so many
  bool checkpoint = false;  ///< and not before it has made a checkpoint
};

/// Starts a victim, listens to its notes, kills it, and takes in what it had still said.
void one_life(const Options& options, Model& model, const Fate& fate, std::uint64_t seed) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const ::pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(ends[0]);
    auto storage = open_storage(options);
    if (!storage.has_value()) ::_exit(4);
    Victim(std::move(*storage), ends[1], seed).run();
  }
  ::close(ends[1]);
  std::uint64_t acknowledged = 0;
  Note note;
  bool waits = fate.checkpoint;
  for (std::uint64_t heard = 0;; ++heard) {
    waits = waits && note.kind != Note::checkpoint;
    if (heard >= fate.notes && !waits) ::kill(child, SIGKILL);
    // A pipe gives what was written before the death, whole notes each: smaller than PIPE_BUF.
    const auto count = ::read(ends[0], &note, sizeof note);
    if (count != static_cast<::ssize_t>(sizeof note)) break;
    take_note(note, model, acknowledged);
  }
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(WTERMSIG(status) == SIGKILL);
}

}  // namespace

TEST_CASE("kill -9 at any moment loses nothing that was acknowledged, and the state is that of one applied index") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path());
  Model model;
  Prng prng(11);
  constexpr int rounds = 30;
  constexpr int rounds_max = 300;
  constexpr std::size_t entries = 500;
  for (int round = 0; round < rounds || (model.terms.size() <= entries && round < rounds_max); ++round) {
    // Some lives end while they are being opened, some after hundreds of writes.
    const auto notes = round % 10 == 9 ? 0 : 1 + prng.below(400);
    const bool checkpoint = round % 5 == 3;  // else a quick disk lets hardly any life see one
    INFO("round " << round << ", killed after " << notes << " notes" << (checkpoint ? " and a checkpoint" : ""));
    one_life(options, model, {notes, checkpoint}, prng.next());
    verify(options, model);
  }
  CHECK(model.terms.size() > entries);
  CHECK(model.checkpoint > 0);
}

TEST_CASE("a directory whose making was killed at any moment can be opened and is fresh") {
  const conclave::test::ScratchDir scratch;
  Prng prng(12);
  constexpr int rounds = 25;
  for (int round = 0; round < rounds; ++round) {
    const auto options = small_options(scratch.path() / std::to_string(round));
    const auto microseconds = static_cast<::suseconds_t>(1 + prng.below(80'000));
    INFO("round " << round << ", killed after " << microseconds << " us");
    static_cast<void>(run_and_die([&] {
      // An alarm that nobody handles ends a process as abruptly as kill -9, and counts from within.
      const ::itimerval timer{{0, 0}, {0, microseconds}};
      if (::setitimer(ITIMER_REAL, &timer, nullptr) != 0) return 1;
      const auto storage = open_storage(options);
      ::_exit(storage.has_value() ? 0 : 2);
    }));
    const auto storage = open_storage(options);
    if (!storage.has_value()) FAIL(storage.error().message());
    CHECK(storage->opened.fresh);
    CHECK(storage->opened.recovered.raft.membership == options.bootstrap);
  }
}
