#include <openssl/x509.h>

#include <array>
#include <asio/buffer.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/stream.hpp>

#include "channel.hpp"

namespace conclave::http {
namespace {

class TlsChannel final : public Channel {
 public:
  TlsChannel(asio::ip::tcp::socket socket, std::shared_ptr<asio::ssl::context> context)
      : context_(std::move(context)), stream_(std::move(socket), *context_) {}

  void handshake(Then then) override { stream_.async_handshake(asio::ssl::stream_base::server, std::move(then)); }
  void read_some(std::span<char> into, ThenSize then) override {
    stream_.async_read_some(asio::buffer(into.data(), into.size()), std::move(then));
  }
  void write_some(std::string_view from, ThenSize then) override {
    stream_.async_write_some(asio::buffer(from.data(), from.size()), std::move(then));
  }
  void end_sending(Then then) override { stream_.async_shutdown(std::move(then)); }
  void close() override {
    std::error_code ignored;
    stream_.next_layer().close(ignored);
  }
  [[nodiscard]] const asio::ip::tcp::socket& socket() const override { return stream_.next_layer(); }
  [[nodiscard]] bool is_tls() const override { return true; }

  [[nodiscard]] std::string common_name() override {
    SSL* ssl = stream_.native_handle();
    X509* certificate = SSL_get0_peer_certificate(ssl);
    if (certificate == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return {};
    X509_NAME* subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0) return {};
    unsigned char* text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (size < 0) return {};
    std::string name(text, text + size);
    OPENSSL_free(text);
    // A zero byte within would make two names of it for whoever compares up to there.
    return name.find('\0') == std::string::npos ? name : std::string();
  }

 private:
  std::shared_ptr<asio::ssl::context> context_;
  asio::ssl::stream<asio::ip::tcp::socket> stream_;
};

}  // namespace

std::unique_ptr<Channel> tls_channel(asio::ip::tcp::socket socket, std::shared_ptr<asio::ssl::context> context) {
  return std::make_unique<TlsChannel>(std::move(socket), std::move(context));
}

}  // namespace conclave::http
