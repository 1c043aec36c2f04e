#include "conclave/gateway_core/json_splitter.hpp"

namespace conclave::gateway {
namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

bool JsonSplitter::feed(ByteView piece, Problem& problem) {
  for (const char c : piece) {
    if (broken_) return false;
    broken_ = !take(c, problem);
    ++offset_;
  }
  return !broken_;
}

bool JsonSplitter::take(char c, Problem& problem) {
  if (depth_ == 0) {
    if (is_space(c)) return true;
    if (c != '{') {
      note(problem, Code::invalid_argument,
           "invalid JSON: a request is an object; byte " + std::to_string(offset_) + " begins none");
      return false;
    }
  }
  if (pending_.size() == limits_.message_bytes_max) {
    note(problem, Code::invalid_argument, "etcdserver: request is too large");
    return false;
  }
  pending_.push_back(c);
  if (in_string_) {
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      in_string_ = false;
    }
    return true;
  }
  if (c == '"') {
    in_string_ = true;
  } else if (c == '{' || c == '[') {
    if (++depth_ > limits_.depth_max) {
      note(problem, Code::invalid_argument, "invalid JSON: nested deeper than " + std::to_string(limits_.depth_max));
      return false;
    }
  } else if ((c == '}' || c == ']') && --depth_ == 0) {
    ready_.push_back(std::move(pending_));
    pending_.clear();
  }
  return true;
}

std::optional<std::string> JsonSplitter::next() {
  if (given_ == ready_.size()) {
    ready_.clear();
    given_ = 0;
    return std::nullopt;
  }
  return std::move(ready_[given_++]);
}

}  // namespace conclave::gateway
