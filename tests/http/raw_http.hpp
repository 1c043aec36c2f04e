#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace conclave::test {

/// A reply as it came over the wire.
struct HttpReply {
  int status = 0;
  std::string head;                 ///< with the status line
  std::string body;                 ///< without the framing of chunks
  std::vector<std::string> chunks;  ///< as they were framed
  bool complete = false;
  [[nodiscard]] std::string header(const std::string& name) const;
};

struct HttpTls {
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
};

/// A blocking HTTP client that can send anything, for tests. Every call gives up after some seconds.
class RawHttp {
 public:
  explicit RawHttp(std::uint16_t port, const char* address = "127.0.0.1");
  ~RawHttp();
  RawHttp(const RawHttp&) = delete;
  RawHttp& operator=(const RawHttp&) = delete;

  /// False if the handshake fails on this side.
  [[nodiscard]] bool start_tls(const HttpTls& tls);
  /// False if the connection is gone.
  bool send(const std::string& bytes);
  void end_sending();
  /// Reads one reply; `bare` for replies to HEAD. Not complete if the connection ended or nothing came in time.
  [[nodiscard]] HttpReply receive(bool bare = false);
  /// Reads status and headers only.
  [[nodiscard]] HttpReply receive_head();
  /// The next chunk of a chunked reply; empty at its end, nothing if the connection ended.
  [[nodiscard]] std::optional<std::string> receive_chunk();
  /// True when the other side has closed; drops what comes before.
  [[nodiscard]] bool is_closed();
  /// Receive buffer of the system, for slow readers.
  void shrink_receive_buffer();

  HttpReply ask(const std::string& bytes) {
    send(bytes);
    return receive();
  }

 private:
  bool more();
  [[nodiscard]] std::optional<std::string> take_line();
  [[nodiscard]] std::optional<std::string> take(std::size_t size);

  int socket_ = -1;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  std::string input_;
};

/// "METHOD PATH HTTP/1.1" with Host, the given header lines and a body with its length.
[[nodiscard]] std::string http_request(const std::string& method, const std::string& target, const std::string& body = {},
                                       const std::string& header_lines = {});

}  // namespace conclave::test
