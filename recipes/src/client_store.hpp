#pragma once

#include "conclave/recipes/own/client_store.hpp"
