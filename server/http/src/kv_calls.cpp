#include <optional>

#include "calls.hpp"

namespace conclave::gateway {
namespace {

/// A page of a large range: what the loop turns into JSON at a time.
constexpr std::uint64_t page_bytes = 256 * 1024;
constexpr std::size_t answer_bytes_max = 64 << 20;

bool by_key(const mvcc::RangeOp& op) {
  return op.sort_target == mvcc::SortTarget::key && op.sort_order == mvcc::SortOrder::ascending && !op.count_only;
}

/// One range from its question to its answer. etcd's answers have no limit of their own, so a large one is read page by page, all
/// at the revision of the first.
class RangeJob : public std::enable_shared_from_this<RangeJob> {
 public:
  RangeJob(const CallContext& context, RangeRequest request, Call call)
      : context_(context), request_(std::move(request)), call_(std::move(call)), left_(request_.op.limit) {}

  void start() { ask(request_.op, request_.serializable); }

 private:
  void ask(mvcc::RangeOp op, bool serializable) {
    if (by_key(op)) op.limit_bytes = page_bytes;
    const auto make = [op, serializable, keep = request_.keep] {
      engine::ReadRequest read;
      read.backing = Bytes(keep, {});
      read.consistency = serializable ? engine::Consistency::serializable : engine::Consistency::linearizable;
      read.query = op;
      return engine::ClientBody(std::move(read));
    };
    context_.link.ask_patiently(call_.identity, make,
                                [self = shared_from_this()](const engine::ReplyHeader& header, const engine::ReplyBody& body) {
                                  self->on_reply(header, body);
                                });
  }

  void on_reply(const engine::ReplyHeader& header, const engine::ReplyBody& body) {
    if (const auto* refused = refused_in(body)) return call_.finish(refusal(api_error(*refused)));
    const mvcc::Response* response = response_in(body);
    const auto* page = response == nullptr ? nullptr : std::get_if<mvcc::RangeResult>(&response->body);
    if (page == nullptr) return call_.finish(refusal({Code::internal, "conclave: an answer of another kind"}));
    if (counting_) return finish(page->count);
    if (!answer_) {
      answer_.emplace(context_.head(header, response->revision));
      at_ = request_.op.at.is_zero() ? response->revision : request_.op.at;
      count_ = page->count;
    }
    take(*page);
  }

  void take(const mvcc::RangeResult& page) {
    answer_->add(page);
    if (answer_->size() > answer_bytes_max)
      return call_.finish(refusal({Code::resource_exhausted, "conclave: the answer is larger than 64 MiB; ask with a limit"}));
    const bool limited = request_.op.limit != 0;
    if (limited) left_ -= std::min<std::uint64_t>(left_, page.kvs.size());
    more_ = page.more;
    if (page.more && !page.next_key.empty() && by_key(request_.op) && !(limited && left_ == 0)) return next_page(page.next_key);
    if (!request_.counted_apart) return finish(count_);
    counting_ = true;
    mvcc::RangeOp count;
    count.keys = request_.op.keys;
    count.at = at_;
    count.count_only = true;
    ask(count, true);
  }

  void next_page(const std::string& next_key) {
    mvcc::RangeOp op = request_.op;
    op.keys.begin = request_.keep->text(next_key);
    op.at = at_;
    op.limit = left_;
    ask(op, true);  // this member has reached the revision
  }

  void finish(std::uint64_t count) { call_.finish({200, answer_->finish(more_, count)}); }

  const CallContext& context_;
  RangeRequest request_;
  Call call_;
  std::uint64_t left_;
  std::optional<RangeAnswer> answer_;
  Revision at_;
  std::uint64_t count_ = 0;
  bool more_ = false;
  bool counting_ = false;
};

/// The outcome as it was promised for this kind of command.
template <class Outcome>
Render rendering(std::string (*render)(const Head&, const Outcome&)) {
  return [render](const Head& head, const mvcc::ResponseBody& outcome) { return done(render(head, std::get<Outcome>(outcome))); };
}

void read_txn(const CallContext& context, TxnRequest request, Call call) {
  const std::string identity = call.identity;
  const auto make = [keep = request.keep, op = request.op, serializable = request.serializable] {
    engine::ReadRequest read;
    read.backing = Bytes(keep, {});
    read.consistency = serializable ? engine::Consistency::serializable : engine::Consistency::linearizable;
    read.query = op;
    return engine::ClientBody(std::move(read));
  };
  context.link.ask_patiently(
      identity, make,
      [&context, call = std::move(call), shape = std::move(request.shape)](const engine::ReplyHeader& header,
                                                                           const engine::ReplyBody& body) {
        if (const auto* refused = refused_in(body)) return call.finish(refusal(api_error(*refused)));
        const mvcc::Response* response = response_in(body);
        call.finish({200, txn_answer(context.head(header, response->revision), std::get<mvcc::TxnResult>(response->body), shape)});
      });
}

}  // namespace

void call_range(const CallContext& context, const JsonObject& json, Call call) {
  RangeRequest request = parse_range(json);
  if (json.refused()) return;
  std::make_shared<RangeJob>(context, std::move(request), std::move(call))->start();
}

void call_put(const CallContext& context, const JsonObject& json, Call call) {
  const CommandRequest request = parse_put(json);
  if (!json.refused()) write(context, request.body, std::move(call), rendering<mvcc::PutResult>(put_answer));
}

void call_delete_range(const CallContext& context, const JsonObject& json, Call call) {
  const CommandRequest request = parse_delete_range(json);
  if (!json.refused()) write(context, request.body, std::move(call), rendering<mvcc::DeleteResult>(delete_answer));
}

void call_txn(const CallContext& context, const JsonObject& json, Call call) {
  TxnRequest request = parse_txn(json);
  if (json.refused()) return;
  if (!request.changes) return read_txn(context, std::move(request), std::move(call));
  write(context, mvcc::Op{request.op}, std::move(call),
        [shape = std::move(request.shape)](const Head& head, const mvcc::ResponseBody& outcome) {
          return done(txn_answer(head, std::get<mvcc::TxnResult>(outcome), shape));
        });
}

/// The machine is content with a revision that was compacted already; etcd says so.
void call_compaction(const CallContext& context, const JsonObject& json, Call call) {
  const CommandRequest request = parse_compaction(json);
  if (json.refused()) return;
  const std::string identity = call.identity;
  context.link.ask(identity, engine::StatusRequest{},
                   [&context, compact = std::get<mvcc::Compact>(request.body), call = std::move(call)](
                       const engine::ReplyHeader&, const engine::ReplyBody& body) {
                     const auto* status = std::get_if<engine::StatusReply>(&body);
                     if (status != nullptr && compact.revision <= status->compacted)
                       return call.finish(refusal(api_error(Errc::compacted, {})));
                     write(context, compact, call, [asked = compact.revision](const Head& head, const mvcc::ResponseBody& outcome) {
                       // Somebody else was first, or this member had not heard of it yet.
                       if (std::get<mvcc::Compacted>(outcome).revision > asked) return refusal(api_error(Errc::compacted, {}));
                       return done(header_only(head));
                     });
                   });
}

}  // namespace conclave::gateway
