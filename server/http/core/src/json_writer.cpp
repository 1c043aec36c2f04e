#include "conclave/gateway_core/json_writer.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "conclave/gateway_core/base64.hpp"

namespace conclave::gateway {
namespace {

template <class Number>
void append_number(std::string& out, Number value) {
  char digits[24];
  const auto [end, failed] = std::to_chars(digits, digits + sizeof digits, value);
  static_cast<void>(failed);  // 24 characters hold every number of 64 bits
  out.append(digits, end);
}

}  // namespace

void JsonWriter::separate() {
  if (out_.empty()) return;
  const char last = out_.back();
  if (last != '{' && last != '[' && last != ':' && last != '\n') out_.push_back(',');
}

void JsonWriter::key(std::string_view name) {
  separate();
  out_.push_back('"');
  out_.append(name);
  out_.append("\":");
}

void JsonWriter::quoted(std::string_view value) {
  out_.append(nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void JsonWriter::u64_always(std::string_view name, std::uint64_t value) {
  key(name);
  out_.push_back('"');
  append_number(out_, value);
  out_.push_back('"');
}

void JsonWriter::i64(std::string_view name, std::int64_t value) {
  if (value == 0) return;
  key(name);
  out_.push_back('"');
  append_number(out_, value);
  out_.push_back('"');
}

void JsonWriter::number(std::string_view name, std::uint64_t value) {
  key(name);
  append_number(out_, value);
}

void JsonWriter::signed_number(std::string_view name, std::int64_t value) {
  key(name);
  append_number(out_, value);
}

void JsonWriter::boolean(std::string_view name, bool value) {
  if (!value) return;
  key(name);
  out_.append("true");
}

void JsonWriter::bytes(std::string_view name, ByteView value) {
  if (value.empty()) return;
  key(name);
  out_.push_back('"');
  append_base64(out_, value);
  out_.push_back('"');
}

void JsonWriter::text(std::string_view name, std::string_view value) {
  key(name);
  quoted(value);
}

void JsonWriter::element_bytes(ByteView value) {
  separate();
  out_.push_back('"');
  append_base64(out_, value);
  out_.push_back('"');
}

void JsonWriter::element_text(std::string_view value) {
  separate();
  quoted(value);
}

}  // namespace conclave::gateway
