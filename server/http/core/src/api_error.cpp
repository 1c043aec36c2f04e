#include "conclave/gateway_core/api_error.hpp"

#include "conclave/gateway_core/json_writer.hpp"

namespace conclave::gateway {
namespace {

std::string_view reason_of(unsigned status) {
  switch (status) {
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 409: return "Conflict";
    case 429: return "Too Many Requests";
    case 499: return "Client Closed Request";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return "Internal Server Error";
  }
}

ApiError ours(Code code, std::string_view what, std::string_view context) {
  std::string text = "conclave: " + std::string(what);
  if (!context.empty()) text.append(": ").append(context);
  return {code, std::move(text)};
}

}  // namespace

unsigned http_status(Code code) {
  switch (code) {
    case Code::cancelled: return 499;
    case Code::invalid_argument:
    case Code::failed_precondition:
    case Code::out_of_range: return 400;
    case Code::deadline_exceeded: return 504;
    case Code::not_found: return 404;
    case Code::already_exists:
    case Code::aborted: return 409;
    case Code::permission_denied: return 403;
    case Code::resource_exhausted: return 429;
    case Code::unimplemented: return 501;
    case Code::unavailable: return 503;
    case Code::unauthenticated: return 401;
    case Code::unknown:
    case Code::internal:
    case Code::data_loss: return 500;
  }
  return 500;
}

ApiError api_error(Errc code, std::string_view context) {
  switch (code) {
    case Errc::key_not_found: return {Code::invalid_argument, "etcdserver: key not found"};
    case Errc::compacted: return {Code::out_of_range, "etcdserver: mvcc: required revision has been compacted"};
    case Errc::future_revision: return {Code::out_of_range, "etcdserver: mvcc: required revision is a future revision"};
    case Errc::lease_not_found: return {Code::not_found, "etcdserver: requested lease not found"};
    case Errc::lease_exists: return {Code::failed_precondition, "etcdserver: lease already exists"};
    case Errc::duplicate_key: return {Code::invalid_argument, "etcdserver: duplicate key given in txn request"};
    case Errc::no_space: return {Code::resource_exhausted, "etcdserver: mvcc: database space exceeded"};
    case Errc::overloaded: return {Code::resource_exhausted, "etcdserver: too many requests"};
    case Errc::not_leader: return {Code::failed_precondition, "etcdserver: not leader"};
    case Errc::no_leader: return {Code::unavailable, "etcdserver: no leader"};
    case Errc::dropped: return {Code::unavailable, "etcdserver: leader changed"};
    case Errc::shutting_down: return {Code::unavailable, "etcdserver: server stopped"};
    case Errc::permission_denied: return {Code::permission_denied, "etcdserver: permission denied"};
    case Errc::membership_busy: return {Code::unavailable, "etcdserver: unhealthy cluster"};
    case Errc::timeout:
    case Errc::connection_lost:
    case Errc::unknown_outcome: return {Code::unavailable, "etcdserver: request timed out"};
    case Errc::too_large: return ours(Code::invalid_argument, "beyond a limit", context);
    case Errc::invalid_argument: return ours(Code::invalid_argument, "not allowed", context);
    case Errc::malformed: return ours(Code::invalid_argument, "malformed", context);
    case Errc::unsupported: return ours(Code::unimplemented, "not supported", context);
    case Errc::cancelled: return {Code::cancelled, "etcdserver: request canceled"};
    default: return ours(Code::internal, name_of(code), context);
  }
}

std::string error_body(const ApiError& error) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.text("error", error.text);
  json.text("message", error.text);
  json.number("code", static_cast<std::uint64_t>(error.code));
  json.end_object();
  out.push_back('\n');
  return out;
}

std::string stream_error_line(const ApiError& error) {
  const unsigned status = http_status(error.code);
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.begin_object("error");
  json.number("grpc_code", static_cast<std::uint64_t>(error.code));
  json.number("http_code", status);
  json.text("message", error.text);
  json.text("http_status", reason_of(status));
  json.number("code", static_cast<std::uint64_t>(error.code));
  json.end_object();
  json.end_object();
  out.push_back('\n');
  return out;
}

}  // namespace conclave::gateway
