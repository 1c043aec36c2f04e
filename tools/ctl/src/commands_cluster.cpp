#include <algorithm>
#include <cstdio>
#include <memory>

#include "commands.hpp"
#include "print.hpp"
#include "txn_input.hpp"

namespace conclave::ctl {
namespace {

int run_compact(Session& session, std::uint64_t revision) {
  const auto answer = session.client().compact(Revision(revision), session.call());
  if (!answer) return report(answer.error());
  if (session.json())
    print_json({{"header", to_json(answer->header)}, {"compacted", answer->revision.value()}});
  else
    std::printf("compacted revision %s\n", to_string(answer->revision).c_str());
  return exit_ok;
}

/// Asks every endpoint by itself; those that do not answer are told of on standard error and make the exit code 1.
template <class T, class Ask, class Use>
int for_each_endpoint(Session& session, Ask ask, Use use) {
  int code = exit_ok;
  for (const std::string& endpoint : session.endpoints()) {
    auto client = session.client_of(endpoint);
    if (!client) return report(client.error());
    const Result<Answer<T>> answer = ask(*client);
    if (answer) {
      use(endpoint, *answer);
      continue;
    }
    code = report({answer.error().code, endpoint + ": " + answer.error().context});
  }
  return code;
}

int run_status(Session& session) {
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows = {
      {"ENDPOINT", "NAME", "MEMBER", "ROLE", "TERM", "INDEX", "APPLIED", "REVISION", "DB SIZE", "LEADER", "ALARMS"}};
  const int code = for_each_endpoint<Status>(
      session, [&](Client& client) { return client.status(session.call()); },
      [&](const std::string& endpoint, const Answer<Status>& status) {
        std::string alarms;
        for (const std::string& alarm : status.alarms) alarms += (alarms.empty() ? "" : ",") + alarm;
        list.push_back({{"endpoint", endpoint},
                        {"name", status.name},
                        {"member_id", status.member.value()},
                        {"role", status.role},
                        {"term", status.term.value()},
                        {"index", status.index.value()},
                        {"applied", status.applied.value()},
                        {"revision", status.revision.value()},
                        {"db_size", status.db_size},
                        {"leader", status.leader.value()},
                        {"cluster_id", status.cluster.value()},
                        {"committed", status.committed.value()},
                        {"durable", status.durable.value()},
                        {"compacted", status.compacted.value()},
                        {"data_bytes", status.data_bytes},
                        {"keys", status.key_count},
                        {"leases", status.lease_count},
                        {"watches", status.watch_count},
                        {"connections", status.connection_count},
                        {"version", status.version},
                        {"machine_version", status.machine_version},
                        {"alarms", status.alarms}});
        rows.push_back({endpoint, status.name, to_string(status.member), status.role, to_string(status.term),
                        to_string(status.index), to_string(status.applied), to_string(status.revision),
                        std::to_string(status.db_size), to_string(status.leader), alarms});
      });
  if (session.json())
    print_json(list);
  else if (rows.size() > 1)
    print_table(rows);
  return code;
}

int run_hash(Session& session) {
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows = {{"ENDPOINT", "APPLIED", "REVISION", "HASH"}};
  const int code = for_each_endpoint<StateHash>(
      session, [&](Client& client) { return client.hash(session.call()); },
      [&](const std::string& endpoint, const Answer<StateHash>& hash) {
        list.push_back(
            {{"endpoint", endpoint}, {"applied", hash.applied.value()}, {"revision", hash.revision.value()}, {"hash", hash.hash}});
        rows.push_back({endpoint, to_string(hash.applied), to_string(hash.revision), std::to_string(hash.hash)});
      });
  if (session.json())
    print_json(list);
  else if (rows.size() > 1)
    print_table(rows);
  return code;
}

int run_member_list(Session& session) {
  const auto answer = session.client().members(session.call());
  if (!answer) return report(answer.error());
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows = {{"MEMBER", "NAME", "PEER ADDRESS", "CLIENT ADDRESS", "KIND"}};
  for (const Member& member : answer->members) {
    list.push_back({{"ID", member.id.value()},
                    {"name", member.name},
                    {"peerURLs", {member.peer_address}},
                    {"clientURLs", {member.client_address}},
                    {"isLearner", !member.voter}});
    rows.push_back(
        {to_string(member.id), member.name, member.peer_address, member.client_address, member.voter ? "voter" : "learner"});
  }
  if (session.json())
    print_json({{"header", to_json(answer->header)}, {"members", std::move(list)}});
  else
    print_table(rows);
  return exit_ok;
}

/// By id or by name; nothing: the most caught-up other voter.
int run_move_leader(Session& session, const std::string& target) {
  MemberId to;
  if (!target.empty()) {
    const auto members = session.client().members(session.call());
    if (!members) return report(members.error());
    const auto found = std::find_if(members->members.begin(), members->members.end(),
                                    [&](const Member& member) { return member.name == target || to_string(member.id) == target; });
    if (found == members->members.end()) return usage_error("no member has the name or id '" + target + "'");
    to = found->id;
  }
  const auto moved = session.client().move_leader(to, session.call());
  if (!moved) return report(moved.error());
  if (session.json())
    print_json(Json::object());
  else
    std::puts("leadership moved");
  return exit_ok;
}

int report_done(Session& session, const Result<void>& done, const std::string& text) {
  if (!done) return report(done.error());
  if (session.json())
    print_json(Json::object());
  else
    std::puts(text.c_str());
  return exit_ok;
}

int run_member_add(Session& session, const std::string& member) {
  const auto equals = member.find('=');
  if (equals == std::string::npos) return usage_error("'" + member + "' is not NAME=HOST:PORT");
  const std::string name = member.substr(0, equals);
  const auto added = session.client().member_add(name, member.substr(equals + 1), session.call());
  return report_done(session, added, name + " may be started now; it votes when it has caught up");
}

int run_member_remove(Session& session, const std::string& name) {
  return report_done(session, session.client().member_remove(name, session.call()), name + " is no member any more");
}

/// Removed and added again under the same name and address: what its lost directory had promised counts no more.
int run_member_replace(Session& session, const std::string& name) {
  const auto members = session.client().members(session.call());
  if (!members) return report(members.error());
  const auto found =
      std::find_if(members->members.begin(), members->members.end(), [&](const Member& member) { return member.name == name; });
  if (found == members->members.end())
    return usage_error("no member is called '" + name + "'; if it was removed already: conclavectl member add NAME=HOST:PORT");
  const auto removed = session.client().member_remove(name, session.call());
  if (!removed) return report(removed.error());
  const auto added = session.client().member_add(name, found->peer_address, session.call());
  if (!added)
    std::fprintf(stderr, "it was removed; go on with: conclavectl member add %s=%s\n", name.c_str(), found->peer_address.c_str());
  return report_done(session, added, name + " may be started with an empty directory now; it votes when it has caught up");
}

}  // namespace

void add_cluster(CLI::App& app, Run& run) {
  auto revision = std::make_shared<std::uint64_t>(0);
  CLI::App* compact = app.add_subcommand("compact", "Forget the history before a revision");
  compact->add_option("REVISION", *revision, "this and newer revisions stay readable")->required();
  compact->callback([revision, &run] { run = [revision](Session& session) { return run_compact(session, *revision); }; });

  app.add_subcommand("status", "Show each endpoint's member: role, term, index, revision, size")->callback([&run] {
    run = run_status;
  });
  app.add_subcommand("hash", "Show each endpoint's hash of its state")->callback([&run] { run = run_hash; });

  CLI::App* member = app.add_subcommand("member", "Members of the cluster");
  member->require_subcommand(1);
  member->add_subcommand("list", "List them")->callback([&run] { run = run_member_list; });

  const auto with_argument = [&](const char* verb, const char* text, const char* name, const char* meaning,
                                 int (*act)(Session&, const std::string&)) {
    auto argument = std::make_shared<std::string>();
    CLI::App* command = member->add_subcommand(verb, text);
    command->add_option(name, *argument, meaning)->required();
    command->callback([argument, act, &run] { run = [argument, act](Session& session) { return act(session, *argument); }; });
  };
  with_argument("add", "Add a member; it learns first and votes when it has caught up", "NAME=HOST:PORT",
                "its name and where the other members reach it; start it with --join", run_member_add);
  with_argument("remove", "Remove a member; not the one that leads", "NAME", "its name", run_member_remove);
  with_argument("replace", "Give a member whose data directory is lost a new start", "NAME", "its name", run_member_replace);

  auto target = std::make_shared<std::string>();
  CLI::App* move = app.add_subcommand("move-leader", "Hand leadership over");
  move->add_option("MEMBER", *target, "its id or name; the most caught-up voter if it is left out");
  move->callback([target, &run] { run = [target](Session& session) { return run_move_leader(session, *target); }; });
}

}  // namespace conclave::ctl
