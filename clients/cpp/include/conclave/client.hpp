#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/client/request.hpp"
#include "conclave/client/types.hpp"
#include "conclave/io_thread.hpp"

/// The client of conclave.
///
///     auto client = conclave::Client::open({.endpoints = {"127.0.0.1:7400", "127.0.0.1:7410"}});
///     auto put = client->put("greeting", "hello");
///     auto got = client->get("greeting");
///     if (got && got->kv) std::puts(got->kv->value.c_str());
///
/// One object serves a whole program: all functions may be called from any thread at the same time. It connects by itself, finds
/// the leader, goes on through the loss of members, and sends every write so that it takes effect once. No function throws; what
/// can fail returns a Result whose Error answers whether the request is *definitely* not carried out or its outcome is *unknown*
/// (Error::certainty()).
///
/// Each call comes in three forms: blocking (here), with a callback or a future (execute, submit), and awaitable
/// (conclave/client_asio.hpp). Callbacks run on the client's own thread: they must not block and must not destroy the client.
namespace conclave {

/// How to speak TLS.
struct TlsOptions {
  std::string ca_file{};    ///< PEM; who signed the servers' certificates. Empty: the system's trust store
  std::string cert_file{};  ///< PEM; the client's own certificate, if the servers ask for one
  std::string key_file{};
  std::string server_name{};  ///< checked against the certificate instead of the endpoint's host
};

/// How to reach the cluster.
struct ClientOptions {
  std::vector<std::string> endpoints = {"127.0.0.1:7400"};  ///< HOST:PORT of any members
  std::optional<TlsOptions> tls{};
  std::chrono::milliseconds request_timeout{5000};  ///< of calls that name no deadline of their own
  std::chrono::milliseconds connect_timeout{2000};
  std::chrono::milliseconds session_ttl{15000};  ///< how long the server remembers this client's writes after it fell silent
  std::string name{};                            ///< shown beside the session and in the server's log
  bool exactly_once = true;                      ///< false: no session; a write whose answer is lost is unknown
  bool follow_leader = true;                     ///< false: stay with the endpoints given
  std::shared_ptr<IoThread> io{};                ///< shared with other clients; empty: a thread of its own
};

/// How long a call may take, and what it is conditional on.
struct CallOptions {
  std::optional<std::chrono::milliseconds> timeout{};
  std::vector<Guard> guards{};
};

/// The body of an answer, and who answered.
template <class T>
struct Answer : T {
  Header header{};
};

/// What is read, and how recent it is to be.
struct GetOptions {
  Consistency consistency = Consistency::linearizable;
  Revision at{};                    ///< an old revision; zero: now
  Revision at_least{};              ///< for Consistency::at_least_revision
  std::chrono::milliseconds age{};  ///< for Consistency::at_most_old
  bool keys_only = false;
};
/// What goes with a put.
struct PutOptions {
  LeaseId lease{};
  bool want_previous = false;
  bool sequence = false;
};
/// What others see of a lease.
struct LeaseOptions {
  std::string owner{};
  std::string note{};
};

/// The key, if there is one.
struct GetResult {
  std::optional<KeyValue> kv;
};

class Client;
class ClientLoop;

/// Where a watch's notices go. Called on the client's thread, in order, one at a time.
using WatchHandler = std::function<void(const WatchNotice&)>;

/// A running watch. Destroying it cancels it; no notice comes after the destructor returned, except when it is called from within
/// the handler itself. Move-only; must not outlive its client.
class Watch {
 public:
  Watch() noexcept;
  Watch(Watch&&) noexcept;
  Watch& operator=(Watch&&) noexcept;
  ~Watch();
  /// Ends it: what the destructor does.
  void cancel();

 private:
  friend class Client;
  struct Handle;
  explicit Watch(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

enum class LeaseState : std::uint8_t {
  alive,
  jeopardy,  ///< no renewal was acknowledged for half a TTL
  lost,      ///< stop what depends on it: the server may give it to another from now on
};
using LeaseHandler = std::function<void(LeaseState)>;

/// A lease that is kept alive. Destroying it revokes it (without waiting). Its state is judged by this machine's clock alone and
/// lies on the safe side of the server's, as long as clocks drift apart by less than 0.1 %. Move-only; must not outlive its client.
class Lease {
 public:
  Lease() noexcept;
  Lease(Lease&&) noexcept;
  Lease& operator=(Lease&&) noexcept;
  ~Lease();

  /// Zero for an empty handle.
  [[nodiscard]] LeaseId id() const;
  /// As the server granted it.
  [[nodiscard]] std::chrono::milliseconds ttl() const;
  /// Judged now.
  [[nodiscard]] LeaseState state() const;
  /// Until when it is certainly alive if nothing more is heard; counted from now, negative once lost.
  [[nodiscard]] std::chrono::milliseconds certain_for() const;
  /// Stops renewing and lets the server run it out.
  void release();
  /// Ends it, and waits for that; the handle is empty afterwards.
  Result<void> revoke();

 private:
  friend class Client;
  struct Handle;
  explicit Lease(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

/// The connection of a program to a cluster. All functions may be called from any thread at the same time.
class Client {
 public:
  using Callback = std::function<void(Result<Reply>)>;

  /// Checks the options and starts connecting; does not wait for it. Errors: invalid_argument, io_error (certificates).
  [[nodiscard]] static Result<Client> open(ClientOptions options = {});
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  /// Closes the session; calls that still wait get shutting_down or an unknown outcome.
  ~Client();

  // --- Keys -------------------------------------------------------------------------------------------------------------------
  /// Stores a value. `options.lease`: the key goes when that lease ends.
  Result<Answer<PutResult>> put(std::string key, std::string value, PutOptions options = {}, CallOptions call = {});
  /// Reads one key; that there is none is no error.
  Result<Answer<GetResult>> get(std::string key, GetOptions options = {}, CallOptions call = {});
  /// Reads keys in order. When `more` is set, go on at `next_key`, at the revision of the header.
  Result<Answer<RangeResult>> range(RangeOp op, GetOptions options = {}, CallOptions call = {});
  /// Deletes keys, at most 10,000; that there are none is no error.
  Result<Answer<DeleteResult>> erase(Keys keys, bool want_previous = false, CallOptions call = {});
  /// Conditions and what to do if all hold or if not: at one revision, or nothing of it.
  Result<Answer<TxnResult>> txn(Txn txn, CallOptions call = {});

  // --- Leases
  // -------------------------------------------------------------------------------------------------------------------------
  /// Grants a lease and keeps it alive. `handler` may be empty.
  Result<Lease> lease(std::chrono::milliseconds ttl, LeaseOptions options = {}, LeaseHandler handler = {}, CallOptions call = {});
  /// Grants a lease that nobody renews. `id` zero: the server chooses.
  Result<Answer<LeaseGranted>> lease_grant(std::chrono::milliseconds ttl, LeaseOptions options = {}, LeaseId id = {},
                                           CallOptions call = {});
  /// Ends a lease and deletes the keys that hang on it.
  Result<Answer<LeaseRevoked>> lease_revoke(LeaseId id, CallOptions call = {});
  /// Renews leases once.
  Result<Answer<LeaseRenewed>> lease_renew(std::vector<LeaseId> ids, CallOptions call = {});
  /// How long a lease still has, and which keys hang on it.
  Result<Answer<LeaseInfo>> lease_time_to_live(LeaseId id, bool with_keys = false, CallOptions call = {});
  /// One page from `from` on.
  Result<Answer<LeasePage>> lease_list(LeaseId from = {}, CallOptions call = {});

  // --- Watches
  // ------------------------------------------------------------------------------------------------------------------------
  /// Every revision from `options.from` on, once, in order and whole, across reconnections; ends only with WatchEnded.
  [[nodiscard]] Watch watch(WatchOptions options, WatchHandler handler);
  /// Fires once, when it is the key's turn (TurnOptions).
  [[nodiscard]] Watch watch_turn(TurnOptions options, WatchHandler handler);
  /// Takes a place in a queue and waits for its turn, without a round trip between the two: `place` makes the key `turn.own_key`
  /// or, if that is empty, is a sequence put, whose key it then is. `taken` is called exactly once, on the client's thread, with
  /// the outcome of the write; if that is an error, or tells no key (AppliedEarlier) where `own_key` is empty, the watch ends after
  /// it with `cancelled`. If it is a transaction that made no key because a compare did not hold, the turn is told as gone.
  [[nodiscard]] Watch queue_up(Write place, TurnOptions turn, std::optional<std::chrono::milliseconds> timeout, Callback taken,
                               WatchHandler handler);

  // --- The cluster
  // --------------------------------------------------------------------------------------------------------------------
  /// Forgets the history up to and including `revision`; keys that exist stay.
  Result<Answer<Compacted>> compact(Revision revision, CallOptions call = {});
  Result<Answer<Status>> status(CallOptions call = {});  ///< of the member this client is connected to
  /// Who belongs to the cluster.
  Result<Answer<MemberList>> members(CallOptions call = {});
  /// A checksum of the state of the member this client is connected to.
  Result<Answer<StateHash>> hash(CallOptions call = {});
  /// Hands the leadership to another member; `to` zero: the most caught-up other voter.
  Result<void> move_leader(MemberId to, CallOptions call = {});
  /// Adds a member that will be reached by the others at `peer_address` (HOST:PORT). It learns first and votes when it has caught
  /// up.
  Result<void> member_add(std::string name, std::string peer_address, CallOptions call = {});
  /// Removes a member.
  Result<void> member_remove(std::string name, CallOptions call = {});

  // --- Any request, without blocking
  // ------------------------------------------------------------------------------------------------------
  /// `done` is called exactly once, on the client's thread.
  void execute(Request request, std::optional<std::chrono::milliseconds> timeout, Callback done);
  /// The same with a future.
  [[nodiscard]] std::future<Result<Reply>> submit(Request request, std::optional<std::chrono::milliseconds> timeout = std::nullopt);

  /// The session of this client; zero while none is open.
  [[nodiscard]] LeaseId session() const;
  /// For what is built on top of the client: conclave/client_loop.hpp.
  [[nodiscard]] std::shared_ptr<ClientLoop> loop() const;

  struct Impl;

 private:
  explicit Client(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

/// The answer's body as T, or Errc::internal if it is of another kind. For users of execute() and submit().
template <class T>
[[nodiscard]] Result<Answer<T>> answer_as(Result<Reply> reply) {
  if (!reply) return fail(std::move(reply.error()));
  if (T* body = std::get_if<T>(&reply->body)) return Answer<T>{std::move(*body), reply->header};
  if (std::holds_alternative<AppliedEarlier>(reply->body))
    return fail(Errc::outcome_forgotten, "applied once at revision " + to_string(reply->header.revision) + "; read again");
  return fail(Errc::internal, "an answer of another kind than was asked for");
}

}  // namespace conclave
