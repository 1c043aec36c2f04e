#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace conclave::http {

/// Watches the bytes of a chunked body that are not data: chunk sizes, extensions, line ends, trailers. The library takes them in
/// without looking at every line end; a reader in front of us that looks closer would see other requests than we do.
class ChunkGuard {
 public:
  explicit ChunkGuard(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  void chunk(std::uint64_t size) { data_left_ = size; }
  /// Data of the present chunk.
  void data(std::size_t size);
  /// Bytes between data. False if they are not what HTTP says; wrong() tells what.
  [[nodiscard]] bool framing(std::string_view bytes);
  [[nodiscard]] const std::string& wrong() const { return wrong_; }
  /// At the end of the body.
  void clear();

 private:
  [[nodiscard]] bool say(std::string_view wrong);

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;  // since data came
  std::uint64_t data_left_ = 0;
  bool after_data_ = false;  // the line end that closes the data comes next
  bool after_return_ = false;
  std::string wrong_;
};

}  // namespace conclave::http
