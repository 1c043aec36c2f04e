#include <cstdio>
#include <memory>

#include "commands.hpp"
#include "print.hpp"
#include "txn_input.hpp"

namespace conclave::ctl {
namespace {

long long seconds_of(std::chrono::milliseconds ms) { return (ms.count() + 999) / 1000; }

std::string describe(const LeaseInfo& info) {
  std::string text = "lease " + to_string(info.id) + " granted with TTL(" + std::to_string(seconds_of(info.granted)) +
                     "s), remaining(" + std::to_string(seconds_of(info.remaining)) + "s)";
  return text;
}

struct GrantFlags {
  std::string ttl;
  std::uint64_t id = 0;
  LeaseOptions options;
};

int run_grant(Session& session, const GrantFlags& flags) {
  const auto ttl = parse_duration(flags.ttl);
  if (!ttl) return report(ttl.error());
  const auto answer = session.client().lease_grant(*ttl, flags.options, LeaseId(flags.id), session.call());
  if (!answer) return report(answer.error());
  if (session.json()) {
    print_json({{"header", to_json(answer->header)}, {"ID", answer->id.value()}, {"TTL", seconds_of(answer->ttl)}});
    return exit_ok;
  }
  std::printf("lease %s granted with TTL(%llds)\n", to_string(answer->id).c_str(), seconds_of(answer->ttl));
  return exit_ok;
}

int run_revoke(Session& session, std::uint64_t id) {
  const auto answer = session.client().lease_revoke(LeaseId(id), session.call());
  if (!answer) return report(answer.error());
  if (session.json()) {
    print_json({{"header", to_json(answer->header)}, {"deleted", answer->keys_deleted}});
    return exit_ok;
  }
  std::printf("lease %llu revoked\n", static_cast<unsigned long long>(id));
  return exit_ok;
}

int run_renew(Session& session, const std::vector<std::uint64_t>& numbers) {
  std::vector<LeaseId> ids;
  for (const std::uint64_t number : numbers) ids.emplace_back(number);
  const auto answer = session.client().lease_renew(std::move(ids), session.call());
  if (!answer) return report(answer.error());
  bool all = true;
  Json rows = Json::array();
  for (const auto& row : answer->rows) {
    all = all && row.ttl.count() > 0;
    rows.push_back({{"ID", row.id.value()}, {"TTL", seconds_of(row.ttl)}});
    if (session.json()) continue;
    if (row.ttl.count() > 0)
      std::printf("lease %s renewed with TTL(%llds)\n", to_string(row.id).c_str(), seconds_of(row.ttl));
    else
      std::printf("lease %s does not exist\n", to_string(row.id).c_str());
  }
  if (session.json()) print_json({{"header", to_json(answer->header)}, {"leases", std::move(rows)}});
  return all ? exit_ok : report({Errc::lease_not_found, "not every lease could be renewed"});
}

int run_time_to_live(Session& session, std::uint64_t id, bool keys) {
  const auto answer = session.client().lease_time_to_live(LeaseId(id), keys, session.call());
  if (!answer) return report(answer.error());
  if (session.json()) return print_answer(*answer), exit_ok;
  std::string line = describe(*answer);
  if (!answer->owner.empty()) line += ", owner(" + answer->owner + ")";
  if (!answer->note.empty()) line += ", note(" + answer->note + ")";
  line += ", keys(" + std::to_string(answer->key_count) + ")";
  std::puts(line.c_str());
  for (const std::string& key : answer->keys) std::puts(key.c_str());
  return exit_ok;
}

int run_list(Session& session) {
  Answer<LeasePage> all;
  LeaseId from;
  do {
    auto page = session.client().lease_list(from, session.call());
    if (!page) return report(page.error());
    all.header = page->header;
    std::move(page->leases.begin(), page->leases.end(), std::back_inserter(all.leases));
    from = page->next;
  } while (!from.is_zero());
  if (session.json()) {
    Json list = Json::array();
    for (const LeaseInfo& info : all.leases) list.push_back(to_json(info));
    print_json({{"header", to_json(all.header)}, {"leases", std::move(list)}});
    return exit_ok;
  }
  std::vector<std::vector<std::string>> rows = {{"ID", "TTL", "REMAINING", "KEYS", "KIND", "OWNER", "NOTE"}};
  for (const LeaseInfo& info : all.leases)
    rows.push_back({to_string(info.id), std::to_string(seconds_of(info.granted)) + "s",
                    std::to_string(seconds_of(info.remaining)) + "s", std::to_string(info.key_count),
                    info.session ? "session" : "lease", info.owner, info.note});
  print_table(rows);
  return exit_ok;
}

}  // namespace

void add_lease(CLI::App& app, Run& run) {
  CLI::App* lease = app.add_subcommand("lease", "Grant, renew, show and revoke leases");
  lease->require_subcommand(1);

  auto grant = std::make_shared<GrantFlags>();
  CLI::App* grant_verb = lease->add_subcommand("grant", "Grant a lease");
  grant_verb->add_option("TTL", grant->ttl, "in seconds, or as 500ms, 5s, 2m, 1h; from 2s to 24h")->required();
  grant_verb->add_option("--id", grant->id, "choose the id; the server does if it is left out");
  grant_verb->add_option("--owner", grant->options.owner, "whose it is, for others to see");
  grant_verb->add_option("--note", grant->options.note, "what it is for, for others to see");
  grant_verb->callback([grant, &run] { run = [grant](Session& session) { return run_grant(session, *grant); }; });

  auto revoked = std::make_shared<std::uint64_t>(0);
  CLI::App* revoke = lease->add_subcommand("revoke", "End a lease; its keys are deleted");
  revoke->add_option("ID", *revoked, "the lease")->required();
  revoke->callback([revoked, &run] { run = [revoked](Session& session) { return run_revoke(session, *revoked); }; });

  auto renewed = std::make_shared<std::vector<std::uint64_t>>();
  CLI::App* renew = lease->add_subcommand("renew", "Renew leases once");
  renew->add_option("ID", *renewed, "the leases")->required();
  renew->callback([renewed, &run] { run = [renewed](Session& session) { return run_renew(session, *renewed); }; });

  auto shown = std::make_shared<std::pair<std::uint64_t, bool>>();
  CLI::App* ttl = lease->add_subcommand("timetolive", "Show a lease");
  ttl->add_option("ID", shown->first, "the lease")->required();
  ttl->add_flag("--keys", shown->second, "also the keys that hang on it");
  ttl->callback(
      [shown, &run] { run = [shown](Session& session) { return run_time_to_live(session, shown->first, shown->second); }; });

  CLI::App* list = lease->add_subcommand("list", "List all leases");
  list->callback([&run] { run = run_list; });
}

}  // namespace conclave::ctl
