#pragma once

#include "conclave/recipes/own/run.hpp"
