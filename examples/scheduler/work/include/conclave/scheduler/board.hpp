#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "conclave/recipes_core/hub.hpp"
#include "conclave/scheduler/writes.hpp"

namespace conclave::scheduler {

/// What users do: they submit work, look at it, call it off. A value: its calls outlive it.
class Board {
 public:
  Board(recipes::core::HubPtr hub, Keys keys) : hub_(std::move(hub)), keys_(std::move(keys)) {}
  template <class T>
  using Task = recipes::core::Task<T>;
  using Call = recipes::core::Call;

  struct Submitted {
    std::vector<std::string> specs;
    bool is_new = true;  ///< false: the same was submitted under this idempotency key before
  };
  /// All of it or nothing. Jobs without a name get one. Errors: already_exists (a name is taken, or the key was used for something
  /// else), key_not_found (a dependency), and what check() says.
  [[nodiscard]] Task<Result<Submitted>> submit(Submission submission, Call call) const {
    return submit(hub_, keys_, std::move(submission), std::move(call));
  }
  /// Everything there is, at one revision.
  [[nodiscard]] Task<Result<Picture>> look(Call call) const { return look(hub_, keys_, std::move(call)); }

  struct Shown {
    Spec spec;
    ByName<Job> jobs;
    std::map<std::string, std::map<std::uint64_t, RunRecord>> runs;  ///< by job and epoch
  };
  /// One job, or all of an array. Errors: key_not_found.
  [[nodiscard]] Task<Result<Shown>> show(std::string name, Call call) const {
    return show(hub_, keys_, std::move(name), std::move(call));
  }
  /// How many jobs were cancelled or asked to stop; those that are final stay as they are.
  [[nodiscard]] Task<Result<std::uint64_t>> cancel(std::string name, Call call) const {
    return each(hub_, keys_, std::move(name), What::cancel, std::move(call));
  }
  /// Dead and cancelled jobs begin anew. How many.
  [[nodiscard]] Task<Result<std::uint64_t>> retry(std::string name, Call call) const {
    return each(hub_, keys_, std::move(name), What::retry, std::move(call));
  }
  /// Forgets a spec all of whose jobs are final. Errors: key_not_found, already_exists if some are not.
  [[nodiscard]] Task<Result<bool>> discard(std::string spec, Call call) const {
    return discard(hub_, keys_, std::move(spec), std::move(call));
  }
  [[nodiscard]] Task<Result<bool>> drain(std::string agent, DrainRecord record, Call call) const {
    return put(hub_, keys_.drain(agent), to_json(record), std::move(call));
  }
  [[nodiscard]] Task<Result<bool>> undrain(std::string agent, Call call) const {
    return erase(hub_, keys_.drain(agent), std::move(call));
  }
  /// Gives up the agents that are gone and ends the freeze: what they had goes to others. How many agents.
  [[nodiscard]] Task<Result<std::uint64_t>> unfreeze(Call call) const { return unfreeze(hub_, keys_, std::move(call)); }

 private:
  enum class What : std::uint8_t { cancel, retry };
  using HubPtr = recipes::core::HubPtr;
  static Task<Result<Submitted>> submit(HubPtr hub, Keys keys, Submission submission, Call call);
  static Task<Result<Picture>> look(HubPtr hub, Keys keys, Call call);
  static Task<Result<Shown>> show(HubPtr hub, Keys keys, std::string name, Call call);
  static Task<Result<std::uint64_t>> each(HubPtr hub, Keys keys, std::string name, What what, Call call);
  static Task<Result<bool>> one(HubPtr hub, Keys keys, std::string job, What what, Call call);
  static Task<Result<bool>> discard(HubPtr hub, Keys keys, std::string spec, Call call);
  static Task<Result<bool>> put(HubPtr hub, std::string key, std::string value, Call call);
  static Task<Result<bool>> erase(HubPtr hub, std::string key, Call call);
  static Task<Result<std::uint64_t>> unfreeze(HubPtr hub, Keys keys, Call call);

  HubPtr hub_;
  Keys keys_;
};

}  // namespace conclave::scheduler
