#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conclave/recipes_core/hub.hpp"
#include "conclave/recipes_core/service_record.hpp"

namespace conclave::recipes::core {

enum class Registered : std::uint8_t { waiting, registered, replaced, ended };

struct RegistrationRequest {
  std::string key;
  KeeperOptions keeper;
  ServiceRecord record;
  Duration jitter = seconds(1);  ///< the longest pause before it registers again
  bool healthy = true;           ///< false: nothing is registered before the first good report
  Duration health_within{0};     ///< unhealthy when no good report came for so long; zero: it need not be repeated
};

/// Keeps one key on a lease of its own, as long as this goes on; conclave/recipes/registration.hpp tells what it promises. On the
/// store's thread, except where it says otherwise.
class Registration : public std::enable_shared_from_this<Registration> {
 public:
  using Self = std::shared_ptr<Registration>;
  Registration(HubPtr hub, RegistrationRequest request);

  void start();
  /// Any thread.
  [[nodiscard]] Registered state() const { return state_.load(); }
  [[nodiscard]] Subscription on_state(std::function<void(Registered)> listener) { return told_.add(std::move(listener)); }

  /// Tells this registration from others under the same name.
  [[nodiscard]] const std::string& incarnation() const { return request_.record.incarnation; }
  void report(bool healthy);
  void set_draining(bool draining);
  /// Everything but its state.
  void set_record(ServiceRecord record);

  /// Waits until what it tells of itself stands in the store. Errors: already_exists if another took its name.
  static Task<Result<bool>> settled(Self self, Call call);
  /// Removes the key and ends. On an error the key goes at the latest with its lease.
  static Task<Result<bool>> end(Self self, Call call);

 private:
  static Detached run(Self self);
  static Task<Result<bool>> serve(Self self, KeptLeasePtr lease);
  static Task<Result<bool>> write(Self self, KeptLeasePtr lease);
  void heard(const WatchNotice& notice, LeaseId lease);
  void change();
  void tell(Registered state);
  [[nodiscard]] bool wants_key() const { return reported_ && !ending_; }
  [[nodiscard]] ServiceRecord wanted() const;

  HubPtr hub_;
  RegistrationRequest request_;
  std::shared_ptr<Keeper> keeper_;
  std::shared_ptr<Signal> stop_ = std::make_shared<Signal>();
  std::atomic<Registered> state_{Registered::waiting};
  Listeners<Registered> told_;
  Listeners<> changed_;
  KeptLeasePtr lease_;
  /// Leases that the key may hang on, or that a write on its way would hang it on: one, but for times of trouble.
  std::vector<LeaseId> used_;
  bool writing_ = false;
  bool draining_ = false;
  bool healthy_ = false;
  bool reported_ = false;  ///< there was a good report
  bool ending_ = false;
  std::unique_ptr<Timer> health_timer_;
  bool first_ = true;            ///< what another process left under the name is replaced
  Revision known_;               ///< of the key as it was written last; zero: it should not be there
  bool dirty_ = true;            ///< the key may not be what it should
  std::optional<Error> failed_;  ///< why it is not registered
};

}  // namespace conclave::recipes::core
