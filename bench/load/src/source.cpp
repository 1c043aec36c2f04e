#include "source.hpp"

#include "conclave/base/prng.hpp"

namespace conclave::bench {
namespace {

class Random : public Source {
 public:
  Random(const SourceSetup& setup, std::uint32_t caller)
      : setup_(setup), prng_(Prng(setup.options.seed).split(caller)), value_(setup.options.value_size, 'v') {}

 protected:
  [[nodiscard]] std::string random_key() { return key_of(options(), prng_.below(options().keys)); }
  [[nodiscard]] PutOp put_of(std::string key) const {
    PutOp put;
    put.key = std::move(key);
    put.value = value_;
    return put;
  }
  [[nodiscard]] static RangeOp get_of(std::string key) {
    RangeOp get;
    get.keys = Keys::one(std::move(key));
    return get;
  }
  [[nodiscard]] static Read read_of(std::string key, Consistency consistency) {
    return {get_of(std::move(key)), consistency, {}, {}, {}};
  }
  [[nodiscard]] const Options& options() const { return setup_.options; }

  const SourceSetup& setup_;
  Prng prng_;
  std::string value_;
};

class Puts final : public Random {
 public:
  using Random::Random;
  Request next() override { return Write{put_of(random_key()), {}}; }
};

class Gets final : public Random {
 public:
  Gets(const SourceSetup& setup, std::uint32_t caller, Consistency consistency)
      : Random(setup, caller), consistency_(consistency) {}
  Request next() override { return read_of(random_key(), consistency_); }

 private:
  Consistency consistency_;
};

class Mixed final : public Random {
 public:
  using Random::Random;
  Request next() override {
    if (prng_.chance(1, 10)) return Write{put_of(random_key()), {}};
    return read_of(random_key(), Consistency::linearizable);
  }
};

/// Swaps the value of one key if it is as it was last seen; else sees it anew, in the same transaction.
class Swaps final : public Random {
 public:
  Swaps(const SourceSetup& setup, std::uint32_t caller, std::uint64_t key) : Random(setup, caller), key_(key_of(options(), key)) {}
  Request next() override {
    Txn txn;
    txn.when(Compare::mod_revision_is(key_, seen_)).then(put_of(key_)).otherwise(get_of(key_));
    return Write{std::move(txn), {}};
  }
  void take(const Reply& reply) override {
    const auto* result = std::get_if<TxnResult>(&reply.body);
    if (result == nullptr) return;
    if (result->succeeded) {
      seen_ = reply.header.revision;
      ++swapped_;
    } else if (const auto* read = result->results.empty() ? nullptr : std::get_if<RangeResult>(&result->results.front().body)) {
      seen_ = read->kvs.empty() ? Revision{} : read->kvs.front().mod_revision;
    }
  }
  [[nodiscard]] std::string counter_name() const override { return "swapped"; }
  [[nodiscard]] std::uint64_t counter() const override { return swapped_; }

 private:
  std::string key_;
  Revision seen_;
  std::uint64_t swapped_ = 0;
};

class Txns final : public Random {
 public:
  using Random::Random;
  Request next() override {
    // Neighbours of a random key: no transaction may change one key twice.
    const std::uint64_t first = prng_.below(options().keys);
    Txn txn;
    for (std::uint64_t i = 0; i < 8; ++i) {
      std::string key = key_of(options(), (first + i) % std::max<std::uint64_t>(options().keys, 8));
      if (i % 2 == 0)
        txn.then(put_of(std::move(key)));
      else
        txn.then(get_of(std::move(key)));
    }
    return Write{std::move(txn), {}};
  }
};

class Grants final : public Random {
 public:
  using Random::Random;
  Request next() override { return Write{Write::LeaseGrant{{}, std::chrono::minutes(10), {}, {}}, {}}; }
};

class Renewals final : public Random {
 public:
  using Random::Random;
  Request next() override { return Write{Write::LeaseRenew{{setup_.leases[prng_.below(setup_.leases.size())]}}, {}}; }
};

class Pages final : public Random {
 public:
  using Random::Random;
  Request next() override {
    RangeOp page;
    page.keys = Keys::range(from_.empty() ? options().prefix : from_, options().prefix + "\xff");
    page.limit = options().page;
    return Read{std::move(page), Consistency::linearizable, {}, {}, {}};
  }
  void take(const Reply& reply) override {
    const auto* page = std::get_if<RangeResult>(&reply.body);
    if (page == nullptr) return;
    rows_ += page->kvs.size();
    from_ = page->more ? page->next_key : std::string();
  }
  [[nodiscard]] std::string counter_name() const override { return "rows"; }
  [[nodiscard]] std::uint64_t counter() const override { return rows_; }

 private:
  std::string from_;
  std::uint64_t rows_ = 0;
};

}  // namespace

std::unique_ptr<Source> make_source(const SourceSetup& setup, std::uint32_t caller) {
  switch (setup.options.workload) {
    case Workload::put:
    case Workload::put_large: return std::make_unique<Puts>(setup, caller);
    case Workload::get: return std::make_unique<Gets>(setup, caller, Consistency::linearizable);
    case Workload::get_serializable: return std::make_unique<Gets>(setup, caller, Consistency::serializable);
    case Workload::mixed: return std::make_unique<Mixed>(setup, caller);
    case Workload::cas: return std::make_unique<Swaps>(setup, caller, caller);
    case Workload::cas_contended: return std::make_unique<Swaps>(setup, caller, 0);
    case Workload::txn: return std::make_unique<Txns>(setup, caller);
    case Workload::lease_grant: return std::make_unique<Grants>(setup, caller);
    case Workload::lease_renew: return std::make_unique<Renewals>(setup, caller);
    case Workload::range: return std::make_unique<Pages>(setup, caller);
    case Workload::fill:
    case Workload::lock:
    case Workload::watch:
    case Workload::recover:
    case Workload::start: return nullptr;
  }
  return nullptr;
}

bool reads_keys(Workload workload) {
  return workload == Workload::get || workload == Workload::get_serializable || workload == Workload::mixed ||
         workload == Workload::txn || workload == Workload::range;
}

}  // namespace conclave::bench
