#include "certificates.hpp"

#include <asio/ssl/context.hpp>
#include <filesystem>

namespace conclave::http {
namespace {

constexpr Duration look_interval = seconds(1);

/// Whoever offers protocol names must offer HTTP/1.1; many clients offer none.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned int in_size,
                    void*) {
  static constexpr unsigned char name[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, name, sizeof name, in, in_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

void harden(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

Unexpected cannot_use(const std::string& file, const std::error_code& why) {
  return fail(Errc::io_error, "the file " + file + " cannot be used: " + why.message());
}

}  // namespace

Result<std::unique_ptr<Certificates>> Certificates::open(const TlsFiles& files, LogSink& log, Counters& counters) {
  std::unique_ptr<Certificates> certificates(new Certificates(files, log, counters));
  certificates->stamp_ = certificates->stamp();
  auto loaded = certificates->load();
  if (!loaded.has_value()) return fail(loaded.error());
  certificates->context_ = std::move(*loaded);
  return certificates;
}

std::string Certificates::stamp() const {
  std::string stamp;
  for (const std::string* file : {&files_.cert_file, &files_.key_file, &files_.trusted_ca_file}) {
    std::error_code ignored;
    const auto changed = std::filesystem::last_write_time(*file, ignored).time_since_epoch().count();
    const auto size = std::filesystem::file_size(*file, ignored);
    stamp += std::to_string(changed) + ':' + std::to_string(size) + ';';
  }
  return stamp;
}

Result<std::shared_ptr<asio::ssl::context>> Certificates::load() const {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  harden(context->native_handle());
  std::error_code failed;
  context->use_certificate_chain_file(files_.cert_file, failed);
  if (failed) return cannot_use(files_.cert_file, failed);
  context->use_private_key_file(files_.key_file, asio::ssl::context::pem, failed);
  if (failed) return cannot_use(files_.key_file, failed);
  if (files_.trusted_ca_file.empty()) return context;
  context->load_verify_file(files_.trusted_ca_file, failed);
  if (failed) return cannot_use(files_.trusted_ca_file, failed);
  context->set_verify_mode(asio::ssl::verify_peer | (files_.require_client_cert ? asio::ssl::verify_fail_if_no_peer_cert : 0),
                           failed);
  return context;
}

std::shared_ptr<asio::ssl::context> Certificates::context(Instant now) {
  if (now - looked_ < look_interval) return context_;
  looked_ = now;
  std::string seen = stamp();
  if (seen == stamp_) return context_;
  stamp_ = std::move(seen);
  auto loaded = load();
  if (loaded.has_value()) {
    context_ = std::move(*loaded);
    log_.info("HTTP certificates reloaded", {{"file", files_.cert_file}});
  } else {
    ++counters_.certificates_failed;
    log_.error("HTTP certificates not reloaded, the old ones stay in force", {{"why", loaded.error().context}});
  }
  return context_;
}

}  // namespace conclave::http
