#include "txn_input.hpp"

#include <charconv>
#include <map>

namespace conclave::ctl {
namespace {

Unexpected bad(const std::string& text) { return fail(Errc::invalid_argument, text); }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// A quoted part that starts at `at`, which is left behind its end.
Result<std::string> read_quoted(const std::string& line, std::size_t& at) {
  const char quote = line[at++];
  std::string text;
  for (; at < line.size(); ++at) {
    char c = line[at];
    if (c == quote) {
      ++at;
      return text;
    }
    if (c == '\\' && quote == '"' && at + 1 < line.size()) {
      c = line[++at];
      if (c == 'n')
        c = '\n';
      else if (c == 't')
        c = '\t';
      else if (c == 'x' && at + 2 < line.size() && hex_digit(line[at + 1]) >= 0 && hex_digit(line[at + 2]) >= 0) {
        c = static_cast<char>(hex_digit(line[at + 1]) * 16 + hex_digit(line[at + 2]));
        at += 2;
      }
    }
    text.push_back(c);
  }
  return bad("a quote is not closed in: " + line);
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// Flags (--name, --name=value) taken out of the words.
std::map<std::string, std::string> take_flags(std::vector<std::string>& words) {
  std::map<std::string, std::string> flags;
  std::erase_if(words, [&](const std::string& word) {
    if (word.size() < 3 || word.compare(0, 2, "--") != 0) return false;
    const std::size_t equals = word.find('=');
    flags[word.substr(2, equals == std::string::npos ? equals : equals - 2)] =
        equals == std::string::npos ? "true" : word.substr(equals + 1);
    return true;
  });
  return flags;
}

bool take(std::map<std::string, std::string>& flags, const std::string& name) { return flags.erase(name) > 0; }

Result<Op> finish(Op op, const std::map<std::string, std::string>& left) {
  if (!left.empty()) return bad("unknown flag --" + left.begin()->first);
  return op;
}

Result<Op> parse_put(std::vector<std::string> words, std::map<std::string, std::string> flags) {
  if (words.size() != 3) return bad("put takes a key and a value");
  PutOp op;
  op.key = words[1];
  op.value = words[2];
  op.want_previous = take(flags, "prev-kv");
  op.ignore_value = take(flags, "ignore-value");
  op.ignore_lease = take(flags, "ignore-lease");
  op.sequence = take(flags, "sequence");
  if (const auto lease = flags.find("lease"); lease != flags.end()) {
    const auto id = parse_number(lease->second, "--lease");
    if (!id) return fail(id.error());
    op.lease = LeaseId(*id);
    flags.erase(lease);
  }
  return finish(op, flags);
}

Result<Keys> parse_keys(const std::vector<std::string>& words, std::map<std::string, std::string>& flags) {
  if (words.size() < 2 || words.size() > 3) return bad(words[0] + " takes a key and perhaps the end of a range");
  const bool prefix = take(flags, "prefix");
  const bool from_key = take(flags, "from-key");
  return select_keys(words[1], words.size() == 3 ? words[2] : std::string(), prefix, from_key);
}

}  // namespace

Keys select_keys(const std::string& key, const std::string& range_end, bool prefix, bool from_key) {
  if (prefix) return Keys::prefix(key);
  if (from_key) return Keys::from(key);
  return range_end.empty() ? Keys::one(key) : Keys::range(key, range_end);
}

Result<std::uint64_t> parse_number(const std::string& text, const std::string& what) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return bad(what + ": '" + text + "' is not a whole number");
  return number;
}

Result<std::vector<std::string>> split_words(const std::string& line) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < line.size();) {
    if (is_blank(line[at])) {
      ++at;
      continue;
    }
    std::string word;
    while (at < line.size() && !is_blank(line[at])) {
      if (line[at] != '"' && line[at] != '\'') {
        word.push_back(line[at++]);
        continue;
      }
      auto quoted = read_quoted(line, at);
      if (!quoted) return fail(quoted.error());
      word += *quoted;
    }
    words.push_back(std::move(word));
  }
  return words;
}

Result<Compare> parse_compare(const std::string& line) {
  static const std::map<std::string, Compare::Target> targets = {
      {"version", Compare::Target::version}, {"ver", Compare::Target::version}, {"create", Compare::Target::create},
      {"c", Compare::Target::create},        {"mod", Compare::Target::mod},     {"m", Compare::Target::mod},
      {"value", Compare::Target::value},     {"val", Compare::Target::value},   {"lease", Compare::Target::lease},
      {"exists", Compare::Target::existence}};
  static const std::map<std::string, Compare::Relation> relations = {{"=", Compare::Relation::equal},
                                                                     {"!=", Compare::Relation::not_equal},
                                                                     {"<", Compare::Relation::less},
                                                                     {">", Compare::Relation::greater}};
  const std::size_t open = line.find('(');
  if (open == std::string::npos) return bad("a compare looks like mod(\"k\") = \"3\", not: " + line);
  const std::size_t first = line.find_first_not_of(" \t");
  const auto target = targets.find(line.substr(first, open - first));
  if (target == targets.end())
    return bad("'" + line.substr(first, open - first) + "' is none of version, create, mod, value, lease, exists");
  std::size_t at = open + 1;
  if (at >= line.size() || (line[at] != '"' && line[at] != '\'')) return bad("the key of a compare stands in quotes: " + line);
  auto key = read_quoted(line, at);
  if (!key) return fail(key.error());
  if (at >= line.size() || line[at] != ')') return bad("')' is missing in: " + line);
  const auto rest = split_words(line.substr(at + 1));
  if (!rest) return fail(rest.error());
  if (rest->size() != 2) return bad("a compare looks like mod(\"k\") = \"3\", not: " + line);
  const auto relation = relations.find(rest->front());
  if (relation == relations.end()) return bad("'" + rest->front() + "' is none of =, !=, <, >");
  Compare compare{Keys::one(std::move(*key)), target->second, relation->second, 0, {}};
  if (target->second == Compare::Target::value) {
    compare.value = rest->back();
    return compare;
  }
  const auto number = parse_number(rest->back(), target->first);
  if (!number) return fail(number.error());
  compare.number = *number;
  return compare;
}

Result<Op> parse_op(const std::string& line) {
  auto words = split_words(line);
  if (!words) return fail(words.error());
  auto flags = take_flags(*words);
  if (words->empty()) return bad("an operation is missing in: " + line);
  const std::string verb = words->front();
  if (verb == "put") return parse_put(std::move(*words), std::move(flags));
  if (verb != "get" && verb != "del") return bad("'" + verb + "' is none of put, get, del");
  auto keys = parse_keys(*words, flags);
  if (!keys) return fail(keys.error());
  if (verb == "del") {
    const bool previous = take(flags, "prev-kv");
    return finish(DeleteOp{std::move(*keys), previous}, flags);
  }
  RangeOp range;
  range.keys = std::move(*keys);
  range.keys_only = take(flags, "keys-only");
  range.count_only = take(flags, "count-only");
  if (const auto limit = flags.find("limit"); limit != flags.end()) {
    const auto number = parse_number(limit->second, "--limit");
    if (!number) return fail(number.error());
    range.limit = *number;
    flags.erase(limit);
  }
  return finish(std::move(range), flags);
}

Result<Txn> read_txn(std::istream& input) {
  Txn txn;
  int section = 0;
  int number = 0;
  for (std::string line; std::getline(input, line);) {
    ++number;
    const bool empty = line.find_first_not_of(" \t\r") == std::string::npos;
    if (empty) {
      if (++section > 2) break;
      continue;
    }
    const auto where = [&](const Error& error) { return bad("line " + std::to_string(number) + ": " + error.context); };
    if (section == 0) {
      auto compare = parse_compare(line);
      if (!compare) return where(compare.error());
      txn.when(std::move(*compare));
      continue;
    }
    auto op = parse_op(line);
    if (!op) return where(op.error());
    if (section == 1)
      txn.then(std::move(*op));
    else
      txn.otherwise(std::move(*op));
  }
  return txn;
}

}  // namespace conclave::ctl
