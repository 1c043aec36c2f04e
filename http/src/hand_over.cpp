#include "conclave/http/hand_over.hpp"

#include <asio/post.hpp>
#include <utility>

namespace conclave::http {
namespace {

void answer(const ExchangePtr& exchange, Exchange::Outcome outcome) {
  if (auto* reply = std::get_if<Reply>(&outcome)) return exchange->reply(std::move(*reply));
  auto& [refusal, fields] = std::get<1>(outcome);
  exchange->refuse(refusal, std::move(fields));
}

}  // namespace

void hand_over(const ExchangePtr& exchange, std::shared_ptr<asio::io_context> here, asio::io_context& there, Handler handler) {
  // The exchange goes with the answer: it must not end on the other thread.
  auto back = [exchange = ExchangePtr(exchange), here = std::move(here)](Exchange::Outcome outcome) mutable {
    asio::post(*here,
               [exchange = std::move(exchange), outcome = std::move(outcome)]() mutable { answer(exchange, std::move(outcome)); });
  };
  auto twin = std::make_shared<Exchange>(exchange->request(), std::move(back));
  asio::post(there, [twin = std::move(twin), handler = std::move(handler)] { handler(twin); });
}

}  // namespace conclave::http
