#include "flush_filter.hpp"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>

namespace conclave::bench {
namespace {

#if defined(__x86_64__)
constexpr unsigned this_architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned this_architecture = AUDIT_ARCH_AARCH64;
#else
#error "conclave-slow-disk does not know the numbers of this processor's system calls"
#endif

long check(long result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

constexpr sock_filter load(std::size_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offset)); }
constexpr sock_filter jump_if(unsigned value, unsigned char yes, unsigned char no) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no);
}
constexpr sock_filter answer(unsigned what) { return BPF_STMT(BPF_RET | BPF_K, what); }

/// A message of one byte with room for a descriptor. It stays where it is made: it points into itself.
struct Parcel {
  Parcel() {
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = space.data();
    message.msg_controllen = space.size();
  }
  Parcel(const Parcel&) = delete;
  Parcel& operator=(const Parcel&) = delete;

  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> space{};
  msghdr message{};
};

}  // namespace

int hold_flushes() {
  std::array<sock_filter, 7> rules{load(offsetof(seccomp_data, arch)), jump_if(this_architecture, 0, 3),
                                   load(offsetof(seccomp_data, nr)),   jump_if(SYS_fdatasync, 2, 0),
                                   jump_if(SYS_fsync, 1, 0),           answer(SECCOMP_RET_ALLOW),
                                   answer(SECCOMP_RET_USER_NOTIF)};
  sock_fprog program{static_cast<unsigned short>(rules.size()), rules.data()};
  check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)");
  return static_cast<int>(
      check(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program), "seccomp"));
}

void send_descriptor(int socket, int descriptor) {
  Parcel parcel;
  cmsghdr* const header = CMSG_FIRSTHDR(&parcel.message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof descriptor);
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  check(::sendmsg(socket, &parcel.message, 0), "sendmsg");
}

int receive_descriptor(int socket) {
  Parcel parcel;
  check(::recvmsg(socket, &parcel.message, MSG_CMSG_CLOEXEC), "recvmsg");
  const cmsghdr* const header = CMSG_FIRSTHDR(&parcel.message);
  if (header == nullptr) throw std::system_error(ECONNRESET, std::generic_category(), "the program that was to be started");
  int descriptor = -1;
  std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  return descriptor;
}

}  // namespace conclave::bench
