#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "conclave/gateway_core/cluster_json.hpp"
#include "conclave/gateway_core/json_reader.hpp"
#include "conclave/gateway_core/kv_answer.hpp"
#include "conclave/mvcc/limits.hpp"
#include "engine_link.hpp"
#include "event_text.hpp"

namespace conclave::gateway {

struct CallSettings {
  ClusterId cluster;
  mvcc::Limits limits;
  MemberUrls urls;
  JsonLimits json;
};

struct Answer {
  unsigned status = 200;
  std::string body;
};
[[nodiscard]] inline Answer done(std::string body) { return {200, std::move(body)}; }
[[nodiscard]] inline Answer refusal(const ApiError& error) { return {http_status(error.code), error_body(error)}; }

/// What the calls share; outlives every one of them.
struct CallContext {
  EngineLink& link;
  const CallSettings& settings;
  EventText& events;

  [[nodiscard]] Head head(const engine::ReplyHeader& header, Revision revision) const {
    return {settings.cluster, header.member, header.term, revision};
  }
  [[nodiscard]] Head head(const engine::ReplyHeader& header) const { return head(header, header.revision); }
};

/// One request with one answer.
struct Call {
  std::string identity;                                ///< common name of the client's certificate, or empty
  std::function<void(const Answer&)> finish;           ///< called exactly once
  std::function<void(std::function<void()>)> on_gone;  ///< for what is to be done when the client goes before that
};

/// The call for a path behind its version ("/kv/range"), or null. What it notes in the problem of the object it does not answer.
using CallFunction = void (*)(const CallContext& context, const JsonObject& json, Call call);
[[nodiscard]] CallFunction call_for(std::string_view path);

/// The refusal in an answer of the engine, or null.
[[nodiscard]] const mvcc::Refused* refused_in(const engine::ReplyBody& body);
/// What the engine carried out, or null.
[[nodiscard]] const mvcc::Response* response_in(const engine::ReplyBody& body);

/// What came of a command, valid during the call that tells.
struct Carried {
  Head head;
  const mvcc::ResponseBody& body;
};
/// That, or why there is nothing.
class Outcome {
 public:
  Outcome(const Carried& carried) : carried_(&carried) {}
  Outcome(const ApiError& error) : error_(&error) {}
  [[nodiscard]] bool has_value() const { return carried_ != nullptr; }
  [[nodiscard]] const Carried* operator->() const { return carried_; }
  [[nodiscard]] const ApiError& error() const { return *error_; }

 private:
  const Carried* carried_ = nullptr;
  const ApiError* error_ = nullptr;
};
/// Puts a command into the log; `then` is called once.
void carry_out(const CallContext& context, const std::string& identity, const mvcc::CommandBody& command,
               std::function<void(const Outcome&)> then);
/// Puts a command into the log and answers with what `render` makes of its outcome.
using Render = std::function<Answer(const Head& head, const mvcc::ResponseBody& outcome)>;
void write(const CallContext& context, const mvcc::CommandBody& command, Call call, Render render);

void call_range(const CallContext& context, const JsonObject& json, Call call);
void call_put(const CallContext& context, const JsonObject& json, Call call);
void call_delete_range(const CallContext& context, const JsonObject& json, Call call);
void call_txn(const CallContext& context, const JsonObject& json, Call call);
void call_compaction(const CallContext& context, const JsonObject& json, Call call);

void call_lease_grant(const CallContext& context, const JsonObject& json, Call call);
void call_lease_revoke(const CallContext& context, const JsonObject& json, Call call);
void call_lease_time_to_live(const CallContext& context, const JsonObject& json, Call call);
void call_leases(const CallContext& context, const JsonObject& json, Call call);

void call_member_list(const CallContext& context, const JsonObject& json, Call call);
void call_status(const CallContext& context, const JsonObject& json, Call call);
void call_alarm(const CallContext& context, const JsonObject& json, Call call);
void call_hash(const CallContext& context, const JsonObject& json, Call call);
void call_transfer_leadership(const CallContext& context, const JsonObject& json, Call call);
void call_hash_kv(const CallContext& context, const JsonObject& json, Call call);
void call_header_only(const CallContext& context, const JsonObject& json, Call call);
void call_auth_status(const CallContext& context, const JsonObject& json, Call call);

void call_lock(const CallContext& context, const JsonObject& json, Call call);
void call_unlock(const CallContext& context, const JsonObject& json, Call call);
void call_campaign(const CallContext& context, const JsonObject& json, Call call);
void call_proclaim(const CallContext& context, const JsonObject& json, Call call);
void call_leader(const CallContext& context, const JsonObject& json, Call call);
void call_resign(const CallContext& context, const JsonObject& json, Call call);

}  // namespace conclave::gateway
