#include "v2_members.hpp"

#include "conclave/gateway_core/hex.hpp"
#include "v2_api.hpp"

namespace conclave::gateway {
namespace {

void write_member(JsonWriter& json, const raft::Member& member, const MemberUrls& urls) {
  json.text("id", hex(member.id.value()));
  json.text("name", member.name);
  json.begin_array("peerURLs");
  json.element_text((urls.peer_tls ? "https://" : "http://") + member.peer_address);
  json.end_array();
  json.begin_array("clientURLs");
  if (!member.http_address.empty()) json.element_text((urls.client_tls ? "https://" : "http://") + member.http_address);
  json.end_array();
}

using RenderMembers = Answer (*)(const engine::ReplyHeader&, const raft::Membership&, const MemberUrls&);

/// Answers with what `render` makes of the members.
http::Handler members_handler(const CallContext& context, RenderMembers render) {
  return [&context, render](const http::ExchangePtr& exchange) {
    context.link.ask(exchange->request().remote.common_name, engine::MemberListRequest{},
                     [&context, render, exchange](const engine::ReplyHeader& header, const engine::ReplyBody& body) {
                       const auto* list = std::get_if<engine::MemberListReply>(&body);
                       if (list == nullptr) return reply_v2(context, exchange, {500, "{\"message\":\"Internal Server Error\"}\n"});
                       reply_v2(context, exchange, render(header, list->membership, context.settings.urls));
                     });
  };
}

Answer member_list(const engine::ReplyHeader&, const raft::Membership& membership, const MemberUrls& urls) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.begin_array("members");
  for (const raft::Member& member : membership.members) {
    json.begin_object();
    write_member(json, member, urls);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return done(out + "\n");
}

Answer leader(const engine::ReplyHeader& header, const raft::Membership& membership, const MemberUrls& urls) {
  for (const raft::Member& member : membership.members) {
    if (member.id != header.leader) continue;
    std::string out;
    JsonWriter json(out);
    json.begin_object();
    write_member(json, member, urls);
    json.end_object();
    return done(out + "\n");
  }
  return {503, "{\"message\":\"During election\"}\n"};
}

Answer leader_stats(const engine::ReplyHeader& header, const raft::Membership& membership, const MemberUrls&) {
  if (header.leader != header.member) return {403, "{\"message\":\"not current leader\"}\n"};
  return done(v2::leader_json(header.leader, membership));
}

/// Text, not JSON.
void machines(const CallContext& context, const http::ExchangePtr& exchange) {
  context.link.ask(exchange->request().remote.common_name, engine::MemberListRequest{},
                   [&context, exchange](const engine::ReplyHeader&, const engine::ReplyBody& body) {
                     const auto* list = std::get_if<engine::MemberListReply>(&body);
                     std::string out;
                     const std::string scheme = context.settings.urls.client_tls ? "https://" : "http://";
                     if (list != nullptr) {
                       for (const raft::Member& member : list->membership.members) {
                         if (!member.http_address.empty())
                           out.append(out.empty() ? "" : ", ").append(scheme).append(member.http_address);
                       }
                     }
                     exchange->reply({200, out, "text/plain", {{"X-Etcd-Cluster-Id", hex(context.settings.cluster.value())}}});
                   });
}

/// The same words for whoever asks.
void say(http::Router& router, const CallContext& context, const std::string& method, const std::string& path, Answer answer) {
  router.add(method, path,
             [&context, answer = std::move(answer)](const http::ExchangePtr& exchange) { reply_v2(context, exchange, answer); });
}

void add_auth(http::Router& router, const CallContext& context) {
  const Answer unsupported{501,
                           "{\"message\":\"conclave: users and roles are not supported; clients are told apart by their "
                           "certificates\"}\n"};
  say(router, context, "GET", "/v2/auth/enable", done("{\"enabled\":false}\n"));
  for (const char* const path :
       {"/v2/auth/enable", "/v2/auth/users", "/v2/auth/users/{name}", "/v2/auth/roles", "/v2/auth/roles/{name}"}) {
    for (const char* const method : {"GET", "PUT", "DELETE"}) say(router, context, method, path, unsupported);
    add_other_methods(router, path, "GET,PUT,DELETE");
  }
}

}  // namespace

void add_other_methods(http::Router& router, const std::string& path, const std::string& allowed) {
  router.add("*", path, [allowed](const http::ExchangePtr& exchange) {
    exchange->reply({405, "Method Not Allowed\n", "text/plain; charset=utf-8", {{"Allow", allowed}}});
  });
}

void add_members(http::Router& router, const CallContext& context) {
  const Answer by_ctl{501, "{\"message\":\"conclave: members are added and removed with conclavectl member\"}\n"};
  router.add("GET", "/v2/members", members_handler(context, member_list));
  say(router, context, "POST", "/v2/members", by_ctl);
  add_other_methods(router, "/v2/members", "GET,POST");
  router.add("GET", "/v2/members/leader", members_handler(context, leader));
  add_other_methods(router, "/v2/members/leader", "GET");
  for (const char* const method : {"PUT", "DELETE"}) say(router, context, method, "/v2/members/{id}", by_ctl);
  add_other_methods(router, "/v2/members/{id}", "PUT,DELETE");
  for (const char* const method : {"GET", "HEAD"})
    router.add(method, "/v2/machines", [&context](const http::ExchangePtr& exchange) { machines(context, exchange); });
  add_other_methods(router, "/v2/machines", "GET,HEAD");
  add_auth(router, context);
}

void add_leader_stats(http::Router& router, const CallContext& context) {
  router.add("GET", "/v2/stats/leader", members_handler(context, leader_stats));
  add_other_methods(router, "/v2/stats/leader", "GET");
}

}  // namespace conclave::gateway
