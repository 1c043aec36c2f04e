#pragma once

#include <memory>

namespace conclave {

/// A thread that does the network work of several clients and runs their callbacks. A client has one of its own unless
/// ClientOptions::io names one; programs with many clients share one or a few. It ends when the last owner lets go of it: clients
/// own theirs until they are closed.
class IoThread {
 public:
  /// Starts a thread.
  [[nodiscard]] static std::shared_ptr<IoThread> start();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;
  ~IoThread();

  struct State;
  /// For the client itself.
  [[nodiscard]] const std::shared_ptr<State>& state() const { return state_; }

 private:
  explicit IoThread(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace conclave
