#include "conclave/locksmith/adoption.hpp"

#include "conclave/recipes/own/run.hpp"
#include "conclave/recipes_core/names.hpp"

namespace conclave::locksmith {

Result<bool> adopt(Client& client, std::string group, Adoption adoption, recipes::Wait wait) {
  if (const auto name = recipes::core::check_name(group); !name) return fail(name.error());
  const recipes::Base base(client);
  const fleet::Group made(base.hub, {}, std::move(group));
  return recipes::blocking<bool>(*base.loop, [&](auto done) {
    recipes::run<bool>(
        base.loop, wait, [made, adoption](recipes::core::Call call) { return fleet::adopt(made, adoption, std::move(call)); },
        std::move(done));
  });
}

}  // namespace conclave::locksmith
