#include "conclave/mvcc/turn_index.hpp"

#include <limits>

#include "conclave/base/assert.hpp"
#include "conclave/mvcc/machine.hpp"
#include "turn_index_board.hpp"

namespace conclave::mvcc {
namespace {

constexpr Revision newest{std::numeric_limits<std::uint64_t>::max()};

class MachineKeys final : public TurnKeys {
 public:
  explicit MachineKeys(const Machine& machine) : machine_(machine) {}

  [[nodiscard]] Revision revision() const override { return machine_.revision(); }
  [[nodiscard]] Revision create_of(ByteView key) const override {
    const KeyValuePtr kv = machine_.get(key);
    return kv ? kv->create_revision() : Revision();
  }
  [[nodiscard]] std::vector<Revision> creates_under(ByteView prefix) const override { return machine_.create_revisions(prefix); }

 private:
  const Machine& machine_;
};

}  // namespace

struct TurnIndex::Parts {
  TurnBoard board;
};

TurnIndex::TurnIndex() : parts_(std::make_unique<Parts>()) {}
TurnIndex::~TurnIndex() = default;

bool TurnIndex::accepts(const TurnSpec& spec, const Machine& machine) const {
  return parts_->board.is_watched(spec.prefix) || machine.count_older(spec.prefix, newest, turn_keys_max + 1) <= turn_keys_max;
}

bool TurnIndex::queues(const TurnSpec& spec, const Machine& machine) const {
  return parts_->board.queues(spec, MachineKeys(machine));
}

bool TurnIndex::is_waited_for(ByteView key) const { return parts_->board.is_waited_for(key); }

std::vector<TurnFired> TurnIndex::add(TurnId id, const TurnSpec& spec, const Machine& machine) {
  return parts_->board.add(id, spec, MachineKeys(machine));
}

void TurnIndex::remove(TurnId id) { parts_->board.remove(id); }

std::vector<TurnFired> TurnIndex::on_events(const EventBatch& batch, const Machine&) { return parts_->board.on_events(batch); }

std::vector<TurnFired> TurnIndex::reevaluate(const Machine& machine) { return parts_->board.reevaluate(MachineKeys(machine)); }

std::size_t TurnIndex::size() const { return parts_->board.size(); }

}  // namespace conclave::mvcc
