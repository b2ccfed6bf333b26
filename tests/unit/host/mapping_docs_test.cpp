// Every example of docs/mappings.md does what stands behind its arrow.
#include <gmock/gmock.h>

#include <fstream>

#include "runtime/event/pack.hpp"
#include "runtime/host/jq_engine.hpp"
#include "runtime/host/jq_value.hpp"
#include "tests/unit/host/support.hpp"

namespace perennial::host {
namespace {

using ::testing::HasSubstr;

struct Example {
  std::string filter;
  std::string result;
};

std::vector<Example> examples_of(const std::string& path) {
  std::vector<Example> examples;
  std::ifstream file(path);
  bool is_inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("```", 0) == 0) is_inside = line == "```jq";
    const auto arrow = line.find("=> ");
    if (!is_inside || line.rfind("```", 0) == 0) continue;
    EXPECT_NE(arrow, std::string::npos) << line;
    if (arrow == std::string::npos) continue;
    examples.push_back({line.substr(0, arrow), line.substr(arrow + 3)});
  }
  return examples;
}

// The profile that the document shows.
CurrencyProfiles shown_profile(const std::string& path) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto begin = text.find("```json\n") + 8;
  Folder folder;
  folder.write("example.json", text.substr(begin, text.find("```", begin) - begin));
  auto profiles = read_currency_profiles(folder / ".");
  EXPECT_TRUE(profiles) << (profiles ? "" : profiles.error().reason);
  return profiles ? *profiles : CurrencyProfiles();
}

TEST(MappingDocs, EveryExampleIsTrue) {
  const std::string path = "docs/mappings.md";
  const std::vector<Example> examples = examples_of(path);
  ASSERT_GE(examples.size(), 80u);
  std::string map = "[";
  for (const Example& one : examples) {
    map += (map.size() > 1 ? ",\n" : "") + ("(try ([" + one.filter +
                                            "][0] | tojson) catch "
                                            "\"error: \\(.)\")");
  }
  Folder folder;
  folder.write("m/all.jq", map + "]");
  const auto program = JqProgram::assemble(folder / "m", {}, {}, shown_profile(path));
  ASSERT_TRUE(program) << program.error().reason;
  const auto engine = JqEngine::compile(*program);
  ASSERT_TRUE(engine) << engine.error().reason;
  Bytes input;
  event::Packer(input).nil();
  const auto outputs = (*engine)->run("all", input, RunBounds());
  ASSERT_TRUE(outputs) << outputs.error().reason;
  auto results = to_jq(outputs->at(0));
  ASSERT_TRUE(results);
  for (std::size_t index = 0; index < examples.size(); ++index) {
    const std::string result = to_shown(jv_array_get(results->copy(), static_cast<int>(index)));
    const std::string& wanted = examples[index].result;
    if (wanted.rfind("error: ", 0) == 0) {
      EXPECT_THAT(result, HasSubstr(wanted.substr(7))) << examples[index].filter;
      EXPECT_EQ(result.rfind("error: ", 0), 0u) << examples[index].filter << result;
    } else {
      EXPECT_EQ(result, wanted) << examples[index].filter;
    }
  }
}

}  // namespace
}  // namespace perennial::host
