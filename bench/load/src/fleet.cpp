#include "fleet.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>

namespace conclave::bench {
namespace {

/// What ask_all() shares with its callbacks, the last of which may outlast it by a moment.
struct Asking : std::enable_shared_from_this<Asking> {
  Asking(Fleet& fleet_in, const Options& options_in, std::uint64_t count_in, const std::function<Request(std::uint64_t)>& make_in,
         const std::function<void(std::uint64_t, const Reply&)>& took_in)
      : fleet(fleet_in), options(options_in), count(count_in), make(make_in), took(took_in) {}

  Fleet& fleet;
  const Options& options;
  std::uint64_t count;
  const std::function<Request(std::uint64_t)>& make;
  const std::function<void(std::uint64_t, const Reply&)>& took;
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint32_t> chains{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  Result<void> outcome{};
  std::promise<void> done{};

  void go_on(std::size_t chain) {
    const std::uint64_t number = next.fetch_add(1);
    if (number >= count || failed) {
      if (chains.fetch_sub(1) == 1) done.set_value();
      return;
    }
    fleet.client(chain).execute(make(number), timeout_of(options),
                                [this, self = shared_from_this(), chain, number](const Result<Reply>& reply) {
                                  if (reply && took) took(number, *reply);
                                  if (!reply) {
                                    const std::lock_guard lock(mutex);
                                    if (!failed.exchange(true)) outcome = fail(reply.error());
                                  }
                                  go_on(chain);
                                });
  }
};

constexpr std::uint32_t fill_in_flight = 32;
constexpr std::uint64_t fill_ops_max = 100;
constexpr std::uint64_t fill_bytes_max = 128 * 1024;

}  // namespace

std::chrono::milliseconds timeout_of(const Options& options) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(options.timeout * 1000));
}

Result<Fleet> Fleet::open(const Options& options, std::uint32_t connections) {
  Fleet fleet;
  for (std::uint32_t i = 0; i < std::min(options.threads, connections); ++i) fleet.threads_.push_back(IoThread::start());
  for (std::uint32_t i = 0; i < connections; ++i) {
    ClientOptions one;
    one.endpoints = options.endpoints;
    one.request_timeout = timeout_of(options);
    one.name = "conclave-bench";
    one.io = fleet.threads_[i % fleet.threads_.size()];
    auto opened = Client::open(std::move(one));
    if (!opened) return fail(opened.error());
    fleet.clients_.push_back(std::make_unique<Client>(std::move(*opened)));
  }
  std::vector<std::future<Result<Reply>>> answers;
  for (const auto& client : fleet.clients_)
    answers.push_back(client->submit(Write{DeleteOp{Keys::one(options.prefix + "warm-up")}, {}}));
  for (auto& answer : answers)
    if (auto reply = answer.get(); !reply) return fail(reply.error());
  return fleet;
}

Result<void> ask_all(Fleet& fleet, const Options& options, std::uint64_t count, std::uint32_t in_flight,
                     const std::function<Request(std::uint64_t)>& make,
                     const std::function<void(std::uint64_t, const Reply&)>& took) {
  if (count == 0) return {};
  const auto asking = std::make_shared<Asking>(fleet, options, count, make, took);
  const auto chains = static_cast<std::uint32_t>(std::min<std::uint64_t>(in_flight, count));
  asking->chains = chains;
  for (std::uint32_t chain = 0; chain < chains; ++chain) asking->go_on(chain);
  asking->done.get_future().wait();
  return asking->outcome;
}

Result<void> fill(Fleet& fleet, const Options& options) {
  const std::uint64_t row = options.key_size + options.value_size + 64;
  const std::uint64_t per_txn = std::clamp<std::uint64_t>(fill_bytes_max / row, 1, fill_ops_max);
  const std::string value(options.value_size, 'v');
  const auto make = [&](std::uint64_t number) -> Request {
    Txn txn;
    for (std::uint64_t key = number * per_txn; key < std::min(options.keys, (number + 1) * per_txn); ++key) {
      PutOp put;
      put.key = key_of(options, key);
      put.value = value;
      txn.then(std::move(put));
    }
    return Write{std::move(txn), {}};
  };
  return ask_all(fleet, options, (options.keys + per_txn - 1) / per_txn, fill_in_flight, make);
}

Result<std::vector<LeaseId>> grant_leases(Fleet& fleet, const Options& options, std::uint64_t count) {
  std::vector<LeaseId> leases(count);
  const auto ttl = std::chrono::seconds(600 + static_cast<std::int64_t>(options.seconds + options.warmup));
  const auto make = [&](std::uint64_t) -> Request { return Write{Write::LeaseGrant{{}, ttl, "conclave-bench", {}}, {}}; };
  const auto took = [&](std::uint64_t number, const Reply& reply) {
    if (const auto* granted = std::get_if<LeaseGranted>(&reply.body)) leases[number] = granted->id;
  };
  if (const auto granted = ask_all(fleet, options, count, 256, make, took); !granted) return fail(granted.error());
  return leases;
}

}  // namespace conclave::bench
