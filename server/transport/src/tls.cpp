#include "tls.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <array>
#include <cstring>

namespace conclave::transport {
namespace {

constexpr Duration look_interval = seconds(1);
constexpr std::array<unsigned char, 11> alpn_wire = {10, 'c', 'o', 'n', 'c', 'l', 'a', 'v', 'e', '/', '1'};

/// A client that offers protocol names must offer ours; one that offers none is judged by its first frame.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned int in_size,
                    void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, alpn_wire.data(), alpn_wire.size(), in, in_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

std::string openssl_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown reason" : reason;
}

Unexpected cannot_use(const std::string& file) {
  return fail(Errc::io_error, "the file " + file + " cannot be used: " + openssl_reason());
}

bool is_ip_address(const std::string& host) {
  ASN1_OCTET_STRING* address = a2i_IPADDRESS(host.c_str());
  if (address == nullptr) return false;
  ASN1_OCTET_STRING_free(address);
  return true;
}

}  // namespace

TlsSide::TlsSide(const TlsFiles& files, TlsPolicy policy, LogSink& log, Counters& counters)
    : files_(files), policy_(policy), log_(log), counters_(counters) {}

Result<std::unique_ptr<TlsSide>> TlsSide::open(const TlsFiles& files, TlsPolicy policy, LogSink& log, Counters& counters) {
  std::unique_ptr<TlsSide> side(new TlsSide(files, policy, log, counters));
  side->stamp_ = side->stamp();
  auto context = side->load();
  if (!context.has_value()) return fail(context.error());
  side->context_ = std::move(*context);
  ++counters.certificates_loaded;
  return side;
}

std::string TlsSide::stamp() const {
  std::string stamp;
  for (const std::string* file : {&files_.cert_file, &files_.key_file, &files_.trusted_ca_file}) {
    struct stat info {};
    if (!file->empty() && ::stat(file->c_str(), &info) == 0) {
      stamp += std::to_string(info.st_ino) + ':' + std::to_string(info.st_size) + ':' + std::to_string(info.st_mtim.tv_sec) + '.' +
               std::to_string(info.st_mtim.tv_nsec);
    }
    stamp += ';';
  }
  return stamp;
}

Result<SslContextPtr> TlsSide::load() const {
  ERR_clear_error();
  SslContextPtr context(SSL_CTX_new(TLS_method()));
  if (context == nullptr) return fail(Errc::internal, "no TLS context: " + openssl_reason());
  if (auto configured = configure(context.get()); !configured.has_value()) return fail(configured.error());
  return context;
}

Result<void> TlsSide::configure(SSL_CTX* context) const {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // Without resumption every handshake is judged by the certificates in force.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  if (SSL_CTX_use_certificate_chain_file(context, files_.cert_file.c_str()) != 1) return cannot_use(files_.cert_file);
  if (SSL_CTX_use_PrivateKey_file(context, files_.key_file.c_str(), SSL_FILETYPE_PEM) != 1) return cannot_use(files_.key_file);
  if (SSL_CTX_check_private_key(context) != 1) return cannot_use(files_.key_file);
  if (files_.trusted_ca_file.empty()) return {};
  if (SSL_CTX_load_verify_locations(context, files_.trusted_ca_file.c_str(), nullptr) != 1)
    return cannot_use(files_.trusted_ca_file);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (policy_ == TlsPolicy::clients ? 0 : SSL_VERIFY_FAIL_IF_NO_PEER_CERT), nullptr);
  return {};
}

SslPtr TlsSide::accepting(Instant now) {
  look_for_changes(now);
  SslPtr ssl(SSL_new(context_.get()));
  if (ssl != nullptr) SSL_set_accept_state(ssl.get());
  return ssl;
}

SslPtr TlsSide::connecting(const std::string& host, Instant now) {
  look_for_changes(now);
  SslPtr ssl(SSL_new(context_.get()));
  if (ssl == nullptr) return ssl;
  SSL_set_connect_state(ssl.get());
  SSL_set_alpn_protos(ssl.get(), alpn_wire.data(), alpn_wire.size());
  SSL_set_hostflags(ssl.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (is_ip_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), host.c_str());
  } else {
    SSL_set1_host(ssl.get(), host.c_str());
    SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(host.c_str()));
  }
  return ssl;
}

void TlsSide::look_for_changes(Instant now) {
  if (now - looked_ < look_interval) return;
  looked_ = now;
  const std::string seen = stamp();
  if (seen != stamp_) replace(seen);
}

void TlsSide::reload() { replace(stamp()); }

void TlsSide::replace(const std::string& stamp) {
  stamp_ = stamp;
  auto context = load();
  if (!context.has_value()) {
    ++counters_.certificates_failed;
    log_.error("certificates not reloaded, the old ones stay in force", {{"why", context.error().context}});
    return;
  }
  context_ = std::move(*context);
  ++counters_.certificates_loaded;
  log_.info("certificates reloaded", {{"file", files_.cert_file}});
}

std::string verified_common_name(SSL* ssl) {
  X509* certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return {};
  std::array<char, protocol::identity_bytes_max> name{};
  const int length =
      X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(), static_cast<int>(name.size()));
  return length <= 0 ? std::string() : std::string(name.data(), static_cast<std::size_t>(length));
}

bool certificate_names(SSL* ssl, const std::string& host) {
  X509* certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr) return false;
  if (is_ip_address(host)) return X509_check_ip_asc(certificate, host.c_str(), 0) == 1;
  const unsigned int flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
  return X509_check_host(certificate, host.c_str(), host.size(), flags, nullptr) == 1;
}

std::string tls_error_text(SSL* ssl) {
  std::string text = openssl_reason();
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict != X509_V_OK) text += std::string(" (") + X509_verify_cert_error_string(verdict) + ")";
  return text;
}

}  // namespace conclave::transport
