// The records that recipes write into the store, where anybody may have written something else.
#include "conclave/recipes_core/item_record.hpp"
#include "conclave/recipes_core/record.hpp"
#include "conclave/recipes_core/service_record.hpp"
#include "fuzz.hpp"

using namespace conclave;
using namespace conclave::recipes::core;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  fuzz::demand_same_again(record_from_json, text, "a place");
  fuzz::demand_same_again(slots_from_json, text, "slots");
  fuzz::demand_same_again(reboot_from_json, text, "a machine that may reboot");
  fuzz::demand_same_again(item_from_json, text, "an item of a work queue");
  fuzz::demand_same_again(service_from_json, text, "an instance of a service");
  return 0;
}
