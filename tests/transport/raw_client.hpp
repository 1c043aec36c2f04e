#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "conclave/protocol/frame.hpp"
#include "conclave/protocol/handshake.hpp"

namespace conclave::test {

/// How a raw client speaks TLS; empty file names: none.
struct RawTls {
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  std::string alpn = "conclave/1";
  int version_max = 0;  ///< of OpenSSL; zero: any
};

/// A blocking socket that can say anything, for tests. Every call gives up after some seconds.
class RawClient {
 public:
  /// Connects to 127.0.0.1 without TLS.
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// False if the handshake fails on this side.
  [[nodiscard]] bool start_tls(const RawTls& tls);
  /// False if the connection is gone.
  bool send(ByteView bytes);
  bool send(const Bytes& bytes) { return send(bytes.view()); }
  /// The next frame; nothing when the connection ends or nothing comes in time.
  [[nodiscard]] std::optional<protocol::Frame> receive();
  /// True when the other side has closed; reads and drops what comes before.
  [[nodiscard]] bool is_closed();
  /// Ends the sending half.
  void end();
  /// The client's hello; the server's answer, or nothing.
  [[nodiscard]] std::optional<protocol::ServerHello> greet(const protocol::ClientHello& hello = {});
  /// Receive buffer of the system, for slow readers; call before anything arrives.
  void shrink_receive_buffer();

 private:
  long read_some(char* into, std::size_t size);

  int socket_ = -1;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  protocol::FrameParser parser_{protocol::peer_bytes_max};
};

/// A frame that asks for the status.
[[nodiscard]] Bytes status_ask(std::uint64_t id);
/// A frame that puts a key.
[[nodiscard]] Bytes put_request(std::uint64_t id, const std::string& key, const std::string& value);

}  // namespace conclave::test
