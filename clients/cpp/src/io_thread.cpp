#include "conclave/io_thread.hpp"

#include "io_thread_state.hpp"

namespace conclave {

std::shared_ptr<IoThread> IoThread::start() {
  auto state = std::make_shared<State>();
  state->thread = std::thread([state] { state->run(); });
  return std::shared_ptr<IoThread>(new IoThread(std::move(state)));
}

IoThread::IoThread(std::shared_ptr<State> state) : state_(std::move(state)) {}

IoThread::~IoThread() {
  state_->work.reset();
  if (state_->is_this_thread())
    state_->thread.detach();  // let go of by a callback: the thread ends by itself when it has nothing more to do
  else
    state_->thread.join();
}

}  // namespace conclave
