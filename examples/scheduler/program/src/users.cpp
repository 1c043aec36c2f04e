#include <toml++/toml.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "verbs.hpp"

namespace conclave::scheduler {
namespace {

using nlohmann::json;
using recipes::core::Call;

struct SubmitFlags {
  std::string file;
  std::string id, key, directory, anti_affinity, spread;
  std::vector<std::string> command, env, labels, after;
  Spec defaults;
};

Result<std::string> read_file(const std::string& path) {
  std::ostringstream text;
  if (path == "-") {
    text << std::cin.rdbuf();
    return text.str();
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Errc::invalid_argument, path + ": it cannot be read");
  text << file.rdbuf();
  return text.str();
}

Result<std::string> json_of_toml(const std::string& text) {
  try {
    std::ostringstream out;
    out << toml::json_formatter{toml::parse(text)};
    return out.str();
  } catch (const toml::parse_error& error) {
    return fail(Errc::malformed, "line " + std::to_string(error.source().begin.line) + ": " + std::string(error.description()));
  }
}

Result<json> pairs_of(const char* flag, const std::vector<std::string>& words) {
  json object = json::object();
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) return fail(Errc::invalid_argument, std::string(flag) + " " + word + ": it is no NAME=VALUE");
    object[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return object;
}

/// What the flags ask for, as the same JSON that a file has: one set of rules for both.
Result<std::string> json_of_flags(const SubmitFlags& flags) {
  const Spec& spec = flags.defaults;
  auto env = pairs_of("--env", flags.env);
  auto labels = pairs_of("--label", flags.labels);
  if (!env) return fail(env.error());
  if (!labels) return fail(labels.error());
  json job{{"id", flags.id},
           {"command", flags.command},
           {"env", *env},
           {"directory", flags.directory},
           {"labels", *labels},
           {"anti_affinity", flags.anti_affinity},
           {"spread", flags.spread},
           {"after", flags.after},
           {"priority", spec.priority},
           {"attempts_max", spec.attempts_max},
           {"backoff_ms", spec.backoff_ms},
           {"timeout_ms", spec.timeout_ms},
           {"count", spec.count},
           {"idempotency_key", flags.key}};
  job["resources"] = {
      {"cpu_milli", spec.resources.cpu_milli}, {"memory_mib", spec.resources.memory_mib}, {"slots", spec.resources.slots}};
  return job.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Submission> submission_of(const SubmitFlags& flags) {
  Result<std::string> text = flags.file.empty() ? json_of_flags(flags) : read_file(flags.file);
  if (text && flags.file.ends_with(".toml")) text = json_of_toml(*text);
  if (!text) return fail(text.error());
  return parse_submission(*text);
}

int submit(const GlobalFlags& global, const SubmitFlags& flags) {
  auto submission = submission_of(flags);
  if (!submission) return report(submission.error());
  auto session = Session::open(global, "submit");
  if (!session) return report(session.error());
  const auto submitted =
      session->wait_for<Board::Submitted>([&](Call call) { return session->board().submit(*submission, std::move(call)); });
  if (!submitted) return report(submitted.error());
  if (global.json) {
    std::printf("%s\n", json{{"jobs", submitted->specs}, {"new", submitted->is_new}}.dump().c_str());
    return exit_ok;
  }
  for (const std::string& id : submitted->specs) std::printf("%s\n", id.c_str());
  if (!submitted->is_new) std::fprintf(stderr, "they were submitted before under the same idempotency key\n");
  return exit_ok;
}

int changed(const Result<std::uint64_t>& count, const char* what) {
  if (!count) return report(count.error());
  std::printf("%llu %s\n", static_cast<unsigned long long>(*count), what);
  return *count == 0 ? exit_condition : exit_ok;
}

int done(const Result<bool>& result) {
  if (!result) return report(result.error());
  return *result ? exit_ok : exit_condition;
}

}  // namespace

void add_submit(CLI::App& app, Verb& verb) {
  auto* const command =
      app.add_subcommand("submit", "gives work: from flags, or from a JSON or TOML file; prints the names of the jobs");
  const auto flags = std::make_shared<SubmitFlags>();
  Spec& spec = flags->defaults;
  command->add_option("-f,--file", flags->file, "FILE.json, FILE.toml, or - for JSON on standard input");
  command->add_option("--id", flags->id, "the job's name; else one is made up");
  command->add_option("--idempotency-key", flags->key, "submitting the same again under this key does nothing");
  command->add_option("--priority", spec.priority, "0 to 99, the highest first")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--cpu-milli", spec.resources.cpu_milli, "thousandths of a processor")->check(CLI::NonNegativeNumber);
  command->add_option("--memory-mib", spec.resources.memory_mib, "memory, which is also the limit it runs under")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--slots", spec.resources.slots)->check(CLI::NonNegativeNumber)->capture_default_str();
  command->add_option("--label", flags->labels, "NAME=VALUE that the agent must have")->allow_extra_args(false);
  command->add_option("--anti-affinity", flags->anti_affinity, "no two jobs of this group on one agent");
  command->add_option("--spread", flags->spread, "the label to spread the elements of an array over");
  command->add_option("--attempts", spec.attempts_max, "how often it may fail before it is dead")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--backoff-ms", spec.backoff_ms, "pause after the first failure; doubles")->capture_default_str();
  command->add_option("--timeout-ms", spec.timeout_ms, "of one run")->check(CLI::NonNegativeNumber);
  command->add_option("--array", spec.count, "so many jobs NAME.0, NAME.1, ...; each has its number in CONCLAVE_INDEX")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--after", flags->after, "jobs that must have succeeded before")->allow_extra_args(false);
  command->add_option("--env", flags->env, "NAME=VALUE")->allow_extra_args(false);
  command->add_option("--directory", flags->directory, "where it runs; else in a directory of its own");
  command->add_option("command", flags->command, "the command and its words, after --");
  command->callback([flags, &verb] { verb = [flags](const GlobalFlags& global) { return submit(global, *flags); }; });
}

void add_changing(CLI::App& app, Verb& verb) {
  struct Named {
    std::string name;
    double within = 600;
    std::string reason;
  };
  const auto add = [&](const char* word, const char* help, const char* what, auto act) {
    auto* const command = app.add_subcommand(word, help);
    const auto named = std::make_shared<Named>();
    if (*what != '\0') command->add_option(what, named->name)->required();
    command->callback([named, act, &verb] {
      verb = [named, act](const GlobalFlags& global) {
        auto session = Session::open(global, "conclave-scheduler");
        if (!session) return report(session.error());
        return act(*session, *named);
      };
    });
    return std::pair(command, named);
  };
  add("cancel", "calls a job off, or a whole array", "job", [](const Session& session, const Named& named) {
    return changed(session.wait_for<std::uint64_t>([&](Call call) { return session.board().cancel(named.name, std::move(call)); }),
                   "cancelled or asked to stop");
  });
  add("retry", "lets dead or cancelled jobs begin anew", "job", [](const Session& session, const Named& named) {
    return changed(session.wait_for<std::uint64_t>([&](Call call) { return session.board().retry(named.name, std::move(call)); }),
                   "begin anew");
  });
  add("discard", "forgets a job, or an array, that is final", "job", [](const Session& session, const Named& named) {
    return done(session.wait_for<bool>([&](Call call) { return session.board().discard(named.name, std::move(call)); }));
  });
  const auto [drain, flags] = add("drain", "gives an agent no new work", "agent", [](const Session& session, const Named& named) {
    if (const auto good = check_word("agent", named.name); !good) return report(good.error());
    const DrainRecord record{static_cast<std::uint64_t>(milliseconds_of(named.within).count()), named.reason};
    return done(session.wait_for<bool>([&](Call call) { return session.board().drain(named.name, record, std::move(call)); }));
  });
  drain->add_option("--within", flags->within, "seconds; then what still runs goes elsewhere")->capture_default_str();
  drain->add_option("--reason", flags->reason, "shown to others");
  add("undrain", "gives an agent work again", "agent", [](const Session& session, const Named& named) {
    return done(session.wait_for<bool>([&](Call call) { return session.board().undrain(named.name, std::move(call)); }));
  });
  add("unfreeze", "gives up the agents that are gone: their work goes elsewhere", "", [](const Session& session, const Named&) {
    const auto count = session.wait_for<std::uint64_t>([&](Call call) { return session.board().unfreeze(std::move(call)); });
    if (!count) return report(count.error());
    std::printf("%llu agents given up\n", static_cast<unsigned long long>(*count));
    return exit_ok;
  });
}

}  // namespace conclave::scheduler
