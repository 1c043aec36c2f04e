#pragma once

#include <string>

namespace conclave::test {

/// systemd's end of NOTIFY_SOCKET.
class NotifySocket {
 public:
  /// A path, or a name that begins with '@' and has no file.
  explicit NotifySocket(std::string name);
  ~NotifySocket();
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  /// "NOTIFY_SOCKET=..."
  [[nodiscard]] std::string variable() const { return "NOTIFY_SOCKET=" + name_; }
  /// Whether a message with this line comes, in time and after those that were heard already.
  [[nodiscard]] bool hears(const std::string& line);
  [[nodiscard]] const std::string& all() const { return all_; }

 private:
  std::string name_;
  int socket_;
  std::string all_;
};

}  // namespace conclave::test
