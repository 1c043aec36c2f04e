#include "client.hpp"

#include <csignal>
#include <utility>

#include "reply.hpp"

namespace conclave::c {
namespace {

/// Blocks all signals in the threads that are started while it lives: signals belong to the program's own threads.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

ClientOptions client_options(Arguments& in, const conclave_client_options* given) {
  const conclave_client_options from = in.options(given);
  const auto millis = [&](std::int64_t value, std::chrono::milliseconds otherwise) {
    in.require(value >= 0, "a time of the client's options is negative");
    return value > 0 ? std::chrono::milliseconds(value) : otherwise;
  };
  ClientOptions to;
  if (from.endpoints != nullptr) to.endpoints = split(from.endpoints);
  to.name = Arguments::text(from.name);
  to.request_timeout = millis(from.request_timeout_ms, to.request_timeout);
  to.connect_timeout = millis(from.connect_timeout_ms, to.connect_timeout);
  to.session_ttl = millis(from.session_ttl_ms, to.session_ttl);
  to.exactly_once = !from.without_session;
  to.follow_leader = !from.stay;
  if (from.tls)
    to.tls = TlsOptions{Arguments::text(from.tls_ca_file), Arguments::text(from.tls_cert_file), Arguments::text(from.tls_key_file),
                        Arguments::text(from.tls_server_name)};
  return to;
}

/// The answer as the program gets it. An outcome that this version keeps no answer of is an error, as in answer_as().
Result<std::unique_ptr<conclave_reply>> reply_of(Result<Reply> reply) {
  if (!reply) return fail(std::move(reply.error()));
  if (std::holds_alternative<AppliedEarlier>(reply->body))
    return fail(Errc::outcome_forgotten, "applied once at revision " + to_string(reply->header.revision) + "; read again");
  try {
    return std::make_unique<conclave_reply>(std::move(*reply));
  } catch (const std::bad_alloc&) {
    return fail(Errc::unknown_outcome, "no memory for the answer");
  }
}

conclave_code open(const conclave_client_options* options, conclave_client** client, conclave_error* error) {
  Arguments in;
  ClientOptions converted = client_options(in, options);
  in.require(client != nullptr, "client is NULL");
  if (in.error()) return report(error, *in.error());
  const std::chrono::milliseconds timeout = converted.request_timeout;
  const SignalsBlocked blocked;
  auto opened = Client::open(std::move(converted));
  if (!opened) return report(error, opened.error());
  *client = new conclave_client(std::move(*opened), timeout);
  return report_success(error);
}

}  // namespace

conclave_code ask(conclave_client* client, const Arguments& in, Request request, std::optional<std::chrono::milliseconds> timeout,
                  conclave_reply** reply, conclave_error* error) {
  if (client == nullptr) return report(error, Error{Errc::invalid_argument, "client is NULL"});
  if (in.error()) return report(error, *in.error());
  if (InCallback::of(client)) return report(error, Error{would_deadlock, "a blocking call in a callback"});
  auto answer = reply_of(client->client.submit(std::move(request), timeout).get());
  if (!answer) return report(error, answer.error());
  if (reply != nullptr) *reply = answer->release();
  return report_success(error);
}

conclave_code ask_async(conclave_client* client, Arguments& in, Request request, std::optional<std::chrono::milliseconds> timeout,
                        conclave_reply_callback done, void* user) {
  in.require(client != nullptr, "client is NULL");
  in.require(done != nullptr, "the callback is NULL");
  if (in.error()) return report(nullptr, *in.error());
  client->client.execute(std::move(request), timeout, [client, done, user](Result<Reply> outcome) {
    const InCallback scope(client);
    conclave_error error;
    auto reply = reply_of(std::move(outcome));
    if (!reply) {
      report(&error, reply.error());
      return done(user, &error, nullptr);
    }
    report_success(&error);
    conclave_reply* const lent = reply->release();  // the program may keep it
    done(user, &error, lent);
    conclave_reply_free(lent);
  });
  return CONCLAVE_OK;
}

}  // namespace conclave::c

extern "C" {

const char* conclave_version(void) { return CONCLAVE_VERSION; }

conclave_code conclave_client_open(const conclave_client_options* options, conclave_client** client, conclave_error* error) {
  return conclave::c::guarded(error, [&] { return conclave::c::open(options, client, error); });
}

conclave_code conclave_client_free(conclave_client* client) {
  if (client == nullptr) return CONCLAVE_OK;
  if (conclave::c::InCallback::of(client)) return CONCLAVE_WOULD_DEADLOCK;
  client->handles->end_all();
  delete client;
  return CONCLAVE_OK;
}

conclave_lease_id conclave_client_session(const conclave_client* client) {
  return client == nullptr ? 0 : client->client.session().value();
}

}  // extern "C"
