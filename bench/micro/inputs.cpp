#include "inputs.hpp"

#include "conclave/base/prng.hpp"
#include "conclave/codec/batch_codec.hpp"
#include "conclave/protocol/frame.hpp"
#include "wire.hpp"

namespace conclave::micro {

std::string key_of(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return "bench/" + std::string(18 - std::min<std::size_t>(18, digits.size()), '0') + digits;
}

std::string value_of_size(std::size_t bytes) { return std::string(bytes, 'v'); }

Bytes put_frame(std::uint64_t number) {
  PutOp put;
  put.key = key_of(number);
  put.value = value_of_size();
  return client::Encoder().write(number, Write{std::move(put), {}}, {});
}

Bytes put_request(std::uint64_t number) { return Bytes::copy_of(put_frame(number).view().substr(protocol::frame_header_bytes)); }

Bytes put_batch(std::size_t count, std::uint64_t keys, std::uint64_t seed) {
  Prng prng(seed);
  std::vector<engine::PendingCommand> commands(count);
  for (std::size_t i = 0; i < count; ++i) {
    commands[i].origin = MemberId(1);
    commands[i].incarnation = Incarnation(11);
    commands[i].request = i;
    commands[i].command = put_request(prng.below(keys));
  }
  return codec::BatchCodec().encode(MachineVersion(1), cluster_time_from_millis(1), commands);
}

mvcc::KeyValuePtr key_value(std::uint64_t number, std::uint64_t revision) {
  const mvcc::KeyValue::Versions versions{Revision(revision), Revision(revision), 1, {}};
  return mvcc::make_key_value(key_of(number), value_of_size(), versions);
}

}  // namespace conclave::micro
