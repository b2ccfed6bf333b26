// Golden pairs of mappings: tests/plugins/<connector>/golden/<name>.json holds
//   {"map", "vars"?, "input", "output": [...]} or, for an input that must be refused, "error".
#ifndef PERENNIAL_TESTS_PLUGINS_SUPPORT_GOLDEN_HPP
#define PERENNIAL_TESTS_PLUGINS_SUPPORT_GOLDEN_HPP

#include <string>

namespace perennial::tests {

// Runs all pairs of the connector, checks that each map has one, and that every event which a map
// gives satisfies the schema of its type.
void expect_golden_pairs(const std::string& connector);

}  // namespace perennial::tests

#endif
