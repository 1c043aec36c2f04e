#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "conclave/protocol/frame.hpp"
#include "stream.hpp"

namespace conclave::transport {

/// Frames on their way out of one connection: queued, put together into few large writes, counted. Urgent frames overtake queued
/// ones but never a frame whose bytes have begun to leave.
class Outbox {
 public:
  /// In which order connections are written in a pass: the news of a turn, for which everybody in a queue waits; what members tell
  /// each other about entries, which a disk has to follow; answers and everything else; what has time.
  enum class Order : std::uint8_t { turn, entries, usual, last };
  struct Options {
    bool urgent = false;
    Order order = Order::usual;
    std::size_t credit_bytes = 0;  ///< handed back by take_credit() when the frame has left
  };

  void push(protocol::OutFrame frame, Options options);
  /// Writes until everything left, the socket is full or `bytes_max` were written. `done` means nothing is left or the bound was
  /// met.
  [[nodiscard]] IoResult write_to(Stream& stream, std::size_t bytes_max);

  [[nodiscard]] bool empty() const { return bytes_ == 0; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }  ///< queued and not written
  [[nodiscard]] std::size_t take_credit();

 private:
  struct Item {
    protocol::OutFrame frame;
    std::size_t credit_bytes = 0;
  };
  void compose();
  void append(const Bytes& part);
  void seal();
  void advance(std::size_t count);

  std::deque<Item> urgent_;
  std::deque<Item> queued_;
  // What is being written: large parts as they are, small ones gathered.
  std::vector<Bytes> batch_;
  std::string gathered_;
  std::size_t batch_next_ = 0;    // first chunk with bytes left
  std::size_t chunk_offset_ = 0;  // of that chunk already written
  std::size_t batch_credit_ = 0;
  std::size_t credit_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace conclave::transport
