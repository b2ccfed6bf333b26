// The built plugins as a host sees them: one symbol, a descriptor that agrees with the manifest,
// refusals that say why, and a life that can be repeated.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "tests/plugins/support/jq_map.hpp"
#include "tests/plugins/support/plugin_library.hpp"
#include "tests/plugins/support/replies.hpp"

namespace perennial::tests {
namespace {

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  char bytes[512];
  while (pipe != nullptr && fgets(bytes, sizeof(bytes), pipe) != nullptr) text += bytes;
  if (pipe != nullptr) pclose(pipe);
  return text;
}

// One call for each operation, and what the source reads.
Json http_config() {
  Json config = {{"base_url", "http://127.0.0.1:9"},
                 {"auth", {{"kind", "none"}}},
                 {"calls", Json::array({{{"name", "list"}, {"path", "/things"}}})},
                 {"source", {{"call", "list"}}}};
  for (const char* name : {"state", "submit", "create", "send", "read"}) {
    config["calls"].push_back({{"name", name},
                               {"operation", name},
                               {"path", "/things"},
                               {"key_header", "Idempotency-Key"},
                               {"lookup", "list"}});
  }
  return config;
}

Json minimal_config(const std::string& id) {
  if (id == "http") return http_config();
  if (id == "billing") return {{"base_url", "http://127.0.0.1:9"}};
  Json config = {{"base_url", "http://127.0.0.1:9"}};
  if (id == "erp") config["auth"] = {{"kind", "basic"}, {"user", "u"}};
  if (id == "entitlement") config["auth"] = {{"kind", "bearer"}};
  if (id == "salesforce") config["auth"] = {{"kind", "client_credentials"}, {"client_id", "c"}};
  return config;
}

const std::map<std::string, std::string> secrets = {
    {"auth.password", "p"}, {"auth.token", "t"}, {"auth.client_secret", "s"}, {"api_key", "k"}};

class LibraryTest : public ::testing::TestWithParam<const char*> {
 protected:
  std::string id() const { return GetParam(); }
};

TEST_P(LibraryTest, ExportsOneSymbol) {
  const std::string symbols =
      output_of("nm -D --defined-only " + plugin_folder(id()) + "/" + id() + ".so");
  EXPECT_EQ(std::count(symbols.begin(), symbols.end(), '\n'), 1) << symbols;
  EXPECT_NE(symbols.find(" perennial_plugin\n"), std::string::npos) << symbols;
}

TEST_P(LibraryTest, HasItsManifestSchemaAndMappingsBesideIt) {
  for (const auto& entry : std::filesystem::directory_iterator("plugins/" + id() + "/mappings")) {
    EXPECT_EQ(text_file(plugin_folder(id()) + "/mappings/" + entry.path().filename().string()),
              text_file(entry.path().string()));
  }
  for (const char* name : {"/connector.json", "/config.schema.json"}) {
    EXPECT_EQ(text_file(plugin_folder(id()) + name), text_file("plugins/" + id() + name));
  }
}

TEST_P(LibraryTest, DescribesItselfAsTheManifestDoes) {
  LoadedPlugin plugin(id());
  const perennial_descriptor* descriptor = plugin.entry().describe();
  const Json manifest = json_file("plugins/" + id() + "/connector.json");
  EXPECT_EQ(descriptor->id, manifest["id"]);
  EXPECT_EQ(descriptor->version, manifest["version"]);
  EXPECT_EQ(plugin.entry().struct_size, sizeof(perennial_entry));
  EXPECT_EQ(plugin.entry().abi_major, PERENNIAL_ABI_MAJOR);
  EXPECT_EQ(plugin.instance()->struct_size, sizeof(perennial_instance));
}

TEST_P(LibraryTest, HasTheTablesThatTheManifestNeeds) {
  LoadedPlugin plugin(id());
  const Json manifest = json_file("plugins/" + id() + "/connector.json");
  const auto has = [&](const char* name) {
    return plugin.instance()->get_extension(plugin.instance(), name) != nullptr;
  };
  EXPECT_EQ(has(PERENNIAL_SOURCE), !manifest["sources"].empty());
  EXPECT_EQ(has(PERENNIAL_WEBHOOK), !manifest["webhooks"].empty());
  EXPECT_TRUE(has(PERENNIAL_OPERATION));
  EXPECT_TRUE(has(PERENNIAL_LOOKUP));
  EXPECT_TRUE(has(PERENNIAL_HEALTH));
}

TEST_P(LibraryTest, RefusesAConfigurationThatCannotWork) {
  LoadedPlugin plugin(id());
  EXPECT_EQ(plugin.configure({{"base_url", "nowhere"}}), PERENNIAL_CALL_REFUSED);
  EXPECT_NE(plugin.host().last_fault().find("`base_url`"), std::string::npos);
  perennial_instance* instance = plugin.instance();
  EXPECT_EQ(instance->configure(instance, sdk::view(std::string_view("\xc1"))),
            PERENNIAL_CALL_REFUSED);
  EXPECT_NE(plugin.host().last_fault().find("msgpack"), std::string::npos);
}

TEST_P(LibraryTest, StartsStopsAndStartsAgain) {
  LoadedPlugin plugin(id(), secrets);
  for (int round = 0; round < 2; ++round) {
    ASSERT_EQ(plugin.configure(minimal_config(id())), PERENNIAL_CALL_DONE)
        << plugin.host().last_fault();
    EXPECT_EQ(plugin.start(), PERENNIAL_CALL_DONE);
    plugin.stop();
  }
}

TEST_P(LibraryTest, OutOfReachIsAnAnswerOfEveryCall) {
  LoadedPlugin plugin(id(), secrets);
  ASSERT_EQ(plugin.configure(minimal_config(id())), PERENNIAL_CALL_DONE);
  plugin.start();
  const Json manifest = json_file("plugins/" + id() + "/connector.json");
  const auto* operations = plugin.extension<perennial_operation>(PERENNIAL_OPERATION);
  const Json payload = {{"order", "1"},
                        {"to_Item", Json::array()},
                        {"SoldToParty", "1"},
                        {"action", Json::object()},
                        {"InvoiceReference", "i"},
                        {"user", "u"},
                        {"until", "2027-01-01"},
                        {"subscription", "s"},
                        {"customer", "c"},
                        {"invoice", "i"},
                        {"params", Json::object()},
                        {"lines", {{{"amount", 1}}}},
                        {"record", {{"Renewal_Number__c", "R-1"}}}};
  for (const auto& [name, operation] : manifest["operations"].items()) {
    Deliveries deliveries;
    deliveries.add("k", payload);
    const perennial_operation_call call = deliveries.call(name);
    OperationRecorder recorder;
    EXPECT_EQ(operations->execute(plugin.instance(), &call, &recorder.reply()), PERENNIAL_CALL_DONE)
        << plugin.host().last_fault();
    EXPECT_EQ(recorder.at(0).kind, sdk::OutcomeKind::not_connected) << name;
    EXPECT_EQ(recorder.at(0).code, "connect_failed") << name;
  }
  for (const auto& [name, source] : manifest["sources"].items()) {
    perennial_source_call call{};
    call.source = sdk::view(std::string_view(name));
    call.deadline_ms = 5000;
    call.records_max = 10;
    call.start = sdk::view(std::string_view("all"));
    SourceRecorder recorder;
    const auto* table = plugin.extension<perennial_source>(PERENNIAL_SOURCE);
    EXPECT_EQ(table->poll(plugin.instance(), &call, &recorder.reply()),
              PERENNIAL_SOURCE_NOT_CONNECTED);
  }
}

TEST_P(LibraryTest, ANameThatTheManifestDoesNotHaveIsAFault) {
  LoadedPlugin plugin(id(), secrets);
  ASSERT_EQ(plugin.configure(minimal_config(id())), PERENNIAL_CALL_DONE);
  plugin.start();
  Deliveries deliveries;
  deliveries.add("k", Json::object());
  const perennial_operation_call call = deliveries.call("unheard_of");
  OperationRecorder recorder;
  EXPECT_EQ(plugin.extension<perennial_operation>(PERENNIAL_OPERATION)
                ->execute(plugin.instance(), &call, &recorder.reply()),
            PERENNIAL_CALL_FAULT);
  EXPECT_NE(plugin.host().last_fault().find("`unheard_of`"), std::string::npos);
}

TEST_P(LibraryTest, APayloadThatIsNoMapIsRejected) {
  LoadedPlugin plugin(id(), secrets);
  ASSERT_EQ(plugin.configure(minimal_config(id())), PERENNIAL_CALL_DONE);
  plugin.start();
  const Json manifest = json_file("plugins/" + id() + "/connector.json");
  Deliveries deliveries;
  deliveries.add("k", Json::array());
  const perennial_operation_call call = deliveries.call(manifest["operations"].begin().key());
  OperationRecorder recorder;
  plugin.extension<perennial_operation>(PERENNIAL_OPERATION)
      ->execute(plugin.instance(), &call, &recorder.reply());
  EXPECT_EQ(recorder.at(0).kind, sdk::OutcomeKind::rejected);
  EXPECT_EQ(recorder.at(0).code, "payload_unreadable");
}

INSTANTIATE_TEST_SUITE_P(All, LibraryTest,
                         ::testing::Values("salesforce", "erp", "billing", "entitlement", "http"));

}  // namespace
}  // namespace perennial::tests
