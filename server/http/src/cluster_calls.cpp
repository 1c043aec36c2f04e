#include "calls.hpp"

namespace conclave::gateway {
namespace {

/// Asks this member and renders what it says of itself.
template <class Reply, class Make>
void ask_member(const CallContext& context, engine::ClientBody body, Call call, Make render) {
  const std::string identity = call.identity;
  context.link.ask(identity, std::move(body),
                   [&context, call = std::move(call), render](const engine::ReplyHeader& header, const engine::ReplyBody& reply) {
                     if (const auto* refused = refused_in(reply)) return call.finish(refusal(api_error(*refused)));
                     const auto* value = std::get_if<Reply>(&reply);
                     if (value == nullptr) return call.finish(refusal({Code::internal, "conclave: an answer of another kind"}));
                     call.finish({200, render(context.head(header), *value)});
                   });
}

}  // namespace

void call_member_list(const CallContext& context, const JsonObject&, Call call) {
  ask_member<engine::MemberListReply>(context, engine::MemberListRequest{}, std::move(call),
                                      [urls = context.settings.urls](const Head& head, const engine::MemberListReply& list) {
                                        return member_list_answer(head, list.membership, urls);
                                      });
}

void call_status(const CallContext& context, const JsonObject&, Call call) {
  ask_member<engine::StatusReply>(context, engine::StatusRequest{}, std::move(call), status_answer);
}

void call_alarm(const CallContext& context, const JsonObject& json, Call call) {
  const AlarmAsk ask = parse_alarm(json);
  if (json.refused()) return;
  if (!ask.get)
    return call.finish(
        refusal({Code::unimplemented, "conclave: alarms are raised and cleared by what they tell of, not by request"}));
  ask_member<engine::StatusReply>(context, engine::StatusRequest{}, std::move(call), alarm_answer);
}

void call_hash(const CallContext& context, const JsonObject&, Call call) {
  ask_member<engine::HashReply>(context, engine::HashRequest{}, std::move(call), hash_answer);
}

/// The hash is of the state as it is, so it is the answer only to who asks for that.
void call_hash_kv(const CallContext& context, const JsonObject& json, Call call) {
  const std::int64_t asked = json.int64("revision");
  if (json.refused()) return;
  const std::string identity = call.identity;
  context.link.ask(
      identity, engine::HashRequest{},
      [&context, asked, call = std::move(call)](const engine::ReplyHeader& header, const engine::ReplyBody& body) {
        if (const auto* refused = refused_in(body)) return call.finish(refusal(api_error(*refused)));
        const auto& hash = std::get<engine::HashReply>(body);
        const auto now = static_cast<std::int64_t>(hash.revision.value());
        if (asked > now) return call.finish(refusal(api_error(Errc::future_revision, {})));
        if (asked > 0 && asked < now)
          return call.finish(refusal({Code::unimplemented, "conclave: only the newest revision has a hash; ask without one"}));
        call.finish(done(hash_kv_answer(context.head(header), hash)));
      });
}

void call_transfer_leadership(const CallContext& context, const JsonObject& json, Call call) {
  const MemberId target = parse_transfer_target(json);
  const ApiError bad{Code::failed_precondition, "etcdserver: bad leader transferee"};
  if (target.is_zero()) json.refuse(bad.code, bad.text);
  if (json.refused()) return;
  const std::string identity = call.identity;
  context.link.ask(identity, engine::MoveLeaderRequest{target},
                   [&context, bad, call = std::move(call)](const engine::ReplyHeader& header, const engine::ReplyBody& reply) {
                     const auto* refused = refused_in(reply);
                     if (refused != nullptr && refused->code == Errc::invalid_argument) return call.finish(refusal(bad));
                     if (refused != nullptr) return call.finish(refusal(api_error(*refused)));
                     call.finish({200, header_only(context.head(header))});
                   });
}

void call_header_only(const CallContext& context, const JsonObject&, Call call) {
  ask_member<engine::StatusReply>(context, engine::StatusRequest{}, std::move(call),
                                  [](const Head& head, const engine::StatusReply&) { return header_only(head); });
}

void call_auth_status(const CallContext& context, const JsonObject&, Call call) {
  ask_member<engine::StatusReply>(context, engine::StatusRequest{}, std::move(call),
                                  [](const Head& head, const engine::StatusReply&) {
                                    std::string out;
                                    JsonWriter json(out);
                                    json.begin_object();
                                    write_header(json, head);
                                    json.u64("authRevision", 1);
                                    json.end_object();
                                    return out + "\n";
                                  });
}

}  // namespace conclave::gateway
