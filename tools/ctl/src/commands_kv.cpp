#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>

#include "commands.hpp"
#include "print.hpp"
#include "txn_input.hpp"

namespace conclave::ctl {
namespace {

struct Conditions {
  bool if_absent = false;
  std::optional<std::string> if_value;
  std::optional<std::uint64_t> if_revision;
  std::vector<std::string> guards;

  [[nodiscard]] std::vector<Compare> compares(const std::string& key) const {
    std::vector<Compare> list;
    if (if_absent) list.push_back(Compare::missing(key));
    if (if_value) list.push_back(Compare::value_is(key, *if_value));
    if (if_revision) list.push_back(Compare::mod_revision_is(key, Revision(*if_revision)));
    return list;
  }
};

void add_conditions(CLI::App& app, Conditions& conditions, bool absent) {
  if (absent) app.add_flag("--if-absent", conditions.if_absent, "only if the key does not exist");
  app.add_option("--if-value", conditions.if_value, "only if the key has this value");
  app.add_option("--if-revision", conditions.if_revision, "only if the key was last changed at this revision");
  app.add_option("--guard", conditions.guards,
                 "LEASE:CREATE_REVISION:KEY, refused (exit 3) unless that key still has that create "
                 "revision and hangs on that live lease; may be repeated")
      ->type_name("GUARD")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

Result<std::vector<Guard>> parse_guards(const std::vector<std::string>& texts) {
  std::vector<Guard> guards;
  for (const std::string& text : texts) {
    auto guard = parse_guard(text);
    if (!guard) return fail(guard.error());
    guards.push_back(std::move(*guard));
  }
  return guards;
}

int condition_failed(const std::string& key) {
  std::fprintf(stderr, "conclavectl: the condition on '%s' does not hold; nothing was done (definite)\n", key.c_str());
  return exit_condition;
}

// --- put
// ----------------------------------------------------------------------------------------------------------------------------------

struct PutFlags {
  std::string key;
  std::optional<std::string> value;
  std::uint64_t lease = 0;
  bool previous = false, ignore_value = false, ignore_lease = false, sequence = false;
  Conditions conditions;
};

int print_put(Session& session, const Answer<PutResult>& answer) {
  if (session.json()) return print_answer(answer), exit_ok;
  std::puts(answer.key.empty() ? "OK" : ("OK " + answer.key).c_str());
  if (answer.previous) print_kv(*answer.previous);
  return exit_ok;
}

int run_put(Session& session, const PutFlags& flags) {
  PutOp op;
  op.key = flags.key;
  if (flags.value) {
    op.value = *flags.value;
  } else if (!flags.ignore_value) {
    op.value.assign(std::istreambuf_iterator<char>(std::cin), {});
  }
  op.lease = LeaseId(flags.lease);
  op.want_previous = flags.previous;
  op.ignore_value = flags.ignore_value;
  op.ignore_lease = flags.ignore_lease;
  op.sequence = flags.sequence;
  auto guards = parse_guards(flags.conditions.guards);
  if (!guards) return report(guards.error());
  const auto compares = flags.conditions.compares(flags.key);
  if (compares.empty()) {
    const auto answer =
        answer_as<PutResult>(session.client().submit(Write{std::move(op), std::move(*guards)}, session.timeout()).get());
    return answer ? print_put(session, *answer) : report(answer.error());
  }
  const auto answer = session.client().txn(Txn{compares, {std::move(op)}, {}}, session.call(std::move(*guards)));
  if (!answer) return report(answer.error());
  if (!answer->succeeded) return condition_failed(flags.key);
  return print_put(session, {std::get<PutResult>(answer->results.front().body), answer->header});
}

// --- get
// ----------------------------------------------------------------------------------------------------------------------------------

struct GetFlags {
  std::string key, range_end, consistency = "linearizable", sort_by = "key", order = "ascend";
  bool prefix = false, from_key = false, keys_only = false, count_only = false, value_only = false;
  std::uint64_t limit = 0, revision = 0, min_mod = 0, max_mod = 0, min_create = 0, max_create = 0;
};

SortTarget sort_target(const std::string& name) {
  if (name == "version") return SortTarget::version;
  if (name == "create") return SortTarget::create;
  if (name == "modify") return SortTarget::mod;
  return name == "value" ? SortTarget::value : SortTarget::key;
}

/// What is left of a selection from `next` on.
Keys rest_of(const Keys& keys, const std::string& next) {
  if (keys.kind == Keys::Kind::range) return Keys::range(next, keys.end);
  if (keys.kind == Keys::Kind::from) return Keys::from(next);
  std::string end = keys.begin;
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (end.empty()) return Keys::from(next);
  end.back() = static_cast<char>(end.back() + 1);
  return Keys::range(next, end);
}

int run_get(Session& session, const GetFlags& flags) {
  RangeOp op;
  op.keys = select_keys(flags.key, flags.range_end, flags.prefix, flags.from_key);
  op.at = Revision(flags.revision);
  op.limit = flags.limit;
  op.keys_only = flags.keys_only;
  op.count_only = flags.count_only;
  op.sort_target = sort_target(flags.sort_by);
  op.sort_order = flags.order == "descend" ? SortOrder::descending : SortOrder::ascending;
  op.min_mod = Revision(flags.min_mod);
  op.max_mod = Revision(flags.max_mod);
  op.min_create = Revision(flags.min_create);
  op.max_create = Revision(flags.max_create);
  GetOptions options;
  options.consistency = flags.consistency == "serializable" ? Consistency::serializable : Consistency::linearizable;
  auto answer = session.client().range(op, options, session.call());
  // A large answer comes in pages, all of them at the revision of the first.
  const bool in_pages = op.sort_target == SortTarget::key && op.sort_order == SortOrder::ascending && !op.count_only;
  while (answer && answer->more && in_pages && !answer->next_key.empty() &&
         (flags.limit == 0 || answer->kvs.size() < flags.limit)) {
    RangeOp page = op;
    page.at = op.at.is_zero() ? answer->header.revision : op.at;
    page.keys = rest_of(op.keys, answer->next_key);
    if (flags.limit != 0) page.limit = flags.limit - answer->kvs.size();
    auto next = session.client().range(page, options, session.call());
    if (!next) return report(next.error());
    std::move(next->kvs.begin(), next->kvs.end(), std::back_inserter(answer->kvs));
    answer->more = next->more;
    answer->next_key = next->next_key;
  }
  if (!answer) return report(answer.error());
  if (session.json()) return print_answer(*answer), exit_ok;
  if (flags.count_only) return std::printf("%llu\n", static_cast<unsigned long long>(answer->count)), exit_ok;
  print_plain(*answer, flags.value_only, flags.keys_only);
  return exit_ok;
}

// --- del
// ----------------------------------------------------------------------------------------------------------------------------------

struct DelFlags {
  std::string key, range_end;
  bool prefix = false, from_key = false, previous = false;
  Conditions conditions;
};

int print_del(Session& session, const Answer<DeleteResult>& answer) {
  if (session.json()) return print_answer(answer), exit_ok;
  std::printf("%llu\n", static_cast<unsigned long long>(answer.deleted));
  for (const KeyValue& kv : answer.previous) print_kv(kv);
  return exit_ok;
}

/// More keys than one request may change: page after page, each by itself.
Result<Answer<DeleteResult>> delete_in_pages(Session& session, const Keys& keys, bool previous, const std::vector<Guard>& guards) {
  std::fprintf(stderr, "conclavectl: more keys than one request may delete: they go in pages, which is not atomic\n");
  Answer<DeleteResult> all;
  while (true) {
    RangeOp op;
    op.keys = keys;
    op.limit = 1000;
    op.keys_only = true;
    const auto page = session.client().range(op, {}, session.call());
    if (!page) return fail(page.error());
    if (page->kvs.empty()) return all;
    auto erased =
        session.client().erase(Keys::range(page->kvs.front().key, page->kvs.back().key + '\0'), previous, session.call(guards));
    if (!erased) return fail(erased.error());
    all.header = erased->header;
    all.deleted += erased->deleted;
    std::move(erased->previous.begin(), erased->previous.end(), std::back_inserter(all.previous));
  }
}

int run_del(Session& session, const DelFlags& flags) {
  auto guards = parse_guards(flags.conditions.guards);
  if (!guards) return report(guards.error());
  const Keys keys = select_keys(flags.key, flags.range_end, flags.prefix, flags.from_key);
  const auto compares = flags.conditions.compares(flags.key);
  if (compares.empty()) {
    auto answer = session.client().erase(keys, flags.previous, session.call(*guards));
    const bool many = keys.kind != Keys::Kind::single && !answer && answer.error().code == Errc::too_large;
    if (many) answer = delete_in_pages(session, keys, flags.previous, *guards);
    return answer ? print_del(session, *answer) : report(answer.error());
  }
  const auto answer = session.client().txn(Txn{compares, {DeleteOp{keys, flags.previous}}, {}}, session.call(std::move(*guards)));
  if (!answer) return report(answer.error());
  if (!answer->succeeded) return condition_failed(flags.key);
  return print_del(session, {std::get<DeleteResult>(answer->results.front().body), answer->header});
}

// --- txn
// ----------------------------------------------------------------------------------------------------------------------------------

int run_txn(Session& session, const std::vector<std::string>& guard_texts) {
  auto guards = parse_guards(guard_texts);
  if (!guards) return report(guards.error());
  auto txn = read_txn(std::cin);
  if (!txn) return report(txn.error());
  const auto answer = session.client().txn(std::move(*txn), session.call(std::move(*guards)));
  if (!answer) return report(answer.error());
  if (session.json()) return print_answer(*answer), exit_ok;
  print_plain(*answer);
  return exit_ok;
}

}  // namespace

Result<Guard> parse_guard(const std::string& text) {
  const std::size_t first = text.find(':');
  const std::size_t second = first == std::string::npos ? first : text.find(':', first + 1);
  if (second == std::string::npos || second + 1 == text.size())
    return fail(Errc::invalid_argument, "--guard '" + text + "' is not LEASE:CREATE_REVISION:KEY");
  const auto lease = parse_number(text.substr(0, first), "--guard lease");
  if (!lease) return fail(lease.error());
  const auto revision = parse_number(text.substr(first + 1, second - first - 1), "--guard create revision");
  if (!revision) return fail(revision.error());
  return Guard{LeaseId(*lease), text.substr(second + 1), Revision(*revision)};
}

void add_put(CLI::App& app, Run& run) {
  auto flags = std::make_shared<PutFlags>();
  CLI::App* put = app.add_subcommand("put", "Set a key; without VALUE the value is read from standard input");
  put->add_option("KEY", flags->key, "the key")->required();
  put->add_option("VALUE", flags->value, "the value");
  put->add_option("--lease", flags->lease, "hang the key on this lease");
  put->add_flag("--prev-kv", flags->previous, "print the key as it was before");
  put->add_flag("--ignore-value", flags->ignore_value, "keep the value the key has");
  put->add_flag("--ignore-lease", flags->ignore_lease, "keep the lease the key has");
  put->add_flag("--sequence", flags->sequence, "let the server complete the key with a growing suffix, and print it");
  add_conditions(*put, flags->conditions, true);
  put->callback([flags, &run] { run = [flags](Session& session) { return run_put(session, *flags); }; });
}

void add_get(CLI::App& app, Run& run) {
  auto flags = std::make_shared<GetFlags>();
  CLI::App* get = app.add_subcommand("get", "Print a key or a range of keys");
  get->add_option("KEY", flags->key, "the key, or where the range begins")->required();
  get->add_option("END,--range-end", flags->range_end, "where the range ends (not included)");
  get->add_flag("--prefix", flags->prefix, "all keys that start with KEY");
  get->add_flag("--from-key", flags->from_key, "KEY and everything after it");
  get->add_option("--limit", flags->limit, "at most so many keys");
  get->add_option("--rev", flags->revision, "as it was at this revision");
  get->add_flag("--keys-only", flags->keys_only, "do not print values");
  get->add_flag("--count-only", flags->count_only, "print how many keys there are");
  get->add_flag("--print-value-only", flags->value_only, "print values without keys");
  get->add_option("--consistency", flags->consistency, "linearizable or serializable (l, s)")
      ->transform(CLI::CheckedTransformer(std::map<std::string, std::string>{
          {"l", "linearizable"}, {"s", "serializable"}, {"linearizable", "linearizable"}, {"serializable", "serializable"}}));
  get->add_option("--sort-by", flags->sort_by, "key, version, create, modify or value")
      ->check(CLI::IsMember({"key", "version", "create", "modify", "value"}));
  get->add_option("--order", flags->order, "ascend or descend")->check(CLI::IsMember({"ascend", "descend"}));
  get->add_option("--min-mod-rev", flags->min_mod, "changed at this revision or later");
  get->add_option("--max-mod-rev", flags->max_mod, "changed at this revision or earlier");
  get->add_option("--min-create-rev", flags->min_create, "created at this revision or later");
  get->add_option("--max-create-rev", flags->max_create, "created at this revision or earlier");
  get->callback([flags, &run] { run = [flags](Session& session) { return run_get(session, *flags); }; });
}

void add_del(CLI::App& app, Run& run) {
  auto flags = std::make_shared<DelFlags>();
  CLI::App* del = app.add_subcommand("del", "Delete a key or a range of keys and print how many there were");
  del->add_option("KEY", flags->key, "the key, or where the range begins")->required();
  del->add_option("END,--range-end", flags->range_end, "where the range ends (not included)");
  del->add_flag("--prefix", flags->prefix, "all keys that start with KEY (many keys go in pages, which is not atomic)");
  del->add_flag("--from-key", flags->from_key, "KEY and everything after it");
  del->add_flag("--prev-kv", flags->previous, "print what was deleted");
  add_conditions(*del, flags->conditions, false);
  del->callback([flags, &run] { run = [flags](Session& session) { return run_del(session, *flags); }; });
}

void add_txn(CLI::App& app, Run& run) {
  auto guards = std::make_shared<std::vector<std::string>>();
  CLI::App* txn = app.add_subcommand("txn", "Read a transaction from standard input and carry it out");
  txn->footer(
      "Standard input: compares, a blank line, operations if all hold, a blank line, operations if not.\n"
      "  compares:    mod(\"k\") = \"3\"   also create, version, value, lease, exists; =, !=, <, >\n"
      "  operations:  put k v [--lease=N]   get k [END] [--prefix] [--limit=N]   del k [END] [--prefix]");
  txn->add_option("--guard", *guards, "LEASE:CREATE_REVISION:KEY; refused (exit 3) unless it holds")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  txn->callback([guards, &run] { run = [guards](Session& session) { return run_txn(session, *guards); }; });
}

}  // namespace conclave::ctl
