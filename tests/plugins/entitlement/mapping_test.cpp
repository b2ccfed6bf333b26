// The entitlement mappings against golden pairs.
#include <gtest/gtest.h>

#include "tests/plugins/support/golden.hpp"

namespace perennial::tests {
namespace {

TEST(EntitlementMappingTest, GoldenPairs) {
  expect_golden_pairs("entitlement");
}

}  // namespace
}  // namespace perennial::tests
