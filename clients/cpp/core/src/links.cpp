#include "links.hpp"

#include <algorithm>

namespace conclave::client {
namespace {
constexpr Duration move_pause = seconds(5);  // after a failed move to the leader
}

std::optional<LinkId> Links::serving() const { return main_ && main_->ready ? std::optional(main_->id) : std::nullopt; }

Links::Link Links::start(const std::string& endpoint) {
  Link link{LinkId(next_link_++), endpoint, false, false, {}, 0, shared_.now, shared_.now, {}};
  shared_.act(Connect{link.id, endpoint});
  return link;
}

std::string Links::next_endpoint() {
  const auto& endpoints = shared_.options.endpoints;
  if (!started_) {
    next_endpoint_ = shared_.prng.below(endpoints.size());  // clients spread over the members
    started_ = true;
  }
  // Every few rounds the addresses that members told of are tried too: the configured ones may all be gone.
  std::vector<std::string> all = endpoints;
  if (failures_ >= endpoints.size())
    for (const auto& [member, address] : addresses_)
      if (std::find(all.begin(), all.end(), address) == all.end()) all.push_back(address);
  return all[next_endpoint_++ % all.size()];
}

void Links::on_time(bool may_move) {
  if (closed_) return;
  check(main_);
  check(candidate_);
  if (!main_ && shared_.now >= next_attempt_) main_ = start(next_endpoint());
  move_if_useful(may_move);
}

/// Finds attempts that take too long and links that are silent.
void Links::check(std::optional<Link>& link) {
  if (!link) return;
  const SessionOptions& options = shared_.options;
  if (!link->ready) {
    if (shared_.now - link->since < options.connect_timeout) return;
    shared_.act(Disconnect{link->id});
    const Error why{Errc::connection_lost, link->endpoint + " did not answer in time"};
    return (void)(&link == &main_ ? fail_attempt(why) : drop(link));
  }
  const Duration silence = shared_.now - link->last_received;
  if (silence >= options.silence_max) {
    shared_.act(Disconnect{link->id});
    fail_attempt({Errc::connection_lost, link->endpoint + " is silent"});
    pending_news_ = News::lost;
    return;
  }
  if (silence >= options.ping_interval && (!link->pinged || shared_.now - *link->pinged >= options.ping_interval)) {
    link->pinged = shared_.now;
    shared_.act(Send{link->id, protocol::encode_ping(0)});
  }
}

void Links::drop(std::optional<Link>& link) {
  link.reset();
  next_move_ = shared_.now + move_pause;
}

/// The main link is gone: the next one follows after a pause that grows while nothing works.
void Links::fail_attempt(const Error& why) {
  shared_.last_link_error = why.message();
  main_.reset();
  ++failures_;
  if (candidate_ && candidate_->ready) {
    main_ = std::exchange(candidate_, std::nullopt);
    return;
  }
  const std::uint32_t rounds = failures_ / static_cast<std::uint32_t>(std::max<std::size_t>(1, shared_.options.endpoints.size()));
  next_attempt_ = shared_.now + shared_.pause(rounds);
}

void Links::move_if_useful(bool may_move) {
  if (!shared_.options.follow_leader || !main_ || !main_->ready || candidate_ || !may_move || shared_.now < next_move_) return;
  if (leader_.is_zero() || leader_ == main_->member) return;
  const auto address = addresses_.find(leader_);
  if (address == addresses_.end()) return;
  candidate_ = start(address->second);
}

void Links::on_connected(LinkId id) {
  for (std::optional<Link>* link : {&main_, &candidate_}) {
    if (!*link || (*link)->id != id) continue;
    (*link)->connected = true;
    (*link)->last_received = shared_.now;
    protocol::ClientHello hello;
    hello.cluster = shared_.cluster;
    hello.name = shared_.options.owner;
    shared_.act(Send{id, protocol::encode(hello)});
  }
}

Links::News Links::on_control_frame(LinkId id, const protocol::Frame& frame) {
  std::optional<Link>* found = main_ && main_->id == id ? &main_ : candidate_ && candidate_->id == id ? &candidate_ : nullptr;
  if (found == nullptr) return News::none;
  Link& link = **found;
  link.last_received = shared_.now;
  link.pinged.reset();
  switch (frame.kind) {
    case protocol::FrameKind::ping: shared_.act(Send{id, protocol::encode_pong(frame.id)}); return News::none;
    case protocol::FrameKind::farewell: {
      const auto why = protocol::decode_farewell(frame.payload);
      shared_.act(Disconnect{id});
      return on_closed(id, why ? *why : why.error());
    }
    case protocol::FrameKind::server_hello: return on_hello(link, frame);
    default: return News::none;
  }
}

Links::News Links::on_hello(Link& link, const protocol::Frame& frame) {
  const auto hello = protocol::decode_server_hello(frame.payload);
  if (!hello) {
    shared_.act(Disconnect{link.id});
    return on_closed(link.id, hello.error());
  }
  if (!shared_.cluster.is_zero() && hello->cluster != shared_.cluster) {
    shared_.act(Disconnect{link.id});
    return on_closed(link.id, {Errc::wrong_cluster, link.endpoint + " belongs to cluster " + to_string(hello->cluster)});
  }
  shared_.cluster = hello->cluster;
  link.ready = true;
  link.member = hello->member;
  link.features = hello->features;
  requests_max_ = std::max<std::uint32_t>(1, hello->requests_max);
  if (main_ && main_->id == link.id) {
    failures_ = 0;
    if (!hello->leader.is_zero()) leader_ = hello->leader;
    return News::ready;
  }
  // The candidate takes over from the member that served until now.
  shared_.act(Disconnect{main_->id});
  main_ = std::exchange(candidate_, std::nullopt);
  next_move_ = shared_.now + move_pause / 5;
  return News::moved;
}

Links::News Links::on_closed(LinkId id, const Error& why) {
  if (candidate_ && candidate_->id == id) {
    drop(candidate_);
    return News::none;
  }
  if (!main_ || main_->id != id) return News::none;
  const bool was_ready = main_->ready;
  fail_attempt(why);
  if (!was_ready) return News::none;
  next_attempt_ = main_ ? next_attempt_ : shared_.now;  // a link that worked is replaced at once
  return News::lost;
}

Links::News Links::abandon(const Error& why) {
  if (!main_ || !main_->ready || shared_.options.endpoints.size() + addresses_.size() < 2) return News::none;
  shared_.act(Disconnect{main_->id});
  return on_closed(main_->id, why);
}

void Links::learn(const std::vector<Member>& members) {
  addresses_.clear();
  for (const Member& member : members)
    if (!member.client_address.empty()) addresses_[member.id] = member.client_address;
}

void Links::close_all() {
  closed_ = true;
  for (std::optional<Link>* link : {&main_, &candidate_})
    if (*link) shared_.act(Disconnect{(*link)->id});
  main_.reset();
  candidate_.reset();
}

std::optional<Instant> Links::next_deadline() const {
  if (closed_) return std::nullopt;
  std::optional<Instant> earliest;
  const auto consider = [&](Instant at) {
    if (!earliest || at < *earliest) earliest = at;
  };
  if (!main_) consider(next_attempt_);
  for (const std::optional<Link>* link : {&main_, &candidate_}) {
    if (!*link) continue;
    if (!(*link)->ready) {
      consider((*link)->since + shared_.options.connect_timeout);
      continue;
    }
    consider((*link)->pinged.value_or((*link)->last_received) + shared_.options.ping_interval);
    consider((*link)->last_received + shared_.options.silence_max);
  }
  return earliest;
}

}  // namespace conclave::client
