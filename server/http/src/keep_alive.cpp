#include "keep_alive.hpp"

#include <array>

#include "conclave/codec/client_codec.hpp"
#include "conclave/codec/command_encoder.hpp"
#include "conclave/gateway_core/lease_json.hpp"

namespace conclave::gateway {
namespace {

constexpr std::size_t waiting_max = 10'000;

}  // namespace

void KeepAliveStream::take(const JsonObject& json) {
  const LeaseId id = parse_lease_id(json);
  if (waiting_.size() >= waiting_max) json.refuse(Code::resource_exhausted, "etcdserver: too many requests");
  if (json.refused()) return;
  waiting_.push_back(id);
  if (!asking_) ask_next();
}

void KeepAliveStream::complete() {
  complete_ = true;
  if (!asking_) finish();
}

void KeepAliveStream::finish() {
  if (out_ != nullptr) std::exchange(out_, nullptr)->finish();
}

void KeepAliveStream::fail(const ApiError& why) {
  if (out_ == nullptr) return;
  std::exchange(out_, nullptr)->fail(why);
}

void KeepAliveStream::ask_next() {
  const LeaseId id = waiting_.front();
  waiting_.pop_front();
  const std::array<LeaseId, 1> ids{id};
  auto decoded =
      codec::decode_request(protocol::FrameKind::write, codec::encode_command(mvcc::LeaseRenew{ids}), context_.settings.limits);
  if (!decoded.has_value()) return fail(api_error(decoded.error().code, decoded.error().context));
  asking_ = true;
  context_.link.ask_patiently(
      identity_, [request = std::get<engine::WriteRequest>(std::move(*decoded))] { return engine::ClientBody(request); },
      [self = shared_from_this(), id](const engine::ReplyHeader& header, const engine::ReplyBody& body) {
        self->on_reply(id, header, body);
      });
}

void KeepAliveStream::on_reply(LeaseId id, const engine::ReplyHeader& header, const engine::ReplyBody& body) {
  asking_ = false;
  if (out_ == nullptr) return;
  if (const auto* refused = refused_in(body)) return fail(api_error(*refused));
  const mvcc::Response* response = response_in(body);
  const auto* renewed = response == nullptr ? nullptr : std::get_if<mvcc::LeaseRenewed>(&response->body);
  if (renewed == nullptr || renewed->rows.empty()) return fail({Code::internal, "conclave: an answer of another kind"});
  out_->send(keep_alive_line(context_.head(header, response->revision), id, renewed->rows.front().ttl));
  if (!waiting_.empty()) return ask_next();
  if (complete_) finish();
}

}  // namespace conclave::gateway
