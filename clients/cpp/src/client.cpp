#include "conclave/client.hpp"

#include <utility>

#include "client_impl.hpp"

namespace conclave {
namespace {

Result<std::shared_ptr<client::TlsSetup>> make_tls(const TlsOptions& options) {
  auto setup =
      std::make_shared<client::TlsSetup>(client::TlsSetup{asio::ssl::context(asio::ssl::context::tls_client), options.server_name});
  asio::ssl::context& context = setup->context;
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  static const unsigned char alpn[] =
      "\x0a"
      "conclave/1";
  SSL_CTX_set_alpn_protos(context.native_handle(), alpn, sizeof alpn - 1);
  asio::error_code error;
  if (options.ca_file.empty())
    context.set_default_verify_paths(error);
  else
    context.load_verify_file(options.ca_file, error);
  if (error) return fail(Errc::io_error, "ca file '" + options.ca_file + "': " + error.message());
  if (!options.cert_file.empty()) context.use_certificate_chain_file(options.cert_file, error);
  if (error) return fail(Errc::io_error, "certificate file '" + options.cert_file + "': " + error.message());
  if (!options.key_file.empty()) context.use_private_key_file(options.key_file, asio::ssl::context::pem, error);
  if (error) return fail(Errc::io_error, "key file '" + options.key_file + "': " + error.message());
  return setup;
}

Result<void> validate(const ClientOptions& options) {
  if (options.endpoints.empty()) return fail(Errc::invalid_argument, "no endpoints are given");
  for (const std::string& endpoint : options.endpoints)
    if (const auto parts = client::split_endpoint(endpoint); !parts) return fail(parts.error());
  if (options.session_ttl < std::chrono::seconds(2)) return fail(Errc::invalid_argument, "session_ttl must be at least 2 s");
  if (options.name.size() > 256) return fail(Errc::invalid_argument, "the name is longer than 256 bytes");
  return {};
}

/// Asks and waits.
template <class T>
Result<Answer<T>> call(Client& client, Request request, std::optional<std::chrono::milliseconds> timeout) {
  return answer_as<T>(client.submit(std::move(request), timeout).get());
}

template <class T>
Result<Answer<T>> write(Client& client, decltype(Write::body) body, CallOptions call_options) {
  return call<T>(client, Write{std::move(body), std::move(call_options.guards)}, call_options.timeout);
}

Result<void> acknowledged(Client& client, Ask ask, const CallOptions& call_options) {
  const auto answer = call<Acknowledged>(client, std::move(ask), call_options.timeout);
  if (!answer) return fail(answer.error());
  return {};
}

Read make_read(RangeOp op, const GetOptions& options, CallOptions& call_options) {
  if (!options.at.is_zero()) op.at = options.at;
  op.keys_only = op.keys_only || options.keys_only;
  return {std::move(op), options.consistency, options.at_least, options.age, std::move(call_options.guards)};
}

}  // namespace

Result<Client> Client::open(ClientOptions options) {
  if (const auto valid = validate(options); !valid) return fail(valid.error());
  std::shared_ptr<client::TlsSetup> tls;
  if (options.tls) {
    auto made = make_tls(*options.tls);
    if (!made) return fail(made.error());
    tls = std::move(*made);
  }
  auto impl = std::make_shared<Impl>(std::move(options), std::move(tls));
  impl->start();
  return Client(std::move(impl));
}

Client::Client(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&& other) noexcept {
  if (impl_ && impl_ != other.impl_) impl_->stop();
  impl_ = std::move(other.impl_);
  return *this;
}
Client::~Client() {
  if (impl_) impl_->stop();
}

void Client::execute(Request request, std::optional<std::chrono::milliseconds> timeout, Callback done) {
  impl_->execute(std::move(request), timeout, std::move(done));
}

std::future<Result<Reply>> Client::submit(Request request, std::optional<std::chrono::milliseconds> timeout) {
  auto promise = std::make_shared<std::promise<Result<Reply>>>();
  auto future = promise->get_future();
  execute(std::move(request), timeout, [promise](Result<Reply> reply) { promise->set_value(std::move(reply)); });
  return future;
}

std::shared_ptr<ClientLoop> Client::loop() const { return impl_; }
LeaseId Client::session() const { return LeaseId(impl_->session_id.load()); }

// --- Keys
// ---------------------------------------------------------------------------------------------------------------------------------

Result<Answer<PutResult>> Client::put(std::string key, std::string value, PutOptions options, CallOptions call_options) {
  PutOp op{std::move(key), std::move(value), options.lease, options.want_previous, false, false, options.sequence};
  return write<PutResult>(*this, std::move(op), std::move(call_options));
}

Result<Answer<GetResult>> Client::get(std::string key, GetOptions options, CallOptions call_options) {
  RangeOp op;
  op.keys = Keys::one(std::move(key));
  auto range_result = range(std::move(op), options, std::move(call_options));
  if (!range_result) return fail(range_result.error());
  Answer<GetResult> answer;
  answer.header = range_result->header;
  if (!range_result->kvs.empty()) answer.kv = std::move(range_result->kvs.front());
  return answer;
}

Result<Answer<RangeResult>> Client::range(RangeOp op, GetOptions options, CallOptions call_options) {
  Read read = make_read(std::move(op), options, call_options);
  return call<RangeResult>(*this, std::move(read), call_options.timeout);
}

Result<Answer<DeleteResult>> Client::erase(Keys keys, bool want_previous, CallOptions call_options) {
  return write<DeleteResult>(*this, DeleteOp{std::move(keys), want_previous}, std::move(call_options));
}

Result<Answer<TxnResult>> Client::txn(Txn txn, CallOptions call_options) {
  return write<TxnResult>(*this, std::move(txn), std::move(call_options));
}

// --- Leases
// -------------------------------------------------------------------------------------------------------------------------------

Result<Answer<LeaseGranted>> Client::lease_grant(std::chrono::milliseconds ttl, LeaseOptions options, LeaseId id,
                                                 CallOptions call_options) {
  return write<LeaseGranted>(*this, Write::LeaseGrant{id, ttl, std::move(options.owner), std::move(options.note)},
                             std::move(call_options));
}
Result<Answer<LeaseRevoked>> Client::lease_revoke(LeaseId id, CallOptions call_options) {
  return write<LeaseRevoked>(*this, Write::LeaseRevoke{id}, std::move(call_options));
}
Result<Answer<LeaseRenewed>> Client::lease_renew(std::vector<LeaseId> ids, CallOptions call_options) {
  return write<LeaseRenewed>(*this, Write::LeaseRenew{std::move(ids)}, std::move(call_options));
}
Result<Answer<LeaseInfo>> Client::lease_time_to_live(LeaseId id, bool with_keys, CallOptions call_options) {
  return call<LeaseInfo>(
      *this, Read{Read::LeaseTimeToLive{id, with_keys}, Consistency::linearizable, {}, {}, std::move(call_options.guards)},
      call_options.timeout);
}
Result<Answer<LeasePage>> Client::lease_list(LeaseId from, CallOptions call_options) {
  return call<LeasePage>(*this, Read{Read::LeaseList{from, 0}, Consistency::linearizable, {}, {}, std::move(call_options.guards)},
                         call_options.timeout);
}

// --- The cluster
// --------------------------------------------------------------------------------------------------------------------------

Result<Answer<Compacted>> Client::compact(Revision revision, CallOptions call_options) {
  return write<Compacted>(*this, Write::Compact{revision}, std::move(call_options));
}
Result<Answer<Status>> Client::status(CallOptions call_options) {
  return call<Status>(*this, Ask{Ask::Status{}}, call_options.timeout);
}
Result<Answer<MemberList>> Client::members(CallOptions call_options) {
  return call<MemberList>(*this, Ask{Ask::MemberList{}}, call_options.timeout);
}
Result<Answer<StateHash>> Client::hash(CallOptions call_options) {
  return call<StateHash>(*this, Ask{Ask::Hash{}}, call_options.timeout);
}
Result<void> Client::move_leader(MemberId to, CallOptions call_options) {
  return acknowledged(*this, Ask{Ask::MoveLeader{to}}, call_options);
}
Result<void> Client::member_add(std::string name, std::string peer_address, CallOptions call_options) {
  return acknowledged(*this, Ask{Ask::MemberAdd{std::move(name), std::move(peer_address)}}, call_options);
}
Result<void> Client::member_remove(std::string name, CallOptions call_options) {
  return acknowledged(*this, Ask{Ask::MemberRemove{std::move(name)}}, call_options);
}

}  // namespace conclave
