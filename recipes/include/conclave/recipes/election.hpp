#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "conclave/recipes/hold.hpp"

namespace conclave::recipes {

/// Who campaigns.
struct ElectionOptions {
  std::chrono::milliseconds ttl{10'000};  ///< 2 s at least: how long others wait when this process dies
  std::string owner{};                    ///< shown to others; empty: HOST:PID
  std::string note{};                     ///< shown to others
};

/// Who leads, as others see it.
struct Leader {
  std::string key;
  Revision token;
  LeaseId lease;
  std::string owner;
  std::string value;  ///< what it proclaims
};

/// A leadership that is held. Destroying it resigns, without waiting. Step down when on_jeopardy() calls: then there is half a TTL
/// left.
class Leadership {
 public:
  explicit Leadership(Hold hold) : hold_(std::move(hold)) {}

  /// Judged by the local clock.
  [[nodiscard]] bool is_leader() const { return hold_.is_held(); }
  /// Until when nobody else can lead, if nothing more is heard; on this process's steady clock. Now, once it is lost.
  [[nodiscard]] std::chrono::steady_clock::time_point is_leader_until() const {
    return std::chrono::steady_clock::now() + hold_.certain_for();
  }
  /// For any request: it is refused with Errc::fenced once this program does not lead any more.
  [[nodiscard]] const Guard& guard() const { return hold_.guard(); }
  /// The fencing token: greater than that of every leader before.
  [[nodiscard]] Revision token() const { return hold_.token(); }
  /// As Hold::on_lost.
  void on_lost(std::function<void()> handler) { hold_.on_lost(std::move(handler)); }
  /// As Hold::on_jeopardy: time to step down.
  void on_jeopardy(std::function<void()> handler) { hold_.on_jeopardy(std::move(handler)); }
  /// Changes what the leader proclaims: one write, refused with fenced if somebody else leads.
  Result<void> proclaim(std::string value, Wait wait = {std::chrono::seconds(5), {}});
  void proclaim(std::string value, std::function<void(Result<void>)> done, Wait wait = {std::chrono::seconds(5), {}});
  /// Gives the lead up: one write. It does not lead from the call on, whatever the outcome.
  Result<void> resign(Wait wait = {std::chrono::seconds(5), {}}) { return hold_.release(std::move(wait)); }
  void resign(std::function<void(Result<void>)> done, Wait wait = {std::chrono::seconds(5), {}}) {
    hold_.release(std::move(done), std::move(wait));
  }

 private:
  Hold hold_;
};

/// Tells of leaders until it goes: then it waits for a handler that is being called, unless it goes within it. Move-only.
class Observation {
 public:
  Observation();
  Observation(Observation&&) noexcept;
  Observation& operator=(Observation&&) noexcept;
  ~Observation();

 private:
  friend class Election;
  struct State;
  explicit Observation(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Programs of which one leads, across machines.
///
/// - **Safety.** At any moment at most one leader's guard is accepted by the server; by local clocks at most one program believes
///   to lead, as with Mutex.
/// - **Fencing token.** Leadership::token(): greater than that of every leader before.
/// - **Unknown outcome.** Of campaign(): none, as with Mutex. Of proclaim(): as its error says; it may be repeated.
/// - **Lost lease, cancellation.** As with Mutex.
/// - **Fairness.** Order of arrival. When the leader goes only the next candidate is woken; observers hear of every leader.
/// - **Cost.** campaign(): one write, and one notice if there is a leader. Leadership::proclaim() and resign(): one write each;
///   proclaim() by a guard: one read, one write. leader(): one read. observe(): one read and one watch; it sees the candidates come
///   and go, too.
class Election {
 public:
  /// Nobody leads: nothing. After an error nothing more comes.
  using OnLeader = std::function<void(const Result<std::optional<Leader>>&)>;

  Election(Client& client, std::string name, ElectionOptions options = {});
  Election(Election&&) noexcept;
  Election& operator=(Election&&) noexcept;
  ~Election();

  /// Waits until this program leads, and proclaims `value` from then on.
  Result<Leadership> campaign(std::string value, Wait wait = {});
  void campaign(std::string value, std::function<void(Result<Leadership>)> done, Wait wait = {});
  /// Who leads; nothing if nobody does.
  Result<std::optional<Leader>> leader(Wait wait = {});
  void leader(std::function<void(Result<std::optional<Leader>>)> done, Wait wait = {});
  /// Changes what the leader proclaims who has this guard, from any program; as Leadership::proclaim, and one read more.
  /// invalid_argument: the guard is of no candidate of this election.
  Result<void> proclaim(Guard leader, std::string value, Wait wait = {std::chrono::seconds(5), {}});
  void proclaim(std::function<void(Result<void>)> done, Guard leader, std::string value, Wait wait = {std::chrono::seconds(5), {}});
  /// The present leader, then every leader and every proclamation in order. If the cluster forgot so much history that some could
  /// not be seen, it goes on with the present one. On the client's thread.
  [[nodiscard]] Observation observe(OnLeader on_leader);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace conclave::recipes
