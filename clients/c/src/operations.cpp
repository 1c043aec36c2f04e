#include "operations.hpp"

#include <vector>

namespace conclave::c {

Operations::Number Operations::next() {
  const std::lock_guard lock(mutex_);
  return ++last_;
}

std::stop_token Operations::add(Number number, const conclave_stop* stop, std::function<void(Error)> refuse) {
  const auto operation = std::make_shared<Operation>();
  operation->refuse = std::move(refuse);
  {
    const std::lock_guard lock(mutex_);
    under_way_.emplace(number, operation);
  }
  if (stop != nullptr)
    operation->stopped_by_program.emplace(stop->source.get_token(),
                                          [source = operation->stop]() mutable { source.request_stop(); });
  return operation->stop.get_token();
}

bool Operations::finish(Number number) {
  std::shared_ptr<Operation> ended;  // goes without the lock: its end may wait for a stop that is being raised
  const std::lock_guard lock(mutex_);
  const auto found = under_way_.find(number);
  if (found == under_way_.end()) return false;
  ended = std::move(found->second);
  under_way_.erase(found);
  return true;
}

void Operations::on_loop(std::function<void()> work, bool wait_for_it) {
  if (InCallback::of(client_) || loop_->is_this_thread()) return work();
  const auto done = std::make_shared<std::promise<void>>();
  const auto shared = std::make_shared<std::function<void()>>(std::move(work));
  const bool posted = loop_->post([shared, done] {
    (*shared)();
    done->set_value();
  });
  if (!posted) return (*shared)();
  if (wait_for_it) done->get_future().wait();
}

void Operations::end() {
  std::map<Number, std::shared_ptr<Operation>> left;
  {
    const std::lock_guard lock(mutex_);
    left.swap(under_way_);
  }
  for (const auto& [number, operation] : left) operation->stop.request_stop();
  on_loop(
      [this, &left] {
        const InCallback scope(client_);
        for (const auto& [number, operation] : left) operation->refuse({Errc::cancelled, "the handle was freed"});
      },
      true);
}

void Attempt::set_timeout(std::int64_t timeout_ms) {
  if (timeout_ms == CONCLAVE_FOREVER || operations_ == nullptr) return;
  timeout = in.timeout(timeout_ms);
  if (!timeout) timeout = operations_->default_timeout();
}

std::optional<Error> Attempt::refusal(bool blocking) const {
  if (in.error()) return in.error();
  if (operations_->loop()->is_closed()) return Error{Errc::shutting_down, "the client is closed"};
  if (blocking && (InCallback::of(operations_->client()) || operations_->loop()->is_this_thread()))
    return Error{would_deadlock, "a blocking call in a callback"};
  return std::nullopt;
}

}  // namespace conclave::c

extern "C" {

conclave_stop* conclave_stop_new(void) {
  try {
    return new conclave_stop;
  } catch (...) {
    return nullptr;
  }
}
void conclave_stop_raise(conclave_stop* stop) {
  if (stop != nullptr) stop->source.request_stop();
}
void conclave_stop_free(conclave_stop* stop) { delete stop; }

}  // extern "C"
