#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "conclave/client.hpp"
#include "conclave/recipes/mutex.hpp"

/// Programs that use the mutex, as processes of their own: the tests start, stop and count them.
namespace {

using namespace conclave;
using namespace std::chrono_literals;

constexpr const char* usage =
    "usage: recipes_worker count ENDPOINTS FILE TIMES       adds one to the number in FILE under the lock, TIMES times\n"
    "       recipes_worker hold ENDPOINTS FILE DELAY        holds the lock; FILE tells what it knows, and how its guarded write "
    "ends; DELAY is its lock delay in ms\n"
    "       recipes_worker handoffs ENDPOINTS WAITERS MILLIS  prints how often the lock went from one to the next in a second\n";

std::int64_t boot_millis() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

Result<Client> connect(const std::string& endpoints, std::shared_ptr<IoThread> io = nullptr) {
  ClientOptions options;
  options.endpoints.clear();
  for (std::size_t begin = 0; begin < endpoints.size();) {
    const std::size_t comma = std::min(endpoints.find(',', begin), endpoints.size());
    options.endpoints.push_back(endpoints.substr(begin, comma - begin));
    begin = comma + 1;
  }
  options.request_timeout = 30s;
  options.io = std::move(io);
  return Client::open(std::move(options));
}

int die(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  return 1;
}

/// The unguarded read, addition and write that only a lock makes one step.
bool add_one(const char* path) {
  const int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return false;
  char text[32] = "";
  const bool read = pread(file, text, sizeof text - 1, 0) >= 0;
  const std::string next = std::to_string(std::strtoull(text, nullptr, 10) + 1);
  const bool written = pwrite(file, next.data(), next.size(), 0) == static_cast<ssize_t>(next.size());
  close(file);
  return read && written;
}

int count(const std::string& endpoints, const char* path, int times) {
  auto client = connect(endpoints);
  if (!client) return die(client.error().message());
  recipes::Mutex mutex(*client, "judged/count", {.ttl = 20s});
  for (int i = 0; i < times; ++i) {
    auto lock = mutex.lock();
    if (!lock) return die("lock: " + lock.error().message());
    if (!add_one(path)) return die("the file cannot be read and written");
    if (!lock->is_held()) return die("the lock was lost");
    // Given back in the background if it does not succeed in time: the next lock() queues up behind.
    (void)lock->release();
  }
  return 0;
}

void tell(const char* path, const std::string& text) {
  const std::string next = std::string(path) + ".next";
  std::ofstream(next) << text;
  std::rename(next.c_str(), path);
}

/// Holds the lock with a short lease until it is lost: says until when it was certain, whether it was told, and what becomes of its
/// write.
int hold(const std::string& endpoints, const char* path, std::chrono::milliseconds delay) {
  auto client = connect(endpoints);
  if (!client) return die(client.error().message());
  recipes::Mutex mutex(*client, "judged/hold", {.ttl = 2s, .lock_delay = delay});
  auto lock = mutex.lock();
  if (!lock) return die("lock: " + lock.error().message());
  std::atomic<bool> told{false};
  std::mutex guard;
  std::condition_variable lost;
  lock->on_lost([&] {
    const std::lock_guard locked(guard);
    told = true;
    lost.notify_one();
  });
  std::int64_t until = 0;
  std::unique_lock locked(guard);
  while (!told) {
    const auto left = lock->certain_for();
    if (left.count() > 0) until = boot_millis() + left.count();
    tell(path, "held " + std::to_string(until));
    lost.wait_for(locked, 10ms);
  }
  locked.unlock();
  const auto put = client->put("judged/data", "late", {}, {.timeout = {}, .guards = {lock->guard()}});
  tell(path, "lost " + std::to_string(until) + " " + (put ? std::string("written") : put.error().message()));
  return 0;
}

/// Clients of one process that hand a lock on for a while.
int handoffs(const std::string& endpoints, std::size_t waiters, std::chrono::milliseconds span) {
  const auto io = IoThread::start();
  std::vector<Client> clients;
  for (std::size_t i = 0; i < waiters + 1; ++i) {
    auto client = connect(endpoints, io);
    if (!client) return die(client.error().message());
    clients.push_back(std::move(*client));
  }
  std::vector<recipes::Mutex> mutexes;
  for (Client& client : clients) mutexes.emplace_back(client, "judged/handoffs", recipes::MutexOptions{.ttl = 60s});
  std::atomic<std::uint64_t> taken{0};
  std::atomic<std::size_t> busy{clients.size()};
  std::atomic<bool> stopped{false};
  std::atomic<int> failed{0};
  std::function<void(recipes::Mutex&)> again = [&](recipes::Mutex& mutex) {
    if (stopped) return (void)--busy;
    mutex.lock([&](Result<recipes::Hold> lock) {
      if (!lock) {
        ++failed;
        return (void)--busy;
      }
      ++taken;
      const auto held = std::make_shared<recipes::Hold>(std::move(*lock));
      held->release([&, held](const Result<void>&) { again(mutex); });
    });
  };
  for (recipes::Mutex& mutex : mutexes) again(mutex);
  std::this_thread::sleep_for(1s);  // until everybody is in the line
  const std::uint64_t before = taken;
  const auto begun = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(span);
  const std::uint64_t after = taken;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  stopped = true;
  while (busy > 0) std::this_thread::sleep_for(1ms);
  if (failed > 0) return die("a lock failed");
  std::printf("%.0f\n", static_cast<double>(after - before) / took.count());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 4 && words[0] == "count") return count(words[1], argv[3], std::atoi(argv[4]));
  if (words.size() == 4 && words[0] == "hold") return hold(words[1], argv[3], std::chrono::milliseconds(std::atoi(argv[4])));
  if (words.size() == 4 && words[0] == "handoffs")
    return handoffs(words[1], static_cast<std::size_t>(std::atoi(argv[3])), std::chrono::milliseconds(std::atoi(argv[4])));
  std::fputs(usage, stderr);
  return 2;
}
