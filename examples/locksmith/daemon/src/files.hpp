#pragma once

#include <optional>
#include <string>

#include "conclave/base/result.hpp"
#include "conclave/locksmith_core/journal.hpp"

namespace conclave::locksmith::daemon {

/// Puts a file in place whole or not at all, for good if `durable`: written beside it, flushed, renamed, the directory flushed.
[[nodiscard]] Result<void> replace_file(const std::string& path, const std::string& bytes, bool durable);

/// The directory of what must survive, for one daemon at a time.
class StateDirectory {
 public:
  /// Makes it if there is none. Errors: io_error; already_exists if another daemon uses it.
  [[nodiscard]] static Result<StateDirectory> open(const std::string& path);
  StateDirectory(StateDirectory&& other) noexcept;
  StateDirectory& operator=(StateDirectory&&) = delete;
  ~StateDirectory();

  [[nodiscard]] Result<void> save(const std::string& journal) const;
  /// Nothing if nothing was saved. Errors: corruption with the file and what is wrong with it.
  [[nodiscard]] Result<std::optional<Journal>> load() const;

 private:
  StateDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  [[nodiscard]] std::string journal_path() const { return path_ + "/journal"; }
  std::string path_;
  int lock_;
};

}  // namespace conclave::locksmith::daemon
