#include "conclave/recipes_core/call.hpp"

#include "conclave/recipes_core/waiting.hpp"

namespace conclave::recipes::core {

Result<void> may_go_on(const Store& store, const Call& call) {
  if (call.stop->raised()) return fail(Errc::cancelled, "stopped by the program; nothing is held");
  if (store.now() >= call.deadline) return fail(deadline_passed, "the deadline passed while waiting; nothing is held");
  return {};
}

Task<Result<Reply>> execute(Store& store, Request request, Call call) {
  if (call.stop->raised()) co_return fail(Errc::cancelled, "stopped by the program");
  const bool reads = std::holds_alternative<Read>(request);  // nothing can have come of it
  const auto promise = std::make_shared<Promise<Result<Reply>>>();
  const auto operation =
      store.submit(std::move(request), call.deadline, [promise](Result<Reply> reply) { promise->set(std::move(reply)); });
  const Subscription on_stop = call.stop->on_raise([&store, operation] { store.cancel(operation); });
  Result<Reply> reply = co_await promise->wait();
  if (!reply && reads && reply.error().certainty() == Certainty::unknown)
    co_return fail(deadline_passed, "no answer came in time: " + reply.error().message());
  co_return reply;
}

Task<Result<Reply>> execute(Store& store, Write place, Call call, std::shared_ptr<ComingTurn> turn) {
  if (call.stop->raised()) co_return fail(Errc::cancelled, "stopped by the program");
  const auto promise = std::make_shared<Promise<Result<Reply>>>();
  const auto operation =
      turn->send(store, std::move(place), call.deadline, [promise](Result<Reply> reply) { promise->set(std::move(reply)); });
  const Subscription on_stop = call.stop->on_raise([&store, operation] { store.cancel(operation); });
  Result<Reply> reply = co_await promise->wait();
  co_return reply;
}

Task<Result<bool>> pause(Store& store, Duration span, Call call) {
  const auto promise = std::make_shared<Promise<bool>>();
  {
    const Timer timer(store, std::min(store.now() + span, call.deadline), [promise] { promise->set(true); });
    const Subscription on_stop = call.stop->on_raise([promise] { promise->set(false); });
    if (call.stop->raised()) promise->set(false);
    co_await promise->wait();
  }
  if (store.is_closed()) co_return fail(Errc::shutting_down, "the client is closed");
  if (const auto going = may_go_on(store, call); !going) co_return fail(going.error());
  co_return true;
}

Timer::Timer(Store& store, Instant when, std::function<void()> work) : store_(store) {
  id_ = store.call_at(when, [rung = rung_, work = std::move(work)] {
    *rung = true;
    work();
  });
}

Timer::~Timer() {
  if (!*rung_) store_.cancel_timer(id_);
}

}  // namespace conclave::recipes::core
