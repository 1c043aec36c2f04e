#pragma once

#include <memory>
#include <optional>
#include <string>

#include "hub.hpp"
#include "outbox.hpp"
#include "stream.hpp"

namespace conclave::transport {

/// One connection: TLS, then frames both ways, with deadlines. Kinds of links add what the frames mean. Loop thread only; kept
/// alive by its owner and by what it waits for.
class Link : public std::enable_shared_from_this<Link> {
 public:
  struct Options {
    std::string port;  ///< for logs and refusals: client, peer, or the peer dialled
    bool accepted = true;
    std::size_t queue_bytes_max = 0;
    Duration ping_interval{};
    Duration silence_max{};
  };
  Link(Hub& hub, Stream stream, Options options);
  virtual ~Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Begins; call once, when a shared_ptr owns the link.
  void start();
  /// Queues a frame; it leaves at the end of the pass. False: the queue is full and nothing was queued.
  bool send(protocol::OutFrame frame, Outbox::Options options = {});
  bool send(Bytes frame, Outbox::Options options = {}) { return send(protocol::OutFrame{std::move(frame), {}}, options); }
  void flush();
  /// Closes from this side, after a farewell if the other side can still read one.
  void close(const std::optional<Error>& farewell);
  /// Counts and logs, then closes.
  void refuse(Refusal refusal, const std::string& detail, const std::optional<Error>& farewell = std::nullopt);
  void check_deadlines(Instant now);

  [[nodiscard]] bool is_open() const { return open_; }
  [[nodiscard]] bool is_established() const { return established_; }
  [[nodiscard]] const std::string& remote() const { return stream_.remote(); }
  [[nodiscard]] std::size_t queued_bytes() const { return outbox_.bytes(); }

 protected:
  /// TLS is done (at once without TLS).
  virtual void on_secured() {}
  /// A complete frame other than ping and pong. Before established() only hellos make sense.
  virtual void on_frame(protocol::Frame frame) = 0;
  /// The link is closed; the last call. `by_other_side`: closed or reset there, not by silence or by us.
  virtual void on_closed(bool by_other_side, const std::string& why) = 0;
  /// Bytes of frames with credit left for the network.
  virtual void on_credit(std::size_t) {}
  /// False while the input has to wait.
  [[nodiscard]] virtual bool wants_input() const { return true; }

  /// The hellos are done: frames may be as large as this, and silence is watched.
  void established(std::size_t payload_bytes_max);
  [[nodiscard]] SSL* ssl() const { return stream_.ssl(); }

  Hub& hub_;

 private:
  void secure();
  void read();
  [[nodiscard]] bool take_input(std::size_t& total);
  void take_frames();
  void take_frame(protocol::Frame frame);
  /// True if the first bytes show the wrong kind of port; the link is then refused.
  [[nodiscard]] bool speaks_other_language(ByteView first);
  void input_ended(const IoResult& result);
  void wait_readable();
  void wait_writable();
  void wait_for(IoState state);
  void continue_reading();
  void finish(bool by_other_side, const std::string& why);

  Options options_;
  Stream stream_;
  protocol::FrameParser parser_;
  Outbox outbox_;
  Instant opened_{};
  Instant heard_{};
  Instant pinged_{};
  Instant progressed_{};  // of output
  std::uint64_t ping_id_ = 0;
  bool open_ = true;
  bool secured_ = false;
  bool established_ = false;
  bool first_bytes_seen_ = false;
  std::optional<Outbox::Order> listed_;  // the first of the hub's lists of dirty links that it is in
  bool read_waits_ = false;
  bool read_posted_ = false;
  bool write_waits_ = false;
  bool input_held_ = false;  // input waits until the queue is shorter
};

}  // namespace conclave::transport
