#include <memory>

#include "commands.hpp"
#include "conclave/locksmith/adoption.hpp"
#include "conclave/locksmith_report/text.hpp"
#include "old_spelling.hpp"

namespace conclave::locksmith::ctl {
namespace {

int run_import(Session& session, const std::string& path) {
  const auto text = read_input(path, old_semaphore_bytes_max);
  if (!text) return report_error(text.error());
  const auto old = old_semaphore_of(*text);
  if (!old) return report_error(old.error());
  const auto adopted = adopt(session.client(), session.group_name(), {old->max, old->holders, session.by()}, session.wait());
  if (!adopted && adopted.error().code == Errc::already_exists) return refuse(adopted.error().context);
  if (!adopted) return report_error(adopted.error());
  Group group = session.group();
  return show_changed(session, group,
                      "group " + group.name() + " has " + report::count_text(old->max, "slot") + " and " +
                          report::count_text(old->holders.size(), "holder") + " now\n");
}

}  // namespace

void add_import(CLI::App& app, Run& run) {
  auto path = std::make_shared<std::string>();
  CLI::App* import = app.add_subcommand("import", "Take over the semaphore of locksmith 0.6 or airlock, as JSON");
  import->add_option("FILE", *path, "what their key had as its value; standard input if it is left out");
  import->callback([path, &run] { run = [path](Session& session) { return run_import(session, *path);
};
}  // namespace conclave::locksmith::ctl
);
}

}  // namespace conclave::locksmith::ctl
