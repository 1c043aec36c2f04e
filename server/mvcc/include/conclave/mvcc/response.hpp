#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "conclave/base/error.hpp"
#include "conclave/base/time.hpp"
#include "conclave/mvcc/key_value.hpp"

namespace conclave::mvcc {

struct RangeResult {
  std::vector<KeyValuePtr> kvs;
  std::uint64_t count = 0;      ///< keys that match, limits left aside; filters by revision count
  bool more = false;            ///< a limit cut the answer
  std::string next_key;         ///< where to go on when `more` and sorted by key, ascending; read at the answer's revision
  bool keys_only = false;       ///< the values are not part of the answer
};
struct PutResult {
  std::string key;              ///< only for a sequence put: the completed key
  KeyValuePtr prev;
};
struct DeleteResult {
  std::uint64_t deleted = 0;
  std::vector<KeyValuePtr> prev;
};
struct OpResult;
struct TxnResult {
  bool succeeded = false;
  std::vector<OpResult> results;
};
struct OpResult {
  std::variant<RangeResult, PutResult, DeleteResult, TxnResult> body;
};

struct LeaseGranted {
  LeaseId id;
  milliseconds ttl{};
};
struct LeaseRevoked {
  std::uint64_t keys_deleted = 0;
};
struct LeaseRenewed {
  struct Row {
    LeaseId id;
    milliseconds ttl{};  ///< zero: no such lease, or dead
  };
  std::vector<Row> rows;  ///< in the order of the request
};
struct SessionOpened {
  LeaseId id;
  milliseconds ttl{};
};
struct SessionClosed {};
struct Compacted {
  Revision revision;
};
struct Done {};  ///< of internal commands

/// A repeat of a request whose outcome was too large to keep: it was applied, once.
struct AppliedEarlier {
  bool succeeded = false;  ///< of a transaction
};

struct Refused {
  Errc code = Errc::internal;
  std::string context;
  Revision compacted;  ///< for Errc::compacted: the oldest readable revision
};

using ResponseBody = std::variant<Refused, RangeResult, PutResult, DeleteResult, TxnResult, LeaseGranted, LeaseRevoked, LeaseRenewed,
                                  SessionOpened, SessionClosed, Compacted, Done, AppliedEarlier>;

/// The outcome of one command or read.
struct Response {
  Revision revision;  ///< of the store after the command (of a repeat: as it was when it was applied)
  ResponseBody body;
  [[nodiscard]] bool refused() const { return std::holds_alternative<Refused>(body); }
};
using ResponsePtr = std::shared_ptr<const Response>;

/// Bytes the response takes on the wire, roughly and never too few.
[[nodiscard]] std::size_t size_of(const Response& response);

struct LeaseInfo {
  LeaseId id;
  milliseconds granted{};    ///< the TTL
  milliseconds remaining{};  ///< zero: dead
  std::string owner;
  std::string note;
  bool session = false;
  std::uint64_t key_count = 0;
  std::vector<std::string> keys;  ///< only where asked for
};

}  // namespace conclave::mvcc
