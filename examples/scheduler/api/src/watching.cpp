#include <algorithm>
#include <charconv>

#include "conclave/scheduler_api/answers.hpp"
#include "files.hpp"
#include "parts.hpp"

namespace conclave::scheduler::api {

using recipes::core::Call;

namespace {

constexpr Duration ready_age_max = seconds(15);
constexpr std::size_t followers_max = 500;

std::optional<Revision> revision_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return Revision(number);
}

http::Reply text_reply(int status, std::string text) {
  return {.status = status, .body = std::move(text), .content_type = "text/plain; charset=utf-8"};
}

Trouble is_array(const std::string& job) {
  return {400, "invalid", "job", job + " is an array: name one of its jobs, as in " + element_of(job, 0), false};
}

/// Nothing runs in the page and nothing is shown in it but its own files, it asks nobody else, and stands in no other page.
const char* const page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

}  // namespace

void Service::Parts::events(const AskPtr& ask) {
  if (const auto trouble = check_parameters(ask->head(), {"last_event_id"})) return refuse(ask, *trouble);
  if (ask->head().method == "HEAD") return reply(ask, {.status = 200, .content_type = "text/event-stream"});
  if (streams->is_full())
    return refuse(ask, {503, "overloaded", {}, "there are " + std::to_string(Streams::streams_max) + " streams already", false});
  count(*ask, 200);
  ask->exchange->add_fields({{"X-Content-Type-Options", "nosniff"}, {"Cross-Origin-Resource-Policy", "same-origin"}});
  streams->add(ask->exchange, revision_in(http::last_event_id(ask->exchange->request())));
}

void Service::Parts::logs(const AskPtr& ask) {
  const auto parsed = log_query_of(ask->head());
  if (const auto* const trouble = std::get_if<Trouble>(&parsed)) return refuse(ask, *trouble);
  if (!is_named(ask, "job")) return;
  const std::string job = ask->part("job");
  on_board<Board::Shown>(
      ask, [board = board(), job](Call call) { return board.show(job, std::move(call)); },
      [ask, job, query = std::get<LogQuery>(parsed)](Parts& self, const Board::Shown& shown) {
        if (!shown.jobs.contains(job)) return self.refuse(ask, is_array(job));
        if (query.follow && ask->head().method != "HEAD") return self.follow_logs(ask, job);
        const std::map<std::uint64_t, RunRecord> no_runs;
        const auto of_job = shown.runs.find(job);
        const auto& runs = of_job == shown.runs.end() ? no_runs : of_job->second;
        if (runs.empty() && query.epoch == 0) return self.reply(ask, text_reply(200, ""));
        const auto run = query.epoch == 0 ? std::prev(runs.end()) : runs.find(query.epoch);
        if (run == runs.end())
          return self.refuse(ask, {404, "not_found", "epoch", "there is no run " + std::to_string(query.epoch), false});
        http::Reply reply = text_reply(200, run->second.output);
        reply.fields = {{"Conclave-Epoch", std::to_string(run->first)},
                        {"Conclave-Output-Bytes", std::to_string(run->second.output_bytes)}};
        self.reply(ask, std::move(reply));
      });
}

void Service::Parts::follow_logs(const AskPtr& ask, const std::string& job) {
  std::erase_if(followers, [](const auto& follower) { return follower->is_over(); });
  if (followers.size() >= followers_max)
    return refuse(ask, {503, "overloaded", {}, "there are " + std::to_string(followers_max) + " followers already", false});
  count(*ask, 200);
  ask->exchange->begin(200, {{"Content-Type", "text/plain; charset=utf-8"},
                             {"Cache-Control", "no-store"},
                             {"X-Content-Type-Options", "nosniff"},
                             {"Cross-Origin-Resource-Policy", "same-origin"},
                             {"X-Accel-Buffering", "no"}});
  const auto show = [weak = weak_from_this(), job](std::function<void(Result<Board::Shown>)> then) {
    const auto self = weak.lock();
    if (self == nullptr) return;
    recipes::run<Board::Shown>(
        self->base.loop, recipes::Wait{self->options.store_timeout, {}},
        [board = self->board(), job](Call call) { return board.show(job, std::move(call)); },
        [weak, then](Result<Board::Shown> shown) {
          if (const auto here = weak.lock())
            asio::post(here->io, [then, shown = std::move(shown)]() mutable { then(std::move(shown)); });
        });
  };
  const auto follower = std::make_shared<LogFollower>(io, ask->exchange, job, show);
  followers.insert(follower);
  ask->exchange->on_gone([weak = weak_from_this(), later = std::weak_ptr<LogFollower>(follower)] {
    const auto self = weak.lock();
    const auto gone = later.lock();
    if (self == nullptr || gone == nullptr) return;
    gone->stop();
    self->followers.erase(gone);
  });
  follower->start(client, keys);
}

void Service::Parts::live(const AskPtr& ask) { reply(ask, text_reply(200, "ok\n")); }

void Service::Parts::ready(const AskPtr& ask) {
  const auto age = watcher->age();
  if (age && *age < ready_age_max) return reply(ask, text_reply(200, "ok\n"));
  refuse(ask,
         {503,
          "not_ready",
          {},
          age ? "the cluster has not answered for " + std::to_string(*age / seconds(1)) + " s" : "the cluster has not answered yet",
          false});
}

void Service::Parts::page(const AskPtr& ask) { give_file(ask, "index.html"); }
void Service::Parts::file(const AskPtr& ask) { give_file(ask, ask->exchange->request().parts.get("file")); }

void Service::Parts::give_file(const AskPtr& ask, std::string_view name) {
  const auto all = files();
  const auto file = std::ranges::find(all, name, &File::name);
  if (file == all.end()) return refuse(ask, {404, "not_found", {}, "the page has no file " + std::string(name), false});
  reply(ask, {200,
              std::string(file->text),
              std::string(file->content_type),
              {{"Content-Security-Policy", page_policy},
               {"X-Frame-Options", "DENY"},
               {"Referrer-Policy", "no-referrer"},
               {"Cross-Origin-Opener-Policy", "same-origin"},
               {"Cache-Control", "no-cache"}}});
}

}  // namespace conclave::scheduler::api
