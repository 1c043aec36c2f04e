#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "client.hpp"
#include "conclave/c/hold.h"
#include "conclave/client_loop.hpp"
#include "conclave/recipes/wait.hpp"

struct conclave_stop {
  std::stop_source source;
};

namespace conclave::c {

/// The operations that are under way on a handle of a recipe. Each is told to the program once, on the client's thread: when it
/// ends, or that it was called off when the handle is freed. What comes after that is given back unseen.
class Operations : public std::enable_shared_from_this<Operations> {
 public:
  explicit Operations(conclave_client* client)
      : client_(client), loop_(client->client.loop()), default_timeout_(client->request_timeout) {}

  Operations(const conclave_client* client, std::shared_ptr<ClientLoop> loop, std::chrono::milliseconds default_timeout)
      : client_(client), loop_(std::move(loop)), default_timeout_(default_timeout) {}
  /// For another handle of the same client, which may be gone.
  [[nodiscard]] std::shared_ptr<Operations> another() const {
    return std::make_shared<Operations>(client_, loop_, default_timeout_);
  }

  [[nodiscard]] const std::shared_ptr<ClientLoop>& loop() const { return loop_; }
  [[nodiscard]] const conclave_client* client() const { return client_; }
  [[nodiscard]] std::chrono::milliseconds default_timeout() const { return default_timeout_; }

  /// `begin(wait, done)` begins it; `tell` learns the outcome.
  template <class T, class Begin>
  void start(std::optional<std::chrono::milliseconds> timeout, const conclave_stop* stop, Begin begin,
             std::function<void(Result<T>)> tell);
  /// The same, and waits for the outcome.
  template <class T, class Begin>
  [[nodiscard]] Result<T> wait(std::optional<std::chrono::milliseconds> timeout, const conclave_stop* stop, Begin begin);
  /// The handle is freed: nothing is told after it returned.
  void end();

 private:
  struct Operation {
    std::stop_source stop;
    std::optional<std::stop_callback<std::function<void()>>> stopped_by_program;
    std::function<void(Error)> refuse;
  };
  using Number = std::uint64_t;

  [[nodiscard]] std::stop_token add(Number number, const conclave_stop* stop, std::function<void(Error)> refuse);
  /// False if it was told already.
  [[nodiscard]] bool finish(Number number);
  [[nodiscard]] Number next();
  /// Runs it on the client's thread: at once if this is it, or if there is none any more.
  void on_loop(std::function<void()> work, bool wait_for_it);

  const conclave_client* const client_;  ///< only compared
  const std::shared_ptr<ClientLoop> loop_;
  const std::chrono::milliseconds default_timeout_;
  std::mutex mutex_;
  Number last_ = 0;
  std::map<Number, std::shared_ptr<Operation>> under_way_;
};

template <class T, class Begin>
void Operations::start(std::optional<std::chrono::milliseconds> timeout, const conclave_stop* stop, Begin begin,
                       std::function<void(Result<T>)> tell) {
  const Number number = next();
  const std::stop_token token = add(number, stop, [tell](Error error) { tell(fail(std::move(error))); });
  begin(recipes::Wait{timeout, token}, [self = shared_from_this(), number, tell](Result<T> outcome) {
    const auto shared = std::make_shared<Result<T>>(std::move(outcome));
    self->on_loop(
        [self, number, tell, shared] {
          if (!self->finish(number)) return;
          const InCallback scope(self->client_);
          tell(std::move(*shared));
        },
        false);
  });
}

template <class T, class Begin>
Result<T> Operations::wait(std::optional<std::chrono::milliseconds> timeout, const conclave_stop* stop, Begin begin) {
  const auto promise = std::make_shared<std::promise<Result<T>>>();
  auto future = promise->get_future();
  start<T>(timeout, stop, std::move(begin), [promise](Result<T> outcome) { promise->set_value(std::move(outcome)); });
  return future.get();
}

/// What the two forms of a recipe's functions have in common: their arguments, and what is refused at once.
class Attempt {
 public:
  explicit Attempt(std::shared_ptr<Operations> operations) : operations_(std::move(operations)) {
    in.require(operations_ != nullptr, "the handle is NULL");
  }
  /// Of a wait: nothing means as long as it takes.
  void set_timeout(std::int64_t timeout_ms);
  /// Why it may not begin.
  [[nodiscard]] std::optional<Error> refusal(bool blocking) const;
  [[nodiscard]] Operations& operations() const { return *operations_; }

  Arguments in;
  std::optional<std::chrono::milliseconds> timeout;

 private:
  std::shared_ptr<Operations> operations_;
};

/// What a handle of a recipe consists of: the C++ object and its operations.
template <class Recipe>
struct RecipeHandle {
  template <class... Arguments>
  explicit RecipeHandle(conclave_client* client, Arguments&&... arguments)
      : operations(std::make_shared<Operations>(client)), recipe(client->client, std::forward<Arguments>(arguments)...) {}
  ~RecipeHandle() { operations->end(); }
  RecipeHandle(const RecipeHandle&) = delete;
  RecipeHandle& operator=(const RecipeHandle&) = delete;

  std::shared_ptr<Operations> operations;
  Recipe recipe;
};

}  // namespace conclave::c
