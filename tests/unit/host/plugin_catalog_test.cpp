#include "runtime/host/plugin_catalog.hpp"

#include <gmock/gmock.h>

#include "runtime/host/jq_engine.hpp"
#include "runtime/host/jq_program.hpp"
#include "tests/unit/host/support.hpp"

namespace perennial::host {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A manifest with `change` in the place of the field of that name, or added.
std::string manifest_json(const std::string& id = "one", const std::string& version = "0.1.0",
                          const std::string& more = "") {
  return R"({"manifest_version": 1, "id": ")" + id + R"(", "version": ")" + version +
         R"(", "library": "p.so", "abi": {"major": 1, "minor": 0},
             "config_schema": "config.schema.json")" +
         more + "}";
}

void write_plugin(const Folder& folder, const std::string& name, const std::string& manifest) {
  folder.write(name + "/connector.json", manifest);
  folder.write(name + "/config.schema.json", R"({"type": "object"})");
}

std::string reading_error(const std::string& manifest) {
  Folder folder;
  write_plugin(folder, "p", manifest);
  folder.write("p/mappings/known.jq", ".");
  const auto read = read_manifest(folder / "p");
  return read ? "read" : read.error().reason;
}

std::string error_with(const std::string& more) {
  return reading_error(manifest_json("one", "0.1.0", ", " + more));
}

TEST(Manifest, ReadsEveryField) {
  Folder folder;
  write_plugin(folder, "p", manifest_json("one", "1.2.3-rc.1", R"(, "title": "One",
    "sources": {"things": {"description": "d", "map": "m", "emits": ["a.v1"], "every": "PT1M30S",
                           "records_max": 7, "deadline_ms": 1234}},
    "operations": {"act": {"description": "d", "kind": "effect", "accepts": ["a.v1"], "map": "m",
        "result_map": "m", "emits": ["b.v1"], "order_by": "subject", "concurrency": 3, "batch": 9,
        "deadline_ms": 99, "idempotency": {"kind": "key", "key_length_max": 35,
        "key_window": "P1D", "caches_failures": true, "settle_ms": 2000}},
      "ask": {"description": "d", "kind": "query"}},
    "webhooks": {"hook": {"description": "d", "as_source": "things"}})"));
  folder.write("p/mappings/m.jq", ".");
  const auto manifest = read_manifest(folder / "p");
  ASSERT_TRUE(manifest) << manifest.error().reason;
  EXPECT_EQ(manifest->version, "1.2.3-rc.1");
  EXPECT_EQ(manifest->library, folder / "p/p.so");
  const SourceManifest* source = manifest->find_source("things");
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(source->every_ms, 90'000);
  EXPECT_EQ(source->records_max, 7u);
  const OperationManifest* act = manifest->find_operation("act");
  ASSERT_NE(act, nullptr);
  EXPECT_EQ(act->idempotency.kind, IdempotencyKind::key);
  EXPECT_EQ(act->idempotency.key_length_max, 35u);
  EXPECT_EQ(act->idempotency.key_window_ms, 86'400'000);
  EXPECT_TRUE(act->idempotency.caches_failures);
  EXPECT_EQ(act->idempotency.settle_ms, 2000);
  EXPECT_EQ(act->order_by, "subject");
  EXPECT_EQ(act->concurrency, 3u);
  EXPECT_EQ(act->batch, 9u);
  EXPECT_EQ(manifest->find_operation("ask")->kind, OperationKind::query);
  EXPECT_EQ(manifest->find_webhook("hook")->as_source, "things");
  EXPECT_EQ(manifest->find_source("none"), nullptr);
}

TEST(Manifest, TellsSyntaxErrorsByLineAndColumn) {
  EXPECT_THAT(reading_error("{\n  \"id\": \"one\",\n  oops}"), HasSubstr("connector.json:3:3"));
}

TEST(Manifest, TellsWhatIsWrongWhereAndHowToCureIt) {
  EXPECT_THAT(reading_error("[]"), HasSubstr("at the top: expected an object"));
  EXPECT_THAT(reading_error(manifest_json("One")), HasSubstr("at /id: expected a name of a-z"));
  EXPECT_THAT(reading_error(manifest_json("one", "1.0")),
              HasSubstr("at /version: expected a semantic version"));
  EXPECT_THAT(error_with(R"("sourcess": {})"),
              AllOf(HasSubstr("at /sourcess"), HasSubstr("did you mean 'sources'?")));
  EXPECT_THAT(error_with(R"("sources": [])"), HasSubstr("at /sources: expected an object"));
  EXPECT_THAT(error_with(R"("sources": {"a": {"emits": ["x"]}})"),
              HasSubstr("at /sources/a/description: expected a text, but the field is missing"));
  EXPECT_THAT(error_with(R"("sources": {"a": {"description": "d"}})"),
              HasSubstr("at /sources/a/emits"));
  EXPECT_THAT(
      error_with(R"("sources": {"a": {"description": "d", "emits": ["x"], "every": "5s"}})"),
      HasSubstr("at /sources/a/every: expected an ISO 8601 duration"));
  EXPECT_THAT(
      error_with(R"("sources": {"a": {"description": "d", "emits": ["x"], "records_max": 0}})"),
      HasSubstr("expected an integer from 1 to 10000, but 0 came"));
  EXPECT_THAT(
      error_with(R"("sources": {"a": {"description": "d", "emits": ["x"], "map": "absent"}})"),
      AllOf(HasSubstr("at /sources/a/map"), HasSubstr("mappings/absent.jq")));
  EXPECT_THAT(error_with(R"("operations": {"a": {"description": "d", "kind": "efect"}})"),
              HasSubstr("expected one of effect, query, but 'efect' came"));
  EXPECT_THAT(error_with(R"("operations": {"a": {"description": "d", "kind": "effect"}})"),
              HasSubstr("at /operations/a/idempotency"));
  EXPECT_THAT(error_with(R"("operations": {"a": {"description": "d", "kind": "effect",
                            "idempotency": {"kind": "key"}}})"),
              HasSubstr("at /operations/a/idempotency/key_window"));
  EXPECT_THAT(error_with(R"("operations": {"a": {"description": "d", "kind": "effect",
                            "idempotency": {"kind": "lookup", "key_window": "PT1H"}}})"),
              HasSubstr("remove it"));
  EXPECT_THAT(error_with(R"("webhooks": {"h": {"description": "d", "as_source": "x"}})"),
              HasSubstr("at /webhooks/h/as_source"));
}

TEST(Manifest, KeepsToItsOwnFolder) {
  const std::string outside = R"({"manifest_version": 1, "id": "one", "version": "0.1.0",
    "library": "../other/p.so", "abi": {"major": 1, "minor": 0}, "config_schema": "s.json"})";
  EXPECT_THAT(reading_error(outside), HasSubstr("at /library: expected a file name within"));
}

TEST(Manifest, RefusesNewerManifests) {
  EXPECT_THAT(reading_error(R"({"manifest_version": 2})"), HasSubstr("this runtime is too old"));
}

TEST(Manifest, NamesAMissingOrWrongSchema) {
  Folder folder;
  folder.write("p/connector.json", manifest_json());
  EXPECT_THAT(read_manifest(folder / "p").error().reason, HasSubstr("config.schema.json"));
  folder.write("p/config.schema.json", "[1]");
  EXPECT_THAT(read_manifest(folder / "p").error().reason, HasSubstr("expected a JSON Schema"));
}

TEST(Manifest, ReadsDurations) {
  EXPECT_EQ(parse_duration_ms("PT5S"), 5'000);
  EXPECT_EQ(parse_duration_ms("PT0.25S"), 250);
  EXPECT_EQ(parse_duration_ms("P1DT2H3M4S"), 93'784'000);
  EXPECT_EQ(parse_duration_ms("P30D"), 2'592'000'000);
  for (const char* wrong :
       {"", "P", "PT", "5S", "PT5", "P5S", "PT1M1H", "PT-5S", "P1Y", "P99999D", "PT1S1S", "PTS"}) {
    EXPECT_LT(parse_duration_ms(wrong), 0) << wrong;
  }
}

TEST(PluginCatalog, ChoosesTheNewestUnlessAskedOtherwise) {
  Folder folder;
  for (const char* version : {"0.9.0", "0.10.0", "0.10.0-rc.2", "0.2.0"}) {
    write_plugin(folder, "one-" + std::string(version), manifest_json("one", version));
  }
  const auto catalog = PluginCatalog::scan({folder.path()});
  ASSERT_TRUE(catalog);
  EXPECT_EQ((*catalog->find("one"))->version, "0.10.0");
  EXPECT_EQ((*catalog->find("one", "0.2.0"))->version, "0.2.0");
  EXPECT_THAT(catalog->find("one", "3.0.0").error().reason,
              HasSubstr("these are installed: 0.10.0, 0.10.0-rc.2, 0.9.0, 0.2.0"));
}

TEST(PluginCatalog, OrdersVersionsAsTheSpecificationDoes) {
  const std::vector<std::string> rising = {"0.1.0",        "1.0.0-alpha",   "1.0.0-alpha.1",
                                           "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
                                           "1.0.0",        "1.0.10",        "2.0.0"};
  for (std::size_t left = 0; left < rising.size(); ++left) {
    for (std::size_t right = 0; right < rising.size(); ++right) {
      const int order = compare_versions(rising[left], rising[right]);
      EXPECT_EQ(order < 0, left < right) << rising[left] << " " << rising[right];
      EXPECT_EQ(order == 0, left == right) << rising[left] << " " << rising[right];
    }
  }
}

TEST(PluginCatalog, RefusesTheSamePluginTwice) {
  Folder folder;
  write_plugin(folder, "here", manifest_json());
  write_plugin(folder, "there", manifest_json());
  write_plugin(folder, "two", manifest_json("two"));
  const auto catalog = PluginCatalog::scan({folder.path()});
  ASSERT_TRUE(catalog);
  EXPECT_THAT(catalog->find("one").error().reason,
              AllOf(HasSubstr("there are several"), HasSubstr("here"), HasSubstr("there")));
  EXPECT_TRUE(catalog->find("two"));
}

TEST(PluginCatalog, KeepsSoundPluginsBesideBrokenOnes) {
  Folder folder;
  write_plugin(folder, "broken", "{");
  write_plugin(folder, "two", manifest_json("two"));
  folder.write("no_plugin/readme.txt", "");
  const auto catalog = PluginCatalog::scan({folder.path()});
  ASSERT_TRUE(catalog);
  EXPECT_TRUE(catalog->find("two"));
  ASSERT_EQ(catalog->refusals().size(), 1u);
  EXPECT_THAT(catalog->find("broken").error().reason, HasSubstr("connector.json:1:"));
  EXPECT_THAT(catalog->find("three").error().reason,
              AllOf(HasSubstr("there is none"), HasSubstr("known are: two")));
}

TEST(PluginCatalog, SaysWhichSideIsTooOld) {
  const auto manifest = [](const std::string& abi) {
    return R"({"manifest_version": 1, "id": "one", "version": "0.1.0", "library": "p.so",
               "config_schema": "config.schema.json", "abi": )" +
           abi + "}";
  };
  const auto error = [&](const std::string& abi) {
    Folder folder;
    write_plugin(folder, "one", manifest(abi));
    return PluginCatalog::scan({folder.path()})->find("one").error().reason;
  };
  EXPECT_THAT(error(R"({"major": 2})"), HasSubstr("this runtime is too old"));
  EXPECT_THAT(error(R"({"major": 1, "minor": 7})"), HasSubstr("built for 1.7"));
  EXPECT_THAT(error(R"({"minor": 7})"), HasSubstr("/abi/major"));
  EXPECT_THAT(check_abi("p", 0, 9).error().reason, HasSubstr("the plugin is too old"));
}

TEST(PluginCatalog, NamesAMissingDirectory) {
  const auto catalog = PluginCatalog::scan({"/no/such/folder"});
  ASSERT_FALSE(catalog);
  EXPECT_THAT(catalog.error().reason, HasSubstr("/no/such/folder"));
}

// Whatever the tree has built so far: manifests are sound and mappings compile.
TEST(PluginCatalog, AcceptsEveryPluginOfTheTree) {
  hide_home_from_jq();
  const auto catalog = PluginCatalog::scan({plugin_directory("x").parent_path()});
  ASSERT_TRUE(catalog) << catalog.error().reason;
  for (const auto& refusal : catalog->refusals()) ADD_FAILURE() << refusal.reason;
  EXPECT_TRUE(catalog->find("testing"));
  for (const Manifest& manifest : catalog->manifests()) {
    const auto program = JqProgram::assemble(manifest.mappings, {}, {});
    ASSERT_TRUE(program) << program.error().reason;
    const auto engine = JqEngine::compile(*program);
    EXPECT_TRUE(engine) << engine.error().reason;
  }
}

}  // namespace
}  // namespace perennial::host
