#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "bare_member.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::storage;
using namespace conclave::storage::test;
using Clock = std::chrono::steady_clock;

static void show(const char* name, std::vector<double>& v, double total) {
  std::sort(v.begin(), v.end());
  std::printf("%-40s n=%zu p50 %.3f ms p99 %.3f ms max %.1f ms  %.0f/s\n", name, v.size(), v[v.size() / 2], v[v.size() * 99 / 100],
              v.back(), static_cast<double>(v.size()) / total);
}

TEST_CASE("bench", "[.bench]") {
  const std::filesystem::path dir = "/tmp/storage1-bench";
  constexpr std::uint64_t count = 2000;
  for (const std::size_t size : {std::size_t{310}, std::size_t{2300}, std::size_t{30000}}) {
    std::filesystem::remove_all(dir);
    std::filesystem::create_directories(dir);
    std::printf("size %zu\n", size);
    {
      const int fd = ::open((dir / "bare").c_str(), O_RDWR | O_CREAT, 0600);
      static_cast<void>(!::posix_fallocate(fd, 0, static_cast<off_t>(size * count)));
      std::vector<double> v;
      const std::string bytes(size, 'x');
      const auto start = Clock::now();
      for (std::uint64_t i = 0; i < count; ++i) {
        const auto a = Clock::now();
        static_cast<void>(!::pwrite(fd, bytes.data(), size, static_cast<off_t>(i * size)));
        ::fdatasync(fd);
        v.push_back(std::chrono::duration<double, std::milli>(Clock::now() - a).count());
      }
      show("bare file, reserved, fdatasync", v, std::chrono::duration<double>(Clock::now() - start).count());
      ::close(fd);
    }
    {
      auto options = small_options(dir / "wt");
      options.log_file_bytes = 64 << 20;
      options.cache_bytes = 128 << 20;
      auto storage = open_storage(options);
      REQUIRE(storage.has_value());
      std::vector<double> v;
      const auto start = Clock::now();
      for (std::uint64_t i = 1; i <= count; ++i) {
        const auto a = Clock::now();
        write_entries(*storage, i, {make_entry(1, i, std::string(size, 'x'))});
        v.push_back(std::chrono::duration<double, std::milli>(Clock::now() - a).count());
      }
      show("log store, one at a time", v, std::chrono::duration<double>(Clock::now() - start).count());
      // 8 writes in flight: how many share a flush.
      std::size_t reports = 0;
      std::uint64_t sent = count, done = count;
      const auto begin = Clock::now();
      while (done < 3 * count) {
        while (sent < 3 * count && sent - done < 8) {
          ++sent;
          raft::Write write;
          write.id = raft::WriteId(sent);
          write.entries = {make_entry(1, sent, std::string(size, 'x'))};
          storage->opened.storage->log().submit(std::move(write));
        }
        done = wait_for<engine::LogDurable>(*storage->inbox).id.value();
        ++reports;
      }
      const auto seconds = std::chrono::duration<double>(Clock::now() - begin).count();
      std::printf("%-40s %.0f writes/s, %zu flushes for %llu writes\n", "log store, 8 in flight",
                  static_cast<double>(2 * count) / seconds, reports, static_cast<unsigned long long>(2 * count));
    }
  }
  std::filesystem::remove_all(dir);
}
