#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>

struct conclave_client;

/// How handles and their client end in any order and from any thread.
namespace conclave::c {

/// Says, while it lives, that this thread runs a callback of the client. What would wait for that thread asks before it does.
class InCallback {
 public:
  explicit InCallback(const conclave_client* client);
  ~InCallback();
  InCallback(const InCallback&) = delete;
  InCallback& operator=(const InCallback&) = delete;

  [[nodiscard]] static bool of(const conclave_client* client);

 private:
  const conclave_client* outer_;
};

/// What is behind a handle that needs its client. It ends once: when the handle is freed or when the client is.
class Body {
 public:
  virtual ~Body() = default;
  /// Returns when it has ended, whoever began that; on the client's own thread it may return earlier, for that thread runs no
  /// callback meanwhile.
  void end(const conclave_client* client);

 protected:
  /// No callback may run after it. Called once.
  virtual void on_end() = 0;

 private:
  std::atomic<bool> ending_{false};
  std::atomic<bool> ended_{false};
};

/// The handles of a client.
class Handles {
 public:
  explicit Handles(const conclave_client* client) : client_(client) {}

  /// False: the client is being freed; the body is ended at once.
  [[nodiscard]] bool add(const std::shared_ptr<Body>& body);
  /// The handle is freed.
  void remove(const std::shared_ptr<Body>& body);
  /// The client is freed.
  void end_all();

 private:
  const conclave_client* client_;  ///< only compared
  std::mutex mutex_;
  std::set<std::shared_ptr<Body>> bodies_;
  bool closed_ = false;
};

/// A handle: what the program holds.
template <class T>
struct Handle {
  std::shared_ptr<Handles> handles;
  std::shared_ptr<T> body;

  void free() {
    handles->remove(body);
    delete this;
  }
};

}  // namespace conclave::c
