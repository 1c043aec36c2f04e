#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace conclave::bench {

/// Throws std::system_error with what the system says, if `result` is negative.
std::ptrdiff_t check(std::ptrdiff_t result, const char* what);

/// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_ = -1;
};

/// Both ends of a connection over the loopback interface that sends each message at once.
struct Connection {
  Descriptor here, there;
};
Connection connect_over_loopback();

/// A message has a fixed size and begins with its number.
void send_message(const Descriptor& to, std::uint64_t number, std::size_t size);

/// What comes over a connection, in messages of a fixed size.
class Inbox {
 public:
  explicit Inbox(std::size_t message_size) : size_(message_size) {}
  /// Reads what is there, and waits if nothing is. False at the end of the connection.
  bool receive(const Descriptor& from);
  /// The number of the newest whole message, 0 before the first.
  [[nodiscard]] std::uint64_t newest() const { return newest_; }

 private:
  std::size_t size_;
  std::string rest_;
  std::uint64_t newest_ = 0;
};

/// A file whose blocks exist and have been written, so that a flush has no metadata to write. It has no name any more.
class BlockFile {
 public:
  explicit BlockFile(const std::string& path);
  ~BlockFile();
  BlockFile(const BlockFile&) = delete;
  BlockFile& operator=(const BlockFile&) = delete;
  /// Writes the next block past the page cache and flushes it.
  void write_and_flush();

 private:
  Descriptor file_;
  void* block_;
  std::size_t at_ = 0;
};

}  // namespace conclave::bench
