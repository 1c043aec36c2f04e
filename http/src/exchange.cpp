#include "conclave/http/exchange.hpp"

#include "connection.hpp"

namespace conclave::http {

Exchange::Exchange(std::weak_ptr<Connection> connection, Request request)
    : connection_(std::move(connection)), request_(std::move(request)) {}

Exchange::Exchange(Request request, std::function<void(Outcome)> outcome)
    : request_(std::move(request)), outcome_(std::move(outcome)) {}

Exchange::~Exchange() {
  if (outcome_) outcome_(std::pair(Refusal{500, "internal", "the handler did not answer"}, Fields{}));
  if (const auto connection = connection_.lock()) connection->dropped(*this, begun_, finished_);
}

Fields Exchange::with_extra(Fields fields) const {
  for (const Field& field : extra_.all())
    if (fields.find(field.name) == nullptr) fields.add(field.name, field.value);
  return fields;
}

void Exchange::read_body(std::function<void(Result<std::string>)> then) {
  const auto connection = connection_.lock();
  if (connection == nullptr) return then(fail(Errc::connection_lost, "the client is gone"));
  connection->read(*this, true, std::move(then));
}

void Exchange::read_piece(std::function<void(Result<std::string>)> then) {
  const auto connection = connection_.lock();
  if (connection == nullptr) return then(fail(Errc::connection_lost, "the client is gone"));
  connection->read(*this, false, std::move(then));
}

void Exchange::reply(Reply reply) {
  if (begun_) return;
  answered();
  const auto self = shared_from_this();
  on_gone_ = nullptr;
  if (outcome_) return std::exchange(outcome_, nullptr)(std::move(reply));
  reply.fields = with_extra(std::move(reply.fields));
  if (const auto connection = connection_.lock()) connection->reply(*this, std::move(reply));
}

void Exchange::refuse(const Refusal& refusal, Fields fields) {
  if (begun_) return;
  answered();
  const auto self = shared_from_this();
  on_gone_ = nullptr;
  if (outcome_) return std::exchange(outcome_, nullptr)(std::pair(refusal, std::move(fields)));
  if (const auto connection = connection_.lock()) connection->refuse(*this, refusal, with_extra(std::move(fields)));
}

void Exchange::begin(int status, Fields fields) {
  if (begun_) return;
  begun_ = true;
  if (const auto connection = connection_.lock()) connection->begin(*this, status, with_extra(std::move(fields)));
}

bool Exchange::write(std::string_view text) {
  const auto self = shared_from_this();
  const auto connection = connection_.lock();
  return connection != nullptr && connection->write(*this, text);
}

void Exchange::finish() { finish({}); }

void Exchange::finish(std::string_view text) {
  if (finished_ || !begun_) return;
  finished_ = true;
  const auto self = shared_from_this();
  on_gone_ = nullptr;
  if (const auto connection = connection_.lock()) connection->finish(*this, text);
}

void Exchange::abort() {
  finished_ = begun_ = true;
  const auto self = shared_from_this();
  on_gone_ = nullptr;
  if (const auto connection = connection_.lock()) connection->close();
}

std::size_t Exchange::queued_bytes() const {
  const auto connection = connection_.lock();
  return connection == nullptr ? 0 : connection->queued_bytes();
}

void Exchange::when_queued_below(std::size_t bytes, std::function<void()> then) {
  const auto connection = connection_.lock();
  if (connection == nullptr) return then();
  connection->when_queued_below(bytes, std::move(then));
}

void Exchange::on_gone(std::function<void()> then) {
  if (finished_) return;
  if (gone_) return then();
  on_gone_ = std::move(then);
}

void Exchange::client_gone() {
  if (gone_) return;
  gone_ = true;
  if (auto then = std::exchange(on_gone_, nullptr)) then();
}

}  // namespace conclave::http
