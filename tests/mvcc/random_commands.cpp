#include "random_commands.hpp"

namespace conclave::mvcc::test {

ByteView RandomCommands::key() {
  std::string key;
  const std::uint64_t size = random_.between(1, 3);
  for (std::uint64_t i = 0; i < size; ++i) key += static_cast<char>('a' + random_.below(3));
  return keep_.text(key);
}

KeySelector RandomCommands::selector() {
  const auto kind = pick<KeySelector::Kind>(4);
  if (kind == KeySelector::Kind::prefix && random_.chance(1, 3)) return all();
  return {kind, key(), key()};
}

LeaseId RandomCommands::lease(const std::vector<LeaseId>& known) {
  if (known.empty() || random_.chance(1, 10)) return LeaseId(random_.below(3));
  return known[random_.below(known.size())];
}

RangeOp RandomCommands::range(std::uint64_t newest) {
  RangeOp op;
  op.keys = selector();
  op.keys_only = random_.chance(1, 4);
  op.count_only = random_.chance(1, 8);
  op.sort_target = random_.chance(1, 2) ? SortTarget::key : pick<SortTarget>(5);
  op.sort_order = pick<SortOrder>(2);
  if (random_.chance(1, 3)) op.limit = random_.between(1, 6);
  if (random_.chance(1, 6)) op.limit_bytes = random_.between(1, 30);
  for (Revision* bound : {&op.min_mod, &op.max_mod, &op.min_create, &op.max_create}) {
    if (random_.chance(1, 10)) *bound = Revision(random_.between(0, newest + 1));
  }
  return op;
}

Compare RandomCommands::compare(std::uint64_t newest, const std::vector<LeaseId>& leases) {
  Compare compare;
  compare.keys = selector();
  compare.target = pick<CompareTarget>(6);
  compare.relation = pick<CompareRelation>(4);
  compare.value = key();
  compare.number = random_.below(4);
  if (compare.target == CompareTarget::lease) compare.number = lease(leases).value();
  if (compare.target == CompareTarget::mod || compare.target == CompareTarget::create) compare.number = random_.below(newest + 2);
  return compare;
}

Op RandomCommands::transaction(std::uint64_t newest, const std::vector<LeaseId>& leases, int depth) {
  std::vector<Compare> compares;
  while (random_.chance(1, 2)) compares.push_back(compare(newest, leases));
  std::vector<Op> branches[2];
  for (auto& branch : branches) {
    while (random_.chance(3, 5)) branch.push_back(operation(newest, leases, depth));
  }
  return keep_.txn(compares, branches[0], branches[1]);
}

Op RandomCommands::operation(std::uint64_t newest, const std::vector<LeaseId>& leases, int depth) {
  const std::uint64_t draw = random_.below(10);
  if (draw == 0) return {range(newest)};
  if (draw == 1) return {DeleteOp{selector(), random_.chance(1, 2)}};
  if (draw <= 4 && depth > 0) return transaction(newest, leases, depth - 1);
  PutOp put;
  put.key = key();
  put.ignore_value = random_.chance(1, 8);
  put.ignore_lease = random_.chance(1, 8);
  if (!put.ignore_value) put.value = key();
  if (!put.ignore_lease && random_.chance(1, 3)) put.lease = lease(leases);
  put.want_previous = random_.chance(1, 3);
  return {put};
}

}  // namespace conclave::mvcc::test
