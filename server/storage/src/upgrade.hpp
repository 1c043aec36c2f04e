#pragma once

#include "conclave/base/log_sink.hpp"
#include "conclave/storage/options.hpp"
#include "durable_mark.hpp"
#include "identity.hpp"

namespace conclave::storage {

/// Brings a directory of format 1, whose log stood in the database, to the newest format; does nothing in a newer one. Crash
/// argument: the new log is whole before it gets its name, and the format is raised last; until then the old log is untouched and
/// counts.
[[nodiscard]] Result<void> upgrade_directory(DataDirectory& directory, const DurableMark& mark, const Options& options,
                                             LogSink& log);
/// Removes what format 1 left in the database that is not read any more.
[[nodiscard]] Result<void> remove_legacy_files(const std::filesystem::path& database);

}  // namespace conclave::storage
