#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "conclave/base/log_sink.hpp"
#include "conclave/base/result.hpp"
#include "conclave/base/time.hpp"
#include "conclave/transport/config.hpp"
#include "conclave/transport/counters.hpp"

namespace conclave::transport {

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslPtr = std::unique_ptr<SSL, SslFree>;
using SslContextPtr = std::unique_ptr<SSL_CTX, SslFree>;

/// Whom a TLS side trusts and what it demands.
enum class TlsPolicy {
  clients,           ///< a client's certificate is verified if it shows one
  clients_verified,  ///< and it must show one
  peers,             ///< mutual, and the protocol name must be agreed
};

/// TLS for one port: TLS 1.2 or later, ALPN `conclave/1`. Certificates are read again when their files change, looked at no more
/// than once a second and only when somebody connects; a link keeps what it was opened with. Files that cannot be used leave the
/// old certificates in force.
class TlsSide {
 public:
  [[nodiscard]] static Result<std::unique_ptr<TlsSide>> open(const TlsFiles& files, TlsPolicy policy, LogSink& log,
                                                             Counters& counters);

  /// For a connection that was accepted.
  [[nodiscard]] SslPtr accepting(Instant now);
  /// For a connection to `host`, which the other side's certificate must name.
  [[nodiscard]] SslPtr connecting(const std::string& host, Instant now);
  void reload();

 private:
  TlsSide(const TlsFiles& files, TlsPolicy policy, LogSink& log, Counters& counters);
  [[nodiscard]] std::string stamp() const;
  [[nodiscard]] Result<SslContextPtr> load() const;
  [[nodiscard]] Result<void> configure(SSL_CTX* context) const;
  void look_for_changes(Instant now);
  void replace(const std::string& stamp);

  TlsFiles files_;
  TlsPolicy policy_;
  LogSink& log_;
  Counters& counters_;
  SslContextPtr context_;
  std::string stamp_;  // of the files as loaded, or as last failed
  Instant looked_{};
};

/// The common name of the certificate the other side showed and that was verified; else empty.
[[nodiscard]] std::string verified_common_name(SSL* ssl);
/// True if the certificate that the other side showed names `host` (a name or an address).
[[nodiscard]] bool certificate_names(SSL* ssl, const std::string& host);
/// What OpenSSL says about the last failure on this thread, and why a certificate was refused.
[[nodiscard]] std::string tls_error_text(SSL* ssl);

}  // namespace conclave::transport
