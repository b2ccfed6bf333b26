// The erp mappings against golden pairs.
#include <gtest/gtest.h>

#include "tests/plugins/support/golden.hpp"

namespace perennial::tests {
namespace {

TEST(ErpMappingTest, GoldenPairs) {
  expect_golden_pairs("erp");
}

}  // namespace
}  // namespace perennial::tests
