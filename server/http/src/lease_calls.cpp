#include "conclave/gateway_core/lease_json.hpp"

#include "calls.hpp"

namespace conclave::gateway {
namespace {

engine::ClientBody linearizable(decltype(engine::ReadRequest::query) query) {
  engine::ReadRequest read;
  read.query = query;
  return read;
}

/// All leases, page by page.
class LeasesJob : public std::enable_shared_from_this<LeasesJob> {
 public:
  LeasesJob(const CallContext& context, Call call) : context_(context), call_(std::move(call)) {}

  void ask(LeaseId from) {
    context_.link.ask_patiently(
        call_.identity,
        [from] {
          return linearizable(engine::LeaseList{from, 0});
        },
        [self = shared_from_this()](const engine::ReplyHeader& header, const engine::ReplyBody& body) {
          self->on_page(header, body);
        });
  }

 private:
  void on_page(const engine::ReplyHeader& header, const engine::ReplyBody& body) {
    if (const auto* refused = refused_in(body)) return call_.finish(refusal(api_error(*refused)));
    const auto& page = std::get<mvcc::LeaseListPage>(body);
    for (const mvcc::LeaseInfo& lease : page.leases) leases_.push_back(lease.id);
    if (page.next) return ask(*page.next);
    call_.finish({200, leases_answer(context_.head(header), leases_)});
  }

  const CallContext& context_;
  Call call_;
  std::vector<LeaseId> leases_;
};

}  // namespace

void call_lease_grant(const CallContext& context, const JsonObject& json, Call call) {
  const mvcc::LeaseGrant grant = parse_lease_grant(json);
  if (json.refused()) return;
  write(context, grant, std::move(call), [](const Head& head, const mvcc::ResponseBody& outcome) {
    return done(lease_grant_answer(head, std::get<mvcc::LeaseGranted>(outcome)));
  });
}

void call_lease_revoke(const CallContext& context, const JsonObject& json, Call call) {
  const LeaseId id = parse_lease_id(json);
  if (json.refused()) return;
  write(context, mvcc::LeaseRevoke{id}, std::move(call),
        [](const Head& head, const mvcc::ResponseBody&) { return done(header_only(head)); });
}

void call_lease_time_to_live(const CallContext& context, const JsonObject& json, Call call) {
  const LeaseId id = parse_lease_id(json);
  const bool keys = json.boolean("keys");
  if (json.refused()) return;
  const std::string identity = call.identity;
  context.link.ask_patiently(
      identity,
      [id, keys] {
        return linearizable(engine::LeaseTimeToLive{id, keys});
      },
      [&context, id, call = std::move(call)](const engine::ReplyHeader& header, const engine::ReplyBody& body) {
        const Head head = context.head(header);
        const auto* refused = refused_in(body);
        if (refused != nullptr && refused->code == Errc::lease_not_found)
          return call.finish({200, time_to_live_answer(head, id, nullptr)});
        if (refused != nullptr) return call.finish(refusal(api_error(*refused)));
        const auto& info = std::get<mvcc::LeaseInfo>(body);
        call.finish({200, time_to_live_answer(head, id, info.remaining.count() == 0 ? nullptr : &info)});
      });
}

void call_leases(const CallContext& context, const JsonObject&, Call call) {
  std::make_shared<LeasesJob>(context, std::move(call))->ask(LeaseId());
}

}  // namespace conclave::gateway
