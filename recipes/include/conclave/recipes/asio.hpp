#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conclave/recipes/asio_call.hpp"
#include "conclave/recipes/barrier.hpp"
#include "conclave/recipes/cached_view.hpp"
#include "conclave/recipes/discovery.hpp"
#include "conclave/recipes/election.hpp"
#include "conclave/recipes/mutex.hpp"
#include "conclave/recipes/reboot_lock.hpp"
#include "conclave/recipes/registration.hpp"
#include "conclave/recipes/rw_lock.hpp"
#include "conclave/recipes/semaphore.hpp"
#include "conclave/recipes/work_queue.hpp"

/// The awaitable form: initiating functions that take any Asio completion token.
///
///     auto lock = co_await conclave::recipes::async_lock(mutex, {.timeout = 10s}, asio::use_awaitable);
///
/// They complete with a Result, on the token's associated executor. The recipe object must outlive the call, not the operation.
/// Cancelling the operation by the token's slot is the same as the wait's stop token. What has no name here is written with async()
/// of asio_call.hpp, which takes any member function that has a form with a callback.
namespace conclave::recipes {

// --- What is held ------------------------------------------------------------------------------------------------------------
/// Of a Mutex, or of an RwLock as its writer.
template <class Thing, class Token>
auto async_lock(Thing& thing, Wait wait, Token&& token) {
  return async(thing, &Thing::lock, std::move(wait), std::forward<Token>(token));
}
template <class Thing, class Token>
auto async_try_lock(Thing& thing, Wait wait, Token&& token) {
  return async(thing, &Thing::try_lock, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_lock_shared(RwLock& thing, Wait wait, Token&& token) {
  return async(thing, &RwLock::lock_shared, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_try_lock_shared(RwLock& thing, Wait wait, Token&& token) {
  return async(thing, &RwLock::try_lock_shared, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_acquire(Semaphore& thing, std::uint64_t weight, Wait wait, Token&& token) {
  return async(thing, &Semaphore::acquire, weight, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_try_acquire(Semaphore& thing, std::uint64_t weight, Wait wait, Token&& token) {
  return async(thing, &Semaphore::try_acquire, weight, std::move(wait), std::forward<Token>(token));
}
/// Gives back a Hold of anything, or the slot of a RebootLock.
template <class Thing, class Token>
auto async_release(Thing& thing, Wait wait, Token&& token) {
  return async(thing, &Thing::release, std::move(wait), std::forward<Token>(token));
}
/// Of a Mutex or an RwLock.
template <class Thing, class Token>
auto async_holders(Thing& thing, Wait wait, Token&& token) {
  return async(thing, &Thing::holders, std::move(wait), std::forward<Token>(token));
}
/// Of a Semaphore or a RebootLock.
template <class Thing, class Token>
auto async_status(Thing& thing, Wait wait, Token&& token) {
  return async(thing, &Thing::status, std::move(wait), std::forward<Token>(token));
}
/// Of a Semaphore or a RebootLock.
template <class Thing, class Token>
auto async_resize(Thing& thing, std::uint64_t slots, Wait wait, Token&& token) {
  return async(thing, &Thing::resize, slots, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_acquire(RebootLock& thing, std::string reason, std::optional<std::chrono::system_clock::time_point> deadline, Wait wait,
                   Token&& token) {
  return async(thing, &RebootLock::acquire, std::move(reason), std::move(deadline), std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_mine(RebootLock& thing, Wait wait, Token&& token) {
  return async(thing, &RebootLock::mine, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_evict(RebootLock& thing, std::string machine, Wait wait, Token&& token) {
  return async(thing, &RebootLock::evict, std::move(machine), std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_pause(RebootLock& thing, Wait wait, Token&& token) {
  return async(thing, &RebootLock::pause, std::move(wait), std::forward<Token>(token));
}
/// Of a RebootLock or a Registration.
template <class Thing, class Token>
auto async_resume(Thing& thing, Wait wait, Token&& token) {
  return async(thing, &Thing::resume, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_campaign(Election& thing, std::string value, Wait wait, Token&& token) {
  return async(thing, &Election::campaign, std::move(value), std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_leader(Election& thing, Wait wait, Token&& token) {
  return async(thing, &Election::leader, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_proclaim(Leadership& thing, std::string value, Wait wait, Token&& token) {
  return async(thing, &Leadership::proclaim, std::move(value), std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_resign(Leadership& thing, Wait wait, Token&& token) {
  return async(thing, &Leadership::resign, std::move(wait), std::forward<Token>(token));
}
// --- Meeting and counting ----------------------------------------------------------------------------------------------------
/// At a Barrier or a Latch.
template <class Thing, class Token>
auto async_wait(Thing& thing, Wait wait, Token&& token) {
  return async(thing, &Thing::wait, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_close(Barrier& thing, Wait wait, Token&& token) {
  return async(thing, &Barrier::close, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_open(Barrier& thing, Wait wait, Token&& token) {
  return async(thing, &Barrier::open, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_count_down(Latch& thing, std::uint32_t by, Wait wait, Token&& token) {
  return async(thing, &Latch::count_down, by, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_reset(Latch& thing, std::uint32_t count, Wait wait, Token&& token) {
  return async(thing, &Latch::reset, count, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_get(Counter& thing, Wait wait, Token&& token) {
  return async(thing, &Counter::get, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_add(Counter& thing, std::int64_t delta, Wait wait, Token&& token) {
  return async(thing, &Counter::add, delta, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_set(Counter& thing, std::int64_t value, Wait wait, Token&& token) {
  return async(thing, &Counter::set, value, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_enter(DoubleBarrier& thing, Wait wait, Token&& token) {
  return async(thing, &DoubleBarrier::enter, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_leave(DoubleBarrier& thing, Hold inside, Wait wait, Token&& token) {
  return async(thing, &DoubleBarrier::leave, std::move(inside), std::move(wait), std::forward<Token>(token));
}
// --- Work --------------------------------------------------------------------------------------------------------------------
template <class Token>
auto async_push(WorkQueue& thing, std::string body, PushOptions options, Wait wait, Token&& token) {
  return async(thing, &WorkQueue::push, std::move(body), std::move(options), std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_take(WorkQueue& thing, TakeOptions options, Wait wait, Token&& token) {
  return async(thing, &WorkQueue::take, options, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_try_take(WorkQueue& thing, TakeOptions options, Wait wait, Token&& token) {
  return async(thing, &WorkQueue::try_take, options, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_acknowledge(WorkItem& thing, std::vector<Op> together, Wait wait, Token&& token) {
  return async(thing, &WorkItem::acknowledge, std::move(together), std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_reject(WorkItem& thing, std::string why, std::chrono::milliseconds delay, Wait wait, Token&& token) {
  return async(thing, &WorkItem::reject, std::move(why), delay, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_detach(WorkItem& thing, std::chrono::milliseconds ttl, Wait wait, Token&& token) {
  return async(thing, &WorkItem::detach, ttl, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_counts(WorkQueue& thing, Wait wait, Token&& token) {
  return async(thing, &WorkQueue::counts, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_list(WorkQueue& thing, ItemState state, std::string from, Wait wait, Token&& token) {
  return async(thing, &WorkQueue::list, state, std::move(from), std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_revive(WorkQueue& thing, std::string id, Wait wait, Token&& token) {
  return async(thing, &WorkQueue::revive, std::move(id), std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_discard(WorkQueue& thing, std::string id, Wait wait, Token&& token) {
  return async(thing, &WorkQueue::discard, std::move(id), std::move(wait), std::forward<Token>(token));
}
// --- Views and services ------------------------------------------------------------------------------------------------------
/// Of a CachedView, a Discovery or a Registration.
template <class Thing, class Token>
auto async_ready(Thing& thing, Wait wait, Token&& token) {
  return async(thing, &Thing::ready, std::move(wait), std::forward<Token>(token));
}
/// Of a CachedView or a Discovery.
template <class Thing, class Token>
auto async_sync(Thing& thing, Wait wait, Token&& token) {
  return async(thing, &Thing::sync, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_drain(Registration& thing, Wait wait, Token&& token) {
  return async(thing, &Registration::drain, std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_deregister(Registration& thing, Wait wait, Token&& token) {
  return async(thing, &Registration::deregister, std::move(wait), std::forward<Token>(token));
}

}  // namespace conclave::recipes
