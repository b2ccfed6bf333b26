// Two partitions, their view and the API on a free port of the loopback, without any host.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runtime/admin/api.hpp"
#include "runtime/admin/http_client.hpp"
#include "runtime/admin/http_server.hpp"
#include "runtime/base/hash.hpp"
#include "runtime/wire/routing.hpp"
#include "tests/support/partition_driver.hpp"

namespace perennial::test {

using Json = nlohmann::ordered_json;

struct Answer {
  unsigned status = 0;
  std::string content_type;
  std::string text;
  Json body;
  admin::Headers headers;
};

class ApiFixture : public ::testing::Test {
 protected:
  ApiFixture() : graph(make_graph(pipeline::Idempotency::lookup)) {
    auto registry = std::make_shared<policy::Registry>();
    registry->schemas["a.v1"] = policy::Schema::compile(R"({"type": "object"})").value();
    registry->schemas["b.v1"] =
        policy::Schema::compile(
            R"({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})")
            .value();
    graph.registry = registry;
    std::string pattern = (std::filesystem::temp_directory_path() / "perennial-api-XXXXXX");
    folder = ::mkdtemp(pattern.data());
  }

  void SetUp() override {
    start_partitions();
    start_api();
  }

  void TearDown() override {
    server.reset();
    api.reset();
    view.reset();
    projector.reset();
    partitions.clear();
    std::filesystem::remove_all(folder);
  }

  void start_partitions() {
    for (std::uint32_t index = 0; index < partition_count; ++index) {
      pipeline::ServiceOptions options;
      options.partition = index;
      options.partitions = partition_count;
      options.endpoints = {"inproc://partition-" + std::to_string(index)};
      options.journal_directory = journal(index);
      options.durability = store::Durability::os;
      options.hash_seed = 7;
      options.random_seed = 11 + index;
      std::string torn;
      std::filesystem::create_directories(options.journal_directory);
      auto service = pipeline::PartitionService::start(
          options, graph, bus, file_system, clock, [](const Error&) {}, torn);
      ASSERT_TRUE(service) << service.error().reason;
      partitions.push_back(std::move(*service));
    }
  }

  void start_api() {
    std::vector<view::Feed> feeds;
    for (std::uint32_t index = 0; index < partition_count; ++index) {
      pipeline::PartitionService* partition = partitions[index].get();
      feeds.push_back({index, journal(index), [partition] { return partition->durable(); }});
    }
    projector = view::Projector::start(folder + "/view.sqlite", std::move(feeds)).value();
    view = view::View::open(folder + "/view.sqlite").value();
    admin::Services services;
    services.revision = "r1";
    services.connectors = {"access", "erp"};
    for (const auto& partition : partitions) services.partitions.push_back(partition.get());
    services.partition_of = [this](const event::EventView& event) -> pipeline::PartitionService& {
      return *partitions[wire::partition_of(event, partition_count)];
    };
    services.home_of = [this](const std::string& connector) -> pipeline::PartitionService& {
      return *partitions[hash64(connector) % partition_count];
    };
    services.host_states = [this] {
      const std::lock_guard lock(hosts_mutex);
      return hosts;
    };
    services.view = view.get();
    services.projector = projector.get();
    api = std::make_unique<admin::Api>(services);
    std::vector<admin::Token> tokens = {{"viewer", admin::Access::viewer, "view"},
                                        {"operator", admin::Access::operate, "operate"}};
    server =
        admin::HttpServer::listen("127.0.0.1", 0, admin::Router(api->routes(), std::move(tokens)))
            .value();
  }

  Answer call(const std::string& method, const std::string& target, const std::string& token,
              const std::string& body = {}, const admin::Headers& headers = {}) {
    admin::HttpClient client("http://127.0.0.1:" + std::to_string(server->port()), token);
    const auto response = client.call(method, target, body, headers);
    if (!response) {
      ADD_FAILURE() << response.error().reason;
      return {};
    }
    return {response->status, response->content_type, response->body,
            Json::parse(response->body, nullptr, false), response->headers};
  }
  Answer get(const std::string& target) { return call("GET", target, "view"); }
  Answer post(const std::string& target, const Json& body) {
    return call("POST", target, "operate", body.dump(), {{"Content-Type", "application/json"}});
  }
  Answer send(const Json& event) {
    return call("POST", "/v1/events", "operate", event.dump(),
                {{"Content-Type", event.is_array() ? "application/cloudevents-batch+json"
                                                   : "application/cloudevents+json"}});
  }

  static Json event(const std::string& id, const std::string& correlation,
                    const std::string& type = "a.v1", const Json& data = {{"n", 1}}) {
    Json one = {{"specversion", "1.0"}, {"id", id}, {"source", "test"}, {"type", type}};
    if (!correlation.empty()) one["correlationid"] = correlation;
    one["data"] = data;
    return one;
  }

  [[nodiscard]] std::string journal(std::uint32_t index) const {
    return folder + "/journal-" + std::to_string(index);
  }

  static constexpr std::uint32_t partition_count = 2;
  pipeline::Graph graph;
  std::string folder;
  SystemClock clock;
  store::PosixFileSystem file_system;
  wire::Bus bus;
  std::mutex hosts_mutex;
  std::vector<host::HostState> hosts;  // guarded by hosts_mutex
  std::vector<std::unique_ptr<pipeline::PartitionService>> partitions;
  std::unique_ptr<view::Projector> projector;
  std::unique_ptr<view::View> view;
  std::unique_ptr<admin::Api> api;
  std::unique_ptr<admin::HttpServer> server;
};

}  // namespace perennial::test
