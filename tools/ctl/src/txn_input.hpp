#pragma once

#include <istream>
#include <string>
#include <vector>

#include "conclave/base/result.hpp"
#include "conclave/client/types.hpp"

/// The text form of a transaction, in the manner of etcdctl: compares, a blank line, operations if they hold, a blank line,
/// operations if not.
///
///     mod("k") = "3"                      also create, version, value, lease, exists; =, !=, <, >
///
///     put k "a value" --lease=5           get KEY [RANGE_END] [--prefix] [--limit=N] [--keys-only]
///     del k2 --prefix                     del KEY [RANGE_END] [--prefix] [--prev-kv]
///
///     get k
namespace conclave::ctl {

/// Words of a line: separated by blanks, in "..." with \n \t \" \\ \xHH or in '...' as they are.
[[nodiscard]] Result<std::vector<std::string>> split_words(const std::string& line);
[[nodiscard]] Result<Compare> parse_compare(const std::string& line);
[[nodiscard]] Result<Op> parse_op(const std::string& line);
/// Errors name the line.
[[nodiscard]] Result<Txn> read_txn(std::istream& input);

/// KEY, KEY RANGE_END, with --prefix: as etcdctl reads them.
[[nodiscard]] Keys select_keys(const std::string& key, const std::string& range_end, bool prefix, bool from_key);
[[nodiscard]] Result<std::uint64_t> parse_number(const std::string& text, const std::string& what);

}  // namespace conclave::ctl
