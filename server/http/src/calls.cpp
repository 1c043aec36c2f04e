#include "calls.hpp"

#include <map>

#include "conclave/codec/client_codec.hpp"
#include "conclave/codec/command_encoder.hpp"

namespace conclave::gateway {
namespace {

/// Calls of etcd that conclave answers with the same words every time: it has no users and roles, and what belongs to them is off.
template <Code code>
void say(Call& call, std::string_view text) {
  call.finish(refusal({code, std::string(text)}));
}

void call_no_root(const CallContext&, const JsonObject&, Call call) {
  say<Code::failed_precondition>(call, "etcdserver: root user does not exist");
}
void call_auth_off(const CallContext&, const JsonObject&, Call call) {
  say<Code::failed_precondition>(call, "etcdserver: authentication is not enabled");
}
void call_no_user(const CallContext&, const JsonObject&, Call call) {
  say<Code::failed_precondition>(call, "etcdserver: user name not found");
}
void call_no_role(const CallContext&, const JsonObject&, Call call) {
  say<Code::failed_precondition>(call, "etcdserver: role name not found");
}
void call_no_users(const CallContext&, const JsonObject&, Call call) {
  say<Code::unimplemented>(call, "conclave: users and roles are not supported; clients are told apart by their certificates");
}
void call_member_change(const CallContext&, const JsonObject&, Call call) {
  say<Code::unimplemented>(call, "conclave: members are added and removed with conclavectl member");
}
void call_defragment(const CallContext&, const JsonObject&, Call call) {
  say<Code::unimplemented>(call, "conclave: there is nothing to defragment; free space is used again by itself");
}
void call_snapshot(const CallContext&, const JsonObject&, Call call) {
  say<Code::unimplemented>(call,
                           "conclave: there is no file of etcd's to give; a member that lost its data gets it from the others");
}
void call_downgrade(const CallContext&, const JsonObject&, Call call) {
  say<Code::unimplemented>(call, "conclave: members of different versions work together without being told to");
}

const std::map<std::string_view, CallFunction>& table() {
  static const std::map<std::string_view, CallFunction> calls{
      {"/kv/range", call_range},
      {"/kv/put", call_put},
      {"/kv/deleterange", call_delete_range},
      {"/kv/txn", call_txn},
      {"/kv/compaction", call_compaction},
      {"/lease/grant", call_lease_grant},
      {"/lease/revoke", call_lease_revoke},
      {"/kv/lease/revoke", call_lease_revoke},
      {"/lease/timetolive", call_lease_time_to_live},
      {"/kv/lease/timetolive", call_lease_time_to_live},
      {"/lease/leases", call_leases},
      {"/kv/lease/leases", call_leases},
      {"/cluster/member/list", call_member_list},
      {"/cluster/member/add", call_member_change},
      {"/cluster/member/remove", call_member_change},
      {"/cluster/member/update", call_member_change},
      {"/cluster/member/promote", call_member_change},
      {"/maintenance/status", call_status},
      {"/maintenance/alarm", call_alarm},
      {"/maintenance/hash", call_hash},
      {"/maintenance/hashkv", call_hash_kv},
      {"/maintenance/snapshot", call_snapshot},
      {"/maintenance/downgrade", call_downgrade},
      {"/maintenance/defragment", call_defragment},
      {"/maintenance/transfer-leadership", call_transfer_leadership},
      {"/auth/status", call_auth_status},
      {"/auth/enable", call_no_root},
      {"/auth/disable", call_header_only},
      {"/auth/authenticate", call_auth_off},
      {"/auth/user/list", call_header_only},
      {"/auth/user/get", call_no_user},
      {"/auth/user/delete", call_no_user},
      {"/auth/user/changepw", call_no_user},
      {"/auth/user/grant", call_no_user},
      {"/auth/user/revoke", call_no_user},
      {"/auth/user/add", call_no_users},
      {"/auth/role/list", call_header_only},
      {"/auth/role/get", call_no_role},
      {"/auth/role/delete", call_no_role},
      {"/auth/role/grant", call_no_role},
      {"/auth/role/revoke", call_no_role},
      {"/auth/role/add", call_no_users},
      {"/lock/lock", call_lock},
      {"/lock/unlock", call_unlock},
      {"/election/campaign", call_campaign},
      {"/election/proclaim", call_proclaim},
      {"/election/leader", call_leader},
      {"/election/resign", call_resign},
  };
  return calls;
}

}  // namespace

CallFunction call_for(std::string_view path) {
  const auto found = table().find(path);
  return found == table().end() ? nullptr : found->second;
}

const mvcc::Response* response_in(const engine::ReplyBody& body) {
  const auto* response = std::get_if<mvcc::ResponsePtr>(&body);
  return response == nullptr ? nullptr : response->get();
}

const mvcc::Refused* refused_in(const engine::ReplyBody& body) {
  if (const auto* refused = std::get_if<mvcc::Refused>(&body)) return refused;
  const mvcc::Response* response = response_in(body);
  return response == nullptr ? nullptr : std::get_if<mvcc::Refused>(&response->body);
}

void carry_out(const CallContext& context, const std::string& identity, const mvcc::CommandBody& command,
               std::function<void(const Outcome&)> then) {
  // Decoded again as if it had come from the network: one place decides what may go into the log.
  const Bytes bytes = codec::encode_command(command);
  auto decoded = codec::decode_request(protocol::FrameKind::write, bytes, context.settings.limits);
  if (!decoded.has_value()) return then(api_error(decoded.error().code, decoded.error().context));
  context.link.ask_patiently(
      identity, [request = std::get<engine::WriteRequest>(std::move(*decoded))] { return engine::ClientBody(request); },
      [context, then = std::move(then)](const engine::ReplyHeader& header, const engine::ReplyBody& body) {
        if (const auto* refused = refused_in(body)) return then(api_error(*refused));
        const mvcc::Response* response = response_in(body);
        if (response == nullptr) return then(ApiError{Code::internal, "conclave: an answer of another kind"});
        then(Carried{context.head(header, response->revision), response->body});
      });
}

void write(const CallContext& context, const mvcc::CommandBody& command, Call call, Render render) {
  const std::string identity = call.identity;
  carry_out(context, identity, command, [call = std::move(call), render = std::move(render)](const Outcome& outcome) {
    call.finish(outcome.has_value() ? render(outcome->head, outcome->body) : refusal(outcome.error()));
  });
}

}  // namespace conclave::gateway
