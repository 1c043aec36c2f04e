#include "conclave/scheduler_api/trouble.hpp"

#include "conclave/http_core/response.hpp"

namespace conclave::scheduler::api {
namespace {

struct Kind {
  int status;
  const char* kind;
};

Kind kind_of(Errc code) {
  switch (code) {
    case Errc::invalid_argument: return {400, "invalid"};
    case Errc::malformed: return {400, "malformed"};
    case Errc::too_large: return {413, "too_large"};
    case Errc::key_not_found: return {404, "not_found"};
    case Errc::already_exists: return {409, "conflict"};
    case Errc::overloaded: return {503, "overloaded"};
    case Errc::no_space: return {507, "no_space"};
    default: return {503, "store"};
  }
}

}  // namespace

Trouble trouble_of(const Error& error) {
  const auto [status, kind] = kind_of(error.code);
  Trouble trouble{status, kind, {}, error.context, error.certainty() == Certainty::unknown};
  if (status >= 500 || error.context.empty()) {
    trouble.what = error.message();
    return trouble;
  }
  const auto colon = error.context.find(": ");
  const std::string_view where = std::string_view(error.context).substr(0, colon);
  const bool is_place = where.find(' ') == std::string_view::npos || where.starts_with("the ");  // "the submission", no sentence
  if (colon != std::string::npos && is_place) {
    trouble.where = error.context.substr(0, colon);
    trouble.what = error.context.substr(colon + 2);
  }
  return trouble;
}

Trouble trouble_of(const http::Refusal& refusal) { return {refusal.status, refusal.kind, {}, refusal.text, false}; }

std::string to_json(const Trouble& trouble) {
  const std::string error = trouble.where.empty() ? trouble.what : trouble.where + ": " + trouble.what;
  std::string text = "{\"error\":" + http::json_quote(error) + ",\"kind\":" + http::json_quote(trouble.kind) +
                     ",\"where\":" + http::json_quote(trouble.where) + ",\"what\":" + http::json_quote(trouble.what);
  if (trouble.is_unknown) text += ",\"outcome\":\"unknown\"";
  return text + "}\n";
}

}  // namespace conclave::scheduler::api
