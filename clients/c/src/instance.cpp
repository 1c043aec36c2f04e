#include "instance.hpp"

namespace conclave::c {

static_assert(static_cast<int>(recipes::InstanceState::draining) == CONCLAVE_INSTANCE_DRAINING);
static_assert(static_cast<int>(recipes::InstanceState::unhealthy) == CONCLAVE_INSTANCE_UNHEALTHY);

OwnedInstance::OwnedInstance(recipes::ServiceInstance instance) : conclave_instance{}, source(std::move(instance)) {
  for (const std::string& tag : source.tags) tag_texts.push_back(tag.c_str());
  for (const auto& [name, value] : source.meta) labels.push_back({name.c_str(), value.c_str()});
  id = source.id.c_str();
  address = source.address.c_str();
  port = source.port;
  weight = source.weight;
  version = source.version.c_str();
  tags = tag_texts.data();
  tags_size = tag_texts.size();
  meta = labels.data();
  meta_size = labels.size();
  state = static_cast<conclave_instance_state>(source.state);
}

recipes::ServiceInstance instance_of(Arguments& in, const conclave_instance_options* given) {
  const conclave_instance_options from = in.options(given);
  in.require(from.tags != nullptr || from.tags_size == 0, "tags is NULL");
  in.require(from.meta != nullptr || from.meta_size == 0, "meta is NULL");
  if (in.error()) return {};
  recipes::ServiceInstance to;
  to.id = Arguments::text(from.id);
  to.address = Arguments::text(from.address);
  to.port = from.port;
  if (from.weight > 0) to.weight = from.weight;
  if (from.not_chosen) to.weight = 0;
  to.version = Arguments::text(from.version);
  for (std::size_t i = 0; i < from.tags_size; ++i) to.tags.push_back(Arguments::text(from.tags[i]));
  for (std::size_t i = 0; i < from.meta_size; ++i) {
    const auto [entry, is_new] = to.meta.emplace(Arguments::text(from.meta[i].name), Arguments::text(from.meta[i].value));
    in.require(is_new, "a name of meta comes twice");
  }
  return to;
}

}  // namespace conclave::c

conclave_instances::conclave_instances(std::vector<conclave::recipes::ServiceInstance> all) {
  for (auto& instance : all) rows.push_back(std::make_unique<conclave::c::OwnedInstance>(std::move(instance)));
}

extern "C" {

void conclave_instance_free(conclave_instance* instance) { delete static_cast<conclave::c::OwnedInstance*>(instance); }

size_t conclave_instances_size(const conclave_instances* instances) { return instances == nullptr ? 0 : instances->rows.size(); }
const conclave_instance* conclave_instances_at(const conclave_instances* instances, size_t position) {
  return position < conclave_instances_size(instances) ? instances->rows[position].get() : nullptr;
}
void conclave_instances_free(conclave_instances* instances) { delete instances; }

}  // extern "C"
