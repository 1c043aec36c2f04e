#pragma once

#include "conclave/c/txn.h"
#include "conclave/client/types.hpp"

struct conclave_txn {
  conclave::Txn txn;
};
