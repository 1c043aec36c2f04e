#include "conclave/scheduler_api/answers.hpp"
#include "parts.hpp"

namespace conclave::scheduler::api {

using recipes::core::Call;

void Service::Parts::list(const AskPtr& ask) {
  auto parsed = list_query_of(ask->head());
  if (const auto* const trouble = std::get_if<Trouble>(&parsed)) return refuse(ask, *trouble);
  synced(ask, [ask, query = std::get<ListQuery>(std::move(parsed))](Parts& self) {
    const Live& live = self.watcher->live();
    self.reply(ask, {.status = 200, .body = list_json(live.picture(), live.revision(), query)});
  });
}

void Service::Parts::agents(const AskPtr& ask) {
  if (const auto trouble = check_parameters(ask->head(), {})) return refuse(ask, *trouble);
  synced(ask, [ask](Parts& self) {
    const Live& live = self.watcher->live();
    self.reply(ask, {.status = 200, .body = agents_json(live.picture(), live.revision())});
  });
}

void Service::Parts::status(const AskPtr& ask) {
  if (const auto trouble = check_parameters(ask->head(), {})) return refuse(ask, *trouble);
  synced(ask, [ask](Parts& self) {
    const Live& live = self.watcher->live();
    self.reply(ask, {.status = 200, .body = status_json(live.picture(), live.revision())});
  });
}

void Service::Parts::show(const AskPtr& ask) {
  if (const auto trouble = check_parameters(ask->head(), {})) return refuse(ask, *trouble);
  if (!is_named(ask, "job")) return;
  on_board<Board::Shown>(
      ask, [board = board(), job = ask->part("job")](Call call) { return board.show(job, std::move(call)); },
      [ask](Parts& self, const Board::Shown& shown) {
        self.reply(ask, {.status = 200, .body = shown_json(shown.spec, shown.jobs, shown.runs)});
      });
}

void Service::Parts::submit(const AskPtr& ask) { with_body(ask, &Parts::submit_body); }

void Service::Parts::submit_body(const AskPtr& ask, const std::string& body) {
  auto parsed = submission_of(ask->head(), body);
  if (const auto* const trouble = std::get_if<Trouble>(&parsed)) return refuse(ask, *trouble);
  on_board<Board::Submitted>(
      ask,
      [board = board(), submission = std::get<Submission>(std::move(parsed))](Call call) {
        return board.submit(submission, std::move(call));
      },
      [ask](Parts& self, const Board::Submitted& submitted) {
        http::Reply reply{.status = submitted.is_new ? 201 : 200, .body = submitted_json(submitted.specs, submitted.is_new)};
        if (submitted.specs.size() == 1) reply.fields.add("Location", "/v1/jobs/" + submitted.specs.front());
        self.reply(ask, std::move(reply));
      });
}

/// A call that says how many jobs it changed.
void Service::Parts::count_changes(const AskPtr& ask, recipes::Make<std::uint64_t> make) {
  on_board<std::uint64_t>(ask, std::move(make), [ask](Parts& self, std::uint64_t count) {
    self.reply(ask, {.status = 200, .body = changed_json(count)});
  });
}

void Service::Parts::say_whether(const AskPtr& ask, recipes::Make<bool> make) {
  on_board<bool>(ask, std::move(make),
                 [ask](Parts& self, bool changed) { self.reply(ask, {.status = 200, .body = changed_json(changed ? 1 : 0)}); });
}

void Service::Parts::cancel(const AskPtr& ask) { with_body(ask, &Parts::cancel_body); }
void Service::Parts::retry(const AskPtr& ask) { with_body(ask, &Parts::retry_body); }
void Service::Parts::discard(const AskPtr& ask) { with_body(ask, &Parts::discard_body); }
void Service::Parts::drain(const AskPtr& ask) { with_body(ask, &Parts::drain_body); }
void Service::Parts::undrain(const AskPtr& ask) { with_body(ask, &Parts::undrain_body); }
void Service::Parts::unfreeze(const AskPtr& ask) { with_body(ask, &Parts::unfreeze_body); }

void Service::Parts::cancel_body(const AskPtr& ask, const std::string& body) {
  if (!is_named(ask, "job")) return;
  if (const auto trouble = check_empty(body)) return refuse(ask, *trouble);
  count_changes(ask, [board = board(), job = ask->part("job")](Call call) { return board.cancel(job, std::move(call)); });
}

void Service::Parts::retry_body(const AskPtr& ask, const std::string& body) {
  if (!is_named(ask, "job")) return;
  if (const auto trouble = check_empty(body)) return refuse(ask, *trouble);
  count_changes(ask, [board = board(), job = ask->part("job")](Call call) { return board.retry(job, std::move(call)); });
}

void Service::Parts::discard_body(const AskPtr& ask, const std::string& body) {
  if (!is_named(ask, "job")) return;
  if (const auto trouble = check_empty(body)) return refuse(ask, *trouble);
  say_whether(ask, [board = board(), job = ask->part("job")](Call call) { return board.discard(job, std::move(call)); });
}

void Service::Parts::drain_body(const AskPtr& ask, const std::string& body) {
  if (!is_named(ask, "agent")) return;
  auto parsed = drain_of(body);
  if (const auto* const trouble = std::get_if<Trouble>(&parsed)) return refuse(ask, *trouble);
  synced(ask, [ask, record = std::get<DrainRecord>(std::move(parsed))](Parts& self) {
    const std::string agent = ask->part("agent");
    if (!self.watcher->live().knows_agent(agent))
      return self.refuse(ask, {404, "not_found", "agent", "there is no agent '" + agent + "'", false});
    self.say_whether(ask, [board = self.board(), agent, record](Call call) { return board.drain(agent, record, std::move(call)); });
  });
}

void Service::Parts::undrain_body(const AskPtr& ask, const std::string& body) {
  if (!is_named(ask, "agent")) return;
  if (const auto trouble = check_empty(body)) return refuse(ask, *trouble);
  say_whether(ask, [board = board(), agent = ask->part("agent")](Call call) { return board.undrain(agent, std::move(call)); });
}

void Service::Parts::unfreeze_body(const AskPtr& ask, const std::string& body) {
  if (const auto trouble = check_empty(body)) return refuse(ask, *trouble);
  count_changes(ask, [board = board()](Call call) { return board.unfreeze(std::move(call)); });
}

}  // namespace conclave::scheduler::api
