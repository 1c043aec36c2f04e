#include "conclave/recipes/hold.hpp"

#include <utility>

#include "hold_access.hpp"
#include "teller.hpp"

namespace conclave::recipes {

struct Hold::State {
  std::shared_ptr<ClientLoop> loop;
  core::PlacePtr place;
  Teller teller;
  /// On the client's thread alone.
  std::shared_ptr<std::vector<core::Subscription>> told = std::make_shared<std::vector<core::Subscription>>();
};

Hold::Hold(std::unique_ptr<State> state) : state_(std::move(state)) {}
Hold::Hold() = default;
Hold::Hold(Hold&&) noexcept = default;
Hold& Hold::operator=(Hold&& other) noexcept {
  if (this != &other) {
    const Hold old(std::move(*this));
    state_ = std::move(other.state_);
  }
  return *this;
}

/// The last reference is let go of on the client's thread, where the place is left; if that has ended there is nothing to be left.
Hold::~Hold() {
  if (!state_) return;
  state_->teller.close();
  const auto loop = state_->loop;
  loop->post([state = std::shared_ptr<State>(std::move(state_))] {
    state->told->clear();
    state->place.reset();
  });
}

bool Hold::is_held() const { return state_ && state_->place->is_kept(); }

std::chrono::milliseconds Hold::certain_for() const {
  if (!is_held()) return std::chrono::milliseconds::zero();
  const auto left = std::chrono::floor<std::chrono::milliseconds>(state_->place->lease()->until() - state_->loop->time());
  return std::max(left, std::chrono::milliseconds::zero());
}

const Guard& Hold::guard() const {
  static const Guard none;
  return state_ ? state_->place->guard() : none;
}
Revision Hold::token() const { return guard().create_revision; }
const std::string& Hold::key() const { return guard().key; }

void Hold::on_lost(std::function<void()> handler) {
  if (!state_) return;
  state_->loop->post([place = state_->place, told = state_->told, handler = state_->teller.pass(std::move(handler))] {
    if (place->lease()->lost().raised()) return handler();
    told->push_back(place->lease()->lost().on_raise(handler));
  });
}

void Hold::on_jeopardy(std::function<void()> handler) {
  if (!state_) return;
  state_->loop->post([place = state_->place, told = state_->told, handler = state_->teller.pass(std::move(handler))] {
    told->push_back(place->lease()->on_health([handler](client::LeaseHealth health) {
      if (health == client::LeaseHealth::jeopardy) handler();
    }));
  });
}

void Hold::release(std::function<void(Result<void>)> done, Wait wait) {
  if (!state_) return done(Result<void>{});
  const auto loop = state_->loop;
  const auto place = state_->place;
  place->stop_keeping();
  state_->teller.close();
  run_to_end(
      loop, wait,
      [place, told = state_->told](core::Call call) {
        told->clear();
        return core::Place::leave(place, std::move(call));
      },
      std::move(done));
}

Result<void> Hold::release(Wait wait) {
  if (!state_) return {};
  state_->place->stop_keeping();
  return blocking<void>(*state_->loop, [&](auto done) { release(std::move(done), wait); });
}

Hold HoldAccess::make(std::shared_ptr<ClientLoop> loop, core::PlacePtr place) {
  auto state = std::make_unique<Hold::State>();
  state->loop = std::move(loop);
  state->place = std::move(place);
  return Hold(std::move(state));
}

const core::PlacePtr& HoldAccess::place_of(const Hold& hold) { return hold.state_->place; }

const std::shared_ptr<ClientLoop>& HoldAccess::loop_of(const Hold& hold) { return hold.state_->loop; }

std::vector<Holder> holders_of(const std::vector<core::Seat>& seats) {
  std::vector<Holder> holders;
  for (const core::Seat& seat : seats) {
    const std::chrono::system_clock::time_point since(std::chrono::milliseconds(seat.record.at_millis));
    holders.push_back({seat.key, seat.token, seat.lease, seat.record.owner, seat.record.note, since, seat.record.weight});
  }
  return holders;
}

}  // namespace conclave::recipes
