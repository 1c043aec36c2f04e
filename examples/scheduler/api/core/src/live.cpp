#include "conclave/scheduler_api/live.hpp"

#include "conclave/http_core/response.hpp"
#include "conclave/scheduler_api/answers.hpp"

namespace conclave::scheduler::api {
namespace {

constexpr std::size_t piece_jobs = 500;
/// More at once is told as a picture of the whole: in pieces, and to each reader as fast as it reads.
constexpr std::size_t touched_max = 5000;

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

std::string revision_json(Revision revision) { return "{\"revision\":" + std::to_string(revision.value()) + "}"; }

/// The members of an object, one after the other.
class Members {
 public:
  void add(std::string_view name, std::string_view json) {
    while (json.ends_with('\n')) json.remove_suffix(1);
    text_ += text_.empty() ? "" : ",";
    text_.append(http::json_quote(name)).append(":").append(json);
  }
  [[nodiscard]] std::string object() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

}  // namespace

/// What somebody who looks would see anew.
struct Live::Touched {
  std::set<std::string> jobs;
  std::set<std::string> agents;
  bool freeze = false;
};

Live::Live(Keys keys, Feed::Limits limits) : keys_(std::move(keys)), feed_(limits) {}

void Live::take(const RowChange& change, Touched& touched) {
  std::visit(Overloaded{[&](const SpecKey&) {},  // its jobs come and go with it
                        [&](const JobKey& key) { touched.jobs.insert(key.job); },
                        [&](const AgentKey& key) { touched.agents.insert(key.agent); },
                        [&](const AssignKey& key) {
                          touched.agents.insert(key.agent);
                          if (change.row)
                            work_[key.agent].insert(key.job);
                          else if (const auto found = work_.find(key.agent);
                                   found != work_.end() && found->second.erase(key.job) > 0 && found->second.empty())
                            work_.erase(found);
                        },
                        [&](const DrainKey& key) { touched.agents.insert(key.agent); },
                        [&](const GoneKey& key) { touched.agents.insert(key.agent); },
                        [&](const RefusedKey& key) { touched.agents.insert(key.agent); },
                        [&](const FreezeKey&) { touched.freeze = true; }, [&](const OtherKey&) {}},
             keys_.parse(change.key));
  picture_.apply(keys_, change.key, change.row);
}

void Live::apply(Revision revision, std::span<const RowChange> changes) {
  Touched touched;
  for (const RowChange& change : changes) take(change, touched);
  const bool is_first = !is_filled_;
  is_filled_ = true;
  if (!is_first && revision <= revision_) return;
  revision_ = revision;
  const bool is_seen = !touched.jobs.empty() || !touched.agents.empty() || touched.freeze;
  if (is_first || touched.jobs.size() + touched.agents.size() > touched_max)
    feed_.begin(revision);
  else if (is_seen)
    feed_.add(revision, text_of(touched));
  else
    feed_.reach(revision);
}

std::string Live::text_of(const Touched& touched) const {
  Members jobs, agents, all;
  for (const std::string& name : touched.jobs) {
    const auto job = picture_.jobs.find(name);
    jobs.add(name, job == picture_.jobs.end() ? "null" : job_json(name, job->second, picture_.spec_of(name)));
  }
  const std::set<std::string> no_work;
  for (const std::string& name : touched.agents) {
    const auto work = work_.find(name);
    agents.add(name, agent_json(picture_, name, work == work_.end() ? no_work : work->second));
  }
  all.add("revision", std::to_string(revision_.value()));
  if (!touched.jobs.empty()) all.add("jobs", jobs.object());
  if (!touched.agents.empty()) all.add("agents", agents.object());
  if (touched.freeze) all.add("freeze", picture_.freeze ? to_json(*picture_.freeze) : "null");
  return http::render_event({std::to_string(revision_.value()), "change", all.object()});
}

bool Live::knows_agent(std::string_view agent) const { return state_of_agent(picture_, agent, work_.contains(agent)).has_value(); }

std::string Live::begin_text() const { return http::render_event({{}, "begin", revision_json(revision_)}); }

Live::Piece Live::piece_from(const std::string& job) const {
  Members jobs, agents, all;
  auto next = picture_.jobs.lower_bound(job);
  for (std::size_t i = 0; i < piece_jobs && next != picture_.jobs.end(); ++i, ++next)
    jobs.add(next->first, job_json(next->first, next->second, picture_.spec_of(next->first)));
  all.add("revision", std::to_string(revision_.value()));
  all.add("jobs", jobs.object());
  Piece piece;
  if (next != picture_.jobs.end()) {
    piece.next = next->first;
  } else {  // the last piece has the rest
    for (const auto& [name, agent] : agents_of(picture_)) agents.add(name, agent_json(picture_, name, agent.jobs));
    all.add("agents", agents.object());
    all.add("freeze", picture_.freeze ? to_json(*picture_.freeze) : "null");
  }
  piece.text = http::render_event({{}, "change", all.object()});
  return piece;
}

std::string Live::ready_text(Revision since) {
  return http::render_event({std::to_string(since.value()), "ready", revision_json(since)});
}

}  // namespace conclave::scheduler::api
