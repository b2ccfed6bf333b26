// What a manifest promises: files that are there, types that have schemas, fields with words.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/plugins/support/jq_map.hpp"

namespace perennial::tests {
namespace {

class ManifestTest : public ::testing::TestWithParam<const char*> {
 protected:
  std::string folder() const { return std::string("plugins/") + GetParam(); }
  Json manifest() const { return json_file(folder() + "/connector.json"); }
};

void expect_types(const Json& names) {
  for (const Json& name : names) {
    // A connector without a vendor leaves the types to the maps of whoever configures it.
    if (name == "*") continue;
    const std::string path = "schemas/events/" + name.get<std::string>() + ".json";
    EXPECT_TRUE(std::filesystem::exists(path)) << path;
  }
}

TEST_P(ManifestTest, NamesItselfAndItsFiles) {
  const Json manifest = this->manifest();
  EXPECT_EQ(manifest["manifest_version"], 1);
  EXPECT_EQ(manifest["id"], GetParam());
  EXPECT_EQ(manifest["library"], std::string(GetParam()) + ".so");
  EXPECT_EQ(manifest["abi"], Json({{"major", 1}, {"minor", 0}}));
  EXPECT_TRUE(std::filesystem::exists(folder() + "/config.schema.json"));
  EXPECT_TRUE(std::filesystem::exists(folder() + "/README.md"));
}

TEST_P(ManifestTest, EveryMapIsThereAndEveryTypeHasASchema) {
  const Json manifest = this->manifest();
  JqMaps maps(GetParam());
  const auto has_map = [&](const Json& name) {
    return std::find(maps.names().begin(), maps.names().end(), name) != maps.names().end();
  };
  std::size_t used = 0;
  for (const auto& [name, source] : manifest["sources"].items()) {
    EXPECT_TRUE(has_map(source["map"])) << name;
    expect_types(source["emits"]);
    EXPECT_FALSE(source["emits"].empty());
    ++used;
  }
  for (const auto& [name, operation] : manifest["operations"].items()) {
    EXPECT_TRUE(has_map(operation["map"])) << name;
    expect_types(operation["accepts"]);
    expect_types(operation["emits"]);
    EXPECT_EQ(operation.contains("result_map"), !operation["emits"].empty()) << name;
    if (operation.contains("result_map")) {
      EXPECT_TRUE(has_map(operation["result_map"])) << name;
    }
    used += operation.contains("result_map") ? 2 : 1;
  }
  EXPECT_EQ(used, maps.names().size()) << "a mapping that nothing names";
}

TEST_P(ManifestTest, EveryOperationSaysHowItIsIdempotent) {
  const Json operations = manifest()["operations"];
  for (const auto& [name, operation] : operations.items()) {
    const Json& idempotency = operation["idempotency"];
    const std::string kind = idempotency["kind"];
    EXPECT_GT(operation["deadline_ms"], 0) << name;
    EXPECT_GT(operation["batch"], 0) << name;
    // An effect that nothing keeps from happening twice is offered by its own name only.
    if (kind == "none" && name == "send") continue;
    EXPECT_TRUE(kind == "key" || kind == "natural" || kind == "lookup") << name;
    EXPECT_EQ(kind == "key", idempotency.contains("key_window")) << name;
    EXPECT_GT(idempotency["settle_ms"], 0) << name;
    EXPECT_LE(idempotency["key_length_max"], 64) << name;
  }
}

TEST_P(ManifestTest, EveryWebhookGivesTheRecordsOfASource) {
  const Json manifest = this->manifest();
  for (const auto& [name, webhook] : manifest["webhooks"].items()) {
    EXPECT_TRUE(manifest["sources"].contains(webhook["as_source"])) << name;
  }
}

bool has_unit(const std::string& name) {
  for (const char* unit : {"_ms", "_s", "_bytes_max", "_records", "_number", "pages_max"}) {
    if (name.ends_with(unit)) return true;
  }
  return false;
}

void expect_described(const Json& schema, const std::string& at);

void expect_field(const Json& field, const std::string& name, const std::string& path) {
  EXPECT_GT(field.value("description", "").size(), 8u) << path;
  if (field["type"] == "object") expect_described(field, path);
  if (field["type"] == "array" && field["items"]["type"] == "object") {
    expect_field(field["items"], name, path + "[]");
  }
  if (field.value("secret", false)) {
    EXPECT_FALSE(field.contains("default")) << path;
  }
  if (field["type"] == "integer") {
    EXPECT_TRUE(has_unit(name)) << path << " states no unit";
    EXPECT_TRUE(field.contains("minimum") && field.contains("maximum")) << path;
  }
}

void expect_described(const Json& schema, const std::string& at) {
  EXPECT_EQ(schema["additionalProperties"], false) << at;
  for (const auto& [name, field] : schema["properties"].items()) {
    expect_field(field, name, at + "." + name);
  }
  for (const Json& name : schema.value("required", Json::array())) {
    EXPECT_TRUE(schema["properties"].contains(name)) << at;
  }
}

TEST_P(ManifestTest, EveryConfigFieldIsDescribed) {
  expect_described(json_file(folder() + "/config.schema.json"), GetParam());
}

INSTANTIATE_TEST_SUITE_P(All, ManifestTest,
                         ::testing::Values("salesforce", "erp", "billing", "entitlement", "http"));

TEST(EventSchemasTest, EachSaysWhatItIsAndHasAnExample) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("schemas/events")) {
    const Json schema = json_file(entry.path().string());
    const std::string name = entry.path().stem().string();
    EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema") << name;
    EXPECT_TRUE(schema["$id"].get<std::string>().ends_with("/" + name + ".json")) << name;
    EXPECT_FALSE(schema["examples"].empty()) << name;
    for (const Json& example : schema["examples"]) {
      for (const Json& field : schema["required"]) {
        EXPECT_TRUE(example.contains(field)) << name << " " << field;
      }
    }
    ++count;
  }
  EXPECT_EQ(count, 42u);
}

}  // namespace
}  // namespace perennial::tests
