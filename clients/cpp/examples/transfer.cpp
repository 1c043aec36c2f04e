// A transaction: moves money from one account to another, and never loses or makes any, whoever else does the same at that moment.
//   transfer ENDPOINT...
#include <conclave/client.hpp>
#include <cstdio>
#include <cstdlib>

namespace {

using conclave::Compare;

struct Account {
  long money = 0;
  conclave::Revision changed;  // zero: there is no such account yet
};

conclave::Result<Account> read(conclave::Client& bank, const std::string& name) {
  auto got = bank.get("accounts/" + name);
  if (!got) return conclave::fail(got.error());
  if (!got->kv) return Account{};
  return Account{std::strtol(got->kv->value.c_str(), nullptr, 10), got->kv->mod_revision};
}

/// False: one of them has too little.
conclave::Result<bool> transfer(conclave::Client& bank, const std::string& from, const std::string& to, long amount) {
  while (true) {
    auto giver = read(bank, from);
    if (!giver) return conclave::fail(giver.error());
    auto taker = read(bank, to);
    if (!taker) return conclave::fail(taker.error());
    if (giver->money < amount) return false;
    conclave::Txn txn;
    txn.when(Compare::mod_revision_is("accounts/" + from, giver->changed))
        .when(Compare::mod_revision_is("accounts/" + to, taker->changed))
        .then(conclave::PutOp{"accounts/" + from, std::to_string(giver->money - amount)})
        .then(conclave::PutOp{"accounts/" + to, std::to_string(taker->money + amount)});
    auto done = bank.txn(std::move(txn));
    if (!done) return conclave::fail(done.error());
    if (done->succeeded) return true;  // else somebody changed one of them: look again
  }
}

}  // namespace

int main(int count, char** words) {
  auto bank = conclave::Client::open({.endpoints = {words + 1, words + count}});
  if (!bank || !bank->put("accounts/ada", "100") || !bank->put("accounts/bob", "0")) return 1;
  const auto moved = transfer(*bank, "ada", "bob", 30);
  if (!moved) return std::fprintf(stderr, "%s\n", moved.error().message().c_str()), 1;
  const auto refused = transfer(*bank, "bob", "ada", 50);
  std::printf("moved: %d, too much: %d, bob has %ld\n", *moved, refused && !*refused, read(*bank, "bob")->money);
}
