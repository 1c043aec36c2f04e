#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/app/options.hpp"
#include "conclave/base/result.hpp"

namespace conclave::app {

/// One flag and, under the same name, one key of the TOML file.
struct OptionSpec {
  std::string name;        ///< without the dashes
  std::string value_name;  ///< empty: a switch
  std::string help;        ///< with unit, what is allowed and the default
  std::string allowed;     ///< for the message about a wrong value
  std::function<Result<void>(Options&, std::string_view)> set;
};

/// All of them, in the order of the help text.
[[nodiscard]] const std::vector<OptionSpec>& option_table();

/// Sets one; the error names the flag, the value and what is allowed.
[[nodiscard]] Result<void> set_option(Options& options, const OptionSpec& spec, std::string_view value);

/// Fills in what was left out and checks what belongs together.
[[nodiscard]] Result<void> complete(Options& options);

}  // namespace conclave::app
