#include "conclave/test/catch.hpp"
#include "log_store_contract.hpp"
#include "snapshot_store_contract.hpp"
#include "state_store_contract.hpp"
#include "wired_tiger_medium.hpp"

using namespace conclave::contract;

TEST_CASE("WiredTiger keeps the contract of the log store") { log_store_contract(make_wired_tiger_medium); }
TEST_CASE("WiredTiger keeps the contract of the state store") { state_store_contract(make_wired_tiger_medium); }
TEST_CASE("WiredTiger keeps the contract of the snapshot store") { snapshot_store_contract(make_wired_tiger_medium); }
