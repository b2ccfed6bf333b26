// The salesforce mappings against golden pairs.
#include <gtest/gtest.h>

#include "tests/plugins/support/golden.hpp"

namespace perennial::tests {
namespace {

TEST(SalesforceMappingTest, GoldenPairs) {
  expect_golden_pairs("salesforce");
}

}  // namespace
}  // namespace perennial::tests
