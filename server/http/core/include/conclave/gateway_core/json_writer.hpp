#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "conclave/base/bytes.hpp"

namespace conclave::gateway {

/// Appends JSON as the v3 interface writes it: 64-bit numbers as strings, bytes in base64, zero and empty values left out unless
/// the call says otherwise. Commas are set by what was written before; begin and end must fit.
class JsonWriter {
 public:
  /// `out` outlives the writer.
  explicit JsonWriter(std::string& out) : out_(out) {}

  void begin_object() { separate(), out_.push_back('{'); }
  void begin_object(std::string_view name) { key(name), out_.push_back('{'); }
  void end_object() { out_.push_back('}'); }
  void begin_array(std::string_view name) { key(name), out_.push_back('['); }
  void end_array() { out_.push_back(']'); }

  /// A 64-bit number as a string.
  void u64(std::string_view name, std::uint64_t value) {
    if (value != 0) u64_always(name, value);
  }
  void u64_always(std::string_view name, std::uint64_t value);
  void i64(std::string_view name, std::int64_t value);
  /// A plain number, also when it is zero.
  void number(std::string_view name, std::uint64_t value);
  void signed_number(std::string_view name, std::int64_t value);
  void boolean(std::string_view name, bool value);
  void bytes(std::string_view name, ByteView value);
  /// Also when it is empty; what is no UTF-8 is replaced.
  void text(std::string_view name, std::string_view value);
  void element_text(std::string_view value);
  void element_bytes(ByteView value);

 private:
  void separate();
  void key(std::string_view name);
  void quoted(std::string_view value);

  std::string& out_;
};

}  // namespace conclave::gateway
