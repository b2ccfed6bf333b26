// The http mappings against golden pairs.
#include <gtest/gtest.h>

#include "tests/plugins/support/golden.hpp"

namespace perennial::tests {
namespace {

TEST(HttpMappingTest, GoldenPairs) {
  expect_golden_pairs("http");
}

}  // namespace
}  // namespace perennial::tests
