#include "raw_client.hpp"

#include <arpa/inet.h>
#include <flatbuffers/flatbuffers.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <vector>

#include "conclave/protocol/client_generated.h"

namespace conclave::test {
namespace {

constexpr timeval patience{10, 0};

void set_option(int socket, int option, const void* value, socklen_t size) {
  ::setsockopt(socket, SOL_SOCKET, option, value, size);
}

std::vector<unsigned char> alpn_wire(const std::string& name) {
  std::vector<unsigned char> wire{static_cast<unsigned char>(name.size())};
  wire.insert(wire.end(), name.begin(), name.end());
  return wire;
}

}  // namespace

RawClient::RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  set_option(socket_, SO_RCVTIMEO, &patience, sizeof patience);
  set_option(socket_, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot connect");
  const int at_once = 1;
  if (::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once) != 0)
    throw std::runtime_error("cannot set TCP_NODELAY");
}

RawClient::~RawClient() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  ::close(socket_);
}

bool RawClient::start_tls(const RawTls& tls) {
  context_ = SSL_CTX_new(TLS_client_method());
  if (tls.version_max != 0) {
    SSL_CTX_set_min_proto_version(context_, 0);
    SSL_CTX_set_max_proto_version(context_, tls.version_max);
    SSL_CTX_set_security_level(context_, 0);
  }
  if (!tls.ca_file.empty()) {
    SSL_CTX_load_verify_locations(context_, tls.ca_file.c_str(), nullptr);
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  }
  if (!tls.cert_file.empty()) {
    SSL_CTX_use_certificate_chain_file(context_, tls.cert_file.c_str());
    SSL_CTX_use_PrivateKey_file(context_, tls.key_file.c_str(), SSL_FILETYPE_PEM);
  }
  ssl_ = SSL_new(context_);
  if (!tls.alpn.empty()) {
    const auto wire = alpn_wire(tls.alpn);
    SSL_set_alpn_protos(ssl_, wire.data(), static_cast<unsigned int>(wire.size()));
  }
  SSL_set_fd(ssl_, socket_);
  ERR_clear_error();
  return SSL_connect(ssl_) == 1;
}

bool RawClient::send(ByteView bytes) {
  while (!bytes.empty()) {
    ERR_clear_error();
    const long count = ssl_ != nullptr ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                                       : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

long RawClient::read_some(char* into, std::size_t size) {
  ERR_clear_error();
  return ssl_ != nullptr ? SSL_read(ssl_, into, static_cast<int>(size)) : ::recv(socket_, into, size, 0);
}

std::optional<protocol::Frame> RawClient::receive() {
  while (true) {
    auto next = parser_.next();
    if (!next.has_value()) return std::nullopt;
    if (next->has_value()) return std::move(**next);
    const auto space = parser_.space();
    const long count = read_some(space.data(), space.size());
    if (count <= 0) return std::nullopt;
    parser_.received(static_cast<std::size_t>(count));
  }
}

bool RawClient::is_closed() {
  std::array<char, 65536> dropped{};
  long count = 1;
  while (count > 0) count = read_some(dropped.data(), dropped.size());
  return ssl_ != nullptr || count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

void RawClient::end() { ::shutdown(socket_, SHUT_WR); }

std::optional<protocol::ServerHello> RawClient::greet(const protocol::ClientHello& hello) {
  send(protocol::encode(hello));
  const auto frame = receive();
  if (!frame || frame->kind != protocol::FrameKind::server_hello) return std::nullopt;
  auto answer = protocol::decode_server_hello(frame->payload);
  return answer.has_value() ? std::optional(std::move(*answer)) : std::nullopt;
}

void RawClient::shrink_receive_buffer() {
  const int bytes = 4096;
  set_option(socket_, SO_RCVBUF, &bytes, sizeof bytes);
}

Bytes status_ask(std::uint64_t id) {
  flatbuffers::FlatBufferBuilder builder;
  const auto ask = wire::CreateStatusAsk(builder);
  builder.Finish(wire::CreateAsk(builder, wire::AskBody::StatusAsk, ask.Union()));
  return protocol::make_frame(protocol::FrameKind::ask, id,
                              ByteView(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()));
}

Bytes put_request(std::uint64_t id, const std::string& key, const std::string& value) {
  flatbuffers::FlatBufferBuilder builder;
  const auto key_bytes = builder.CreateVector(reinterpret_cast<const std::uint8_t*>(key.data()), key.size());
  const auto value_bytes = builder.CreateVector(reinterpret_cast<const std::uint8_t*>(value.data()), value.size());
  wire::PutOpBuilder put(builder);
  put.add_key(key_bytes);
  put.add_value(value_bytes);
  const auto op = put.Finish();
  wire::WriteRequestBuilder request(builder);
  request.add_body_type(wire::CommandBody::PutOp);
  request.add_body(op.Union());
  builder.Finish(request.Finish());
  return protocol::make_frame(protocol::FrameKind::write, id,
                              ByteView(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()));
}

}  // namespace conclave::test
