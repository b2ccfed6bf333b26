// What the runtime says when it meets a library that it must not use, one plugin for each way.
#include <gmock/gmock.h>

#include "runtime/host/connector.hpp"
#include "runtime/host/plugin_library.hpp"
#include "tests/unit/host/support.hpp"

namespace perennial::host {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::filesystem::path broken_library(const std::string& name) {
  return plugin_directory("x").parent_path().parent_path().parent_path().parent_path() /
         "tests/broken" / (name + ".so");
}

// A plugin folder whose library is the broken one.
class BrokenFolder {
 public:
  explicit BrokenFolder(const std::string& name, const std::string& sources = "{}") {
    folder_.write("broken/connector.json",
                  R"({"manifest_version": 1, "id": "broken", "version": "0.1.0",
                      "library": "broken.so", "abi": {"major": 1, "minor": 0},
                      "config_schema": "config.schema.json", "sources": )" +
                      sources + "}");
    folder_.write("broken/config.schema.json", R"({"type": "object"})");
    std::filesystem::copy_file(broken_library(name), folder_ / "broken/broken.so");
  }
  Manifest manifest() const {
    auto manifest = read_manifest(folder_ / "broken");
    EXPECT_TRUE(manifest) << manifest.error().reason;
    return *manifest;
  }

 private:
  Folder folder_;
};

std::string loading_error(const std::string& name) {
  const BrokenFolder folder(name);
  const auto library = PluginLibrary::load(folder.manifest());
  return library ? "loaded" : library.error().reason;
}

std::string creating_error(const std::string& name, const std::string& sources = "{}") {
  const BrokenFolder folder(name, sources);
  LogBook log;
  const auto connector = Connector::create(folder.manifest(), "c", {}, log.log());
  return connector ? "created" : connector.error().reason;
}

TEST(PluginLoading, AcceptsTheSoundOne) {
  EXPECT_EQ(loading_error("nothing"), "loaded");
  EXPECT_EQ(creating_error("nothing"), "created");
}

TEST(PluginLoading, NamesAMissingSymbol) {
  EXPECT_THAT(loading_error("no_symbol"), HasSubstr("expected the symbol perennial_plugin"));
}

TEST(PluginLoading, SaysWhichSideIsTooOld) {
  EXPECT_THAT(loading_error("major_newer"),
              AllOf(HasSubstr("built for 2.0"), HasSubstr("this runtime is too old")));
  EXPECT_THAT(loading_error("minor_newer"),
              AllOf(HasSubstr("built for 1.1"), HasSubstr("this runtime is too old")));
  EXPECT_THAT(loading_error("major_older"),
              AllOf(HasSubstr("built for 0.0"), HasSubstr("the plugin is too old")));
}

TEST(PluginLoading, NamesWrongSizes) {
  EXPECT_THAT(loading_error("entry_size"),
              AllOf(HasSubstr("expected a perennial_entry of"), HasSubstr("rebuild it")));
  EXPECT_THAT(creating_error("instance_size"), HasSubstr("expected a perennial_instance of"));
}

TEST(PluginLoading, NamesMissingFunctions) {
  EXPECT_THAT(loading_error("entry_function"), HasSubstr("describe and create"));
  EXPECT_THAT(creating_error("instance_function"),
              HasSubstr("every function of perennial_instance"));
}

TEST(PluginLoading, ComparesLibraryAndManifest) {
  EXPECT_THAT(loading_error("id"), AllOf(HasSubstr("plugin 'broken'"), HasSubstr("'other'")));
  EXPECT_THAT(loading_error("version"), AllOf(HasSubstr("version 0.1.0"), HasSubstr("says 9.9.9")));
}

TEST(PluginLoading, SurvivesABrokenDescribe) {
  EXPECT_THAT(loading_error("describe_null"), HasSubstr("it gave NULL"));
  EXPECT_THAT(loading_error("describe_throws"), HasSubstr("threw an exception"));
}

TEST(PluginLoading, TellsWhyThereIsNoInstance) {
  EXPECT_THAT(creating_error("no_instance"), HasSubstr("no room on the moon"));
}

TEST(PluginLoading, NamesAMissingExtension) {
  const std::string sources = R"({"events": {"description": "d", "emits": ["a.v1"]}})";
  EXPECT_THAT(creating_error("nothing", sources),
              AllOf(HasSubstr("perennial.source/1"), HasSubstr("connector.json lists sources")));
}

TEST(PluginLoading, NamesAFileThatIsNoLibrary) {
  Folder folder;
  folder.write("p/connector.json", R"({"manifest_version": 1, "id": "broken", "version": "0.1.0",
      "library": "broken.so", "abi": {"major": 1, "minor": 0}, "config_schema": "s.json"})");
  folder.write("p/s.json", "{}");
  auto manifest = read_manifest(folder / "p");
  ASSERT_TRUE(manifest);
  EXPECT_THAT(PluginLibrary::load(*manifest).error().reason,
              HasSubstr("expected a loadable shared library"));
  folder.write("p/broken.so", "no library");
  EXPECT_THAT(PluginLibrary::load(*manifest).error().reason,
              HasSubstr("expected a loadable shared library"));
}

// The whole way of a plugin in C, built without anything of ours but the headers.
TEST(PluginLoading, RunsTheMinimalConnector) {
  const auto manifest = read_manifest(plugin_directory("minimal"));
  ASSERT_TRUE(manifest) << manifest.error().reason;
  LogBook log;
  auto connector = Connector::create(*manifest, "c", {}, log.log());
  ASSERT_TRUE(connector) << connector.error().reason;
  ASSERT_TRUE((*connector)->configure(packed({{"count", number(3)}})));
  ASSERT_TRUE((*connector)->start());
  SourceCall poll{"numbers", "", "all", 0, 1000, 2, 1'000'000};
  const PollResult first = (*connector)->poll_source(poll);
  EXPECT_EQ(first.result, static_cast<std::uint32_t>(PERENNIAL_SOURCE_MORE));
  EXPECT_EQ(first.records.size(), 2u);
  poll.cursor = first.cursor;
  const PollResult second = (*connector)->poll_source(poll);
  EXPECT_EQ(second.result, static_cast<std::uint32_t>(PERENNIAL_SOURCE_RECORDS));
  ASSERT_EQ(second.records.size(), 1u);
  const auto event = event::read_event(second.records.at(0).body);
  ASSERT_TRUE(event) << event.error().reason;
  EXPECT_EQ(event->id, "3");
  const std::vector<DeliveryCall> deliveries = {{"K", "", "", packed({}), "", 1}};
  const auto answers = (*connector)->call(wire::Verb::execute, {"accept", &deliveries, 0, 1000});
  EXPECT_EQ(answers.at(0).kind, static_cast<std::uint32_t>(PERENNIAL_OUTCOME_DONE));
  (*connector)->stop();
  EXPECT_EQ((*connector)->misuse_count(), 0u);
}

}  // namespace
}  // namespace perennial::host
