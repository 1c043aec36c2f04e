#include "engine/storage_parts.hpp"

namespace conclave::sim {

void SimLogStore::submit(raft::Write write) {
  std::size_t bytes = 32;
  for (const auto& entry : write.entries) bytes += size_of(*entry);
  sizes_[write.id] = bytes;
  shared_.disk.submit(std::move(write));
}

void SimLogStore::on_done(raft::WriteId id) {
  engine::LogDurable done{id, 0};
  while (!sizes_.empty() && sizes_.begin()->first <= id) {
    done.bytes += sizes_.begin()->second;
    sizes_.erase(sizes_.begin());
  }
  shared_.owner.deliver(done);
}

void SimLogStore::read(MemberId peer, Index from, std::size_t bytes_max) {
  shared_.answer(microseconds(10), milliseconds(5), "log read", [this, peer, from, bytes_max] {
    engine::LogEntries read{peer, from, {}};
    std::size_t bytes = 0;
    const LogImage& image = shared_.disk.image();
    for (Index index = from; index > image.base.index; index = index.next()) {
      auto entry = image.entry_at(index);
      if (!entry) break;
      bytes += size_of(*entry);
      if (!read.entries.empty() && bytes > bytes_max) break;
      read.entries.push_back(std::move(entry));
    }
    shared_.owner.deliver(std::move(read));
  });
}

void SimLogStore::cut(raft::EntryId to) {
  shared_.answer(microseconds(10), milliseconds(5), "log cut",
                 [this, to] { shared_.disk.cut(to, shared_.membership_at(to.index)); });
}

}  // namespace conclave::sim
