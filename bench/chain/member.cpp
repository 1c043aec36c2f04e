#include "member.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <span>

namespace conclave::bench {
namespace {

/// Tells which of some sockets has something to read.
class Readiness {
 public:
  explicit Readiness(std::initializer_list<const Descriptor*> sockets)
      : epoll_(static_cast<int>(check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1"))) {
    std::uint32_t number = 0;
    for (const Descriptor* const socket : sockets) {
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u32 = number++;
      check(::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, socket->number(), &event), "epoll_ctl");
    }
  }
  [[nodiscard]] std::span<const epoll_event> wait() {
    const auto count = check(::epoll_wait(epoll_.number(), events_.data(), static_cast<int>(events_.size()), -1), "epoll_wait");
    return {events_.data(), static_cast<std::size_t>(count)};
  }

 private:
  Descriptor epoll_;
  std::array<epoll_event, 3> events_{};
};

/// The client has ended. Who closes a socket with something unread in it resets the connection, so the slower follower is heard
/// out.
void hear_out(const std::array<Descriptor, 2>& followers, std::array<Inbox, 2>& acknowledged, std::uint64_t flushed) {
  for (std::size_t i = 0; i < followers.size(); ++i) {
    while (acknowledged.at(i).newest() < flushed && acknowledged.at(i).receive(followers.at(i))) {
    }
  }
}

}  // namespace

void follow(const Descriptor& leader, BlockFile& file) {
  Readiness readiness({&leader});
  Inbox entries(entry_bytes);
  std::uint64_t flushed = 0;
  while (true) {
    (void)readiness.wait();
    if (!entries.receive(leader)) return;
    if (entries.newest() == flushed) continue;
    file.write_and_flush();
    flushed = entries.newest();
    send_message(leader, flushed, acknowledgement_bytes);
  }
}

void lead(const Descriptor& client, const std::array<Descriptor, 2>& followers, BlockFile& file) {
  Readiness readiness({&client, &followers[0], &followers[1]});
  Inbox requests(request_bytes);
  std::array<Inbox, 2> acknowledged{Inbox(acknowledgement_bytes), Inbox(acknowledgement_bytes)};
  std::uint64_t flushed = 0;
  std::uint64_t answered = 0;
  while (true) {
    for (const epoll_event& event : readiness.wait()) {
      if (event.data.u32 == 0) {
        if (!requests.receive(client)) return hear_out(followers, acknowledged, flushed);
      } else if (!acknowledged.at(event.data.u32 - 1).receive(followers.at(event.data.u32 - 1))) {
        return;
      }
    }
    if (requests.newest() != flushed) {
      flushed = requests.newest();
      for (const Descriptor& follower : followers) send_message(follower, flushed, entry_bytes);
      file.write_and_flush();
    }
    if (answered != flushed && std::max(acknowledged[0].newest(), acknowledged[1].newest()) >= flushed) {
      answered = flushed;
      send_message(client, answered, answer_bytes);
    }
  }
}

}  // namespace conclave::bench
