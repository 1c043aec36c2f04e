#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "conclave/base/bytes.hpp"
#include "conclave/base/ids.hpp"

namespace conclave::mvcc {

class KeyValue;
using KeyValuePtr = std::shared_ptr<const KeyValue>;

/// One version of one key: immutable, shared between the store, responses, events, history and the state thread. It lies in one
/// piece of memory: counts, numbers, key and value; make_key_value() is the only way to make one.
class KeyValue {
 public:
  static constexpr std::size_t overhead_bytes = 96;  ///< what a version takes beside its key and value, about
  struct Versions {
    Revision create;            ///< the revision that created the key (again, after a delete)
    Revision mod;               ///< the revision of this version
    std::uint64_t version = 0;  ///< counts changes since create, from 1
    LeaseId lease;              ///< zero: hangs on none
    bool operator==(const Versions&) const = default;
  };

  KeyValue(const KeyValue&) = delete;
  KeyValue& operator=(const KeyValue&) = delete;
  [[nodiscard]] ByteView key() const { return {bytes_, key_size_}; }
  [[nodiscard]] ByteView value() const { return {bytes_ + key_size_, value_size_}; }
  [[nodiscard]] const Versions& versions() const { return versions_; }
  [[nodiscard]] Revision create_revision() const { return versions_.create; }
  [[nodiscard]] Revision mod_revision() const { return versions_.mod; }
  [[nodiscard]] std::uint64_t version() const { return versions_.version; }
  [[nodiscard]] LeaseId lease() const { return versions_.lease; }
  /// Bytes it counts for in quota and history window: the same on every platform, because the quota is a replicated rule.
  [[nodiscard]] std::size_t size() const { return key_size_ + value_size_ + overhead_bytes; }
  /// Of key, value and numbers; counted once, while the bytes are at hand.
  [[nodiscard]] std::uint64_t digest() const { return digest_; }
  bool operator==(const KeyValue& other) const {
    return key() == other.key() && value() == other.value() && versions_ == other.versions_;
  }

  /// For make_key_value(): the memory behind the object, which is large enough for both.
  struct Memory {
    char* bytes = nullptr;
  };
  KeyValue(const Memory& memory, ByteView key, ByteView value, const Versions& versions);

 private:
  const char* bytes_;  // the key, then the value
  std::size_t key_size_;
  std::size_t value_size_;
  Versions versions_;
  std::uint64_t digest_;
};

[[nodiscard]] KeyValuePtr make_key_value(ByteView key, ByteView value, const KeyValue::Versions& versions);

enum class EventKind : std::uint8_t { put, erase };
/// Why a key went away.
enum class EventCause : std::uint8_t { request, lease_expired, lease_revoked };

struct Event {
  EventKind kind = EventKind::put;
  EventCause cause = EventCause::request;
  KeyValuePtr kv;    ///< put: the new version. erase: key and mod revision of the delete, create revision 0, version 0, no value
  KeyValuePtr prev;  ///< the version before, if the key existed
  [[nodiscard]] bool is_create() const { return kind == EventKind::put && kv->version() == 1; }
};

/// Everything one revision changed, in the order of the request's operations; no key twice. Immutable and shared.
struct EventBatch {
  Revision revision;
  std::vector<Event> events;
  [[nodiscard]] std::size_t size() const;  ///< bytes for the history window
};
using EventBatchPtr = std::shared_ptr<const EventBatch>;

}  // namespace conclave::mvcc
