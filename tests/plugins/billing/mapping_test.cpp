// The billing mappings against golden pairs.
#include <gtest/gtest.h>

#include "tests/plugins/support/golden.hpp"

namespace perennial::tests {
namespace {

TEST(BillingMappingTest, GoldenPairs) {
  expect_golden_pairs("billing");
}

}  // namespace
}  // namespace perennial::tests
