#include "handles.hpp"

namespace conclave::c {
namespace {
thread_local const conclave_client* running_callback_of = nullptr;
}  // namespace

InCallback::InCallback(const conclave_client* client) : outer_(running_callback_of) { running_callback_of = client; }
InCallback::~InCallback() { running_callback_of = outer_; }
bool InCallback::of(const conclave_client* client) { return running_callback_of == client && client != nullptr; }

void Body::end(const conclave_client* client) {
  if (!ending_.exchange(true)) {
    on_end();
    ended_ = true;
    ended_.notify_all();
    return;
  }
  if (!InCallback::of(client)) ended_.wait(false);
}

bool Handles::add(const std::shared_ptr<Body>& body) {
  {
    const std::lock_guard lock(mutex_);
    if (!closed_) return bodies_.insert(body).second;
  }
  body->end(client_);
  return false;
}

void Handles::remove(const std::shared_ptr<Body>& body) {
  {
    const std::lock_guard lock(mutex_);
    bodies_.erase(body);
  }
  body->end(client_);
}

void Handles::end_all() {
  while (true) {
    std::shared_ptr<Body> body;
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      if (bodies_.empty()) return;
      body = std::move(bodies_.extract(bodies_.begin()).value());
    }
    body->end(client_);
  }
}

}  // namespace conclave::c
