#include "tests/sandbox/support.hpp"

namespace perennial::sandbox::testing {
namespace {

const std::string urn = scim::entitlement_urn;

Json user_of(World& world, const std::string& external_id) {
  const Response found = scim(
      world, "GET", "/Users?filter=" + percent_encode("externalId eq \"" + external_id + "\""));
  return json_of(found)["Resources"][0];
}

Json operations(const Json& list) {
  return {{"schemas", Json::array({"urn:ietf:params:scim:api:messages:2.0:PatchOp"})},
          {"Operations", list}};
}

TEST(Entitlements, FindUsersByIdNameAndExtensionAttribute) {
  World world(small_world(10));
  const std::string contract = world.estate.plan.renewals[0].contract_number;
  const auto total = [&](const std::string& filter) {
    return json_of(scim(world, "GET", "/Users?filter=" + percent_encode(filter)))["totalResults"];
  };

  EXPECT_EQ(total("externalId eq \"ent-000001\""), 1);
  EXPECT_EQ(total("userName sw \"ADMIN@customer\" and active eq true"),
            world.estate.plan.accounts.size());
  EXPECT_EQ(total(urn + ":contract eq \"" + contract + "\""), 1);
  EXPECT_EQ(total("not (externalId eq \"ent-000001\")"), world.estate.plan.accounts.size() - 1);
}

TEST(Entitlements, RefuseFiltersTheyCannotRead) {
  World world(small_world(1));

  for (const char* filter : {"externalId", "externalId eq", "externalId is \"x\"", "(a eq \"x\"",
                             "a eq \"x", "a eq {}"}) {
    const Response answer = scim(world, "GET", "/Users?filter=" + percent_encode(filter));
    EXPECT_EQ(answer.status, 400) << filter;
    EXPECT_EQ(json_of(answer)["scimType"], "invalidFilter") << filter;
    EXPECT_EQ(json_of(answer)["status"], "400") << filter;
  }
}

TEST(Entitlements, PageFromOne) {
  World world(small_world(20));

  const Json page = json_of(scim(world, "GET", "/Users?startIndex=2&count=3"));
  const Json first = json_of(scim(world, "GET", "/Users?startIndex=0&count=2"));

  EXPECT_EQ(page["startIndex"], 2);
  EXPECT_EQ(page["itemsPerPage"], 3);
  EXPECT_EQ(page["Resources"][0]["externalId"], "ent-000002");
  EXPECT_EQ(first["startIndex"], 1);
  EXPECT_EQ(first["Resources"][0]["externalId"], "ent-000001");
}

TEST(Entitlements, SetTheEndOfAnEntitlementAgainAndAgainWithOneResult) {
  World world(small_world(1));
  const std::string id = text_of(user_of(world, "ent-000001"), "id");

  const Response first =
      scim(world, "PATCH", "/Users/" + id, extend_patch("2031-02-01", "R-000001"));
  const Response second =
      scim(world, "PATCH", "/Users/" + id, extend_patch("2031-02-01", "R-000001"));

  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(json_of(second)[urn]["validUntil"], "2031-02-01");
  EXPECT_EQ(json_of(second)[urn]["contract"], json_of(first)[urn]["contract"]);
  EXPECT_EQ(header_of(second, "ETag"), "W/\"3\"");
}

TEST(Entitlements, PatchWithoutPathWithWholeExtensionAndWithListFilter) {
  World world(small_world(1));
  const std::string path = "/Users/" + text_of(user_of(world, "ent-000001"), "id");

  scim(world, "PATCH", path,
       operations(Json::array(
           {{{"op", "Replace"}, {"value", {{"displayName", "New"}, {urn, {{"plan", "gold"}}}}}},
            {{"op", "replace"},
             {"path", "emails[type eq \"work\"].value"},
             {"value", "a@b.example"}},
            {{"op", "remove"}, {"path", urn + ":status"}}})));
  const Json user = json_of(scim(world, "GET", path));

  EXPECT_EQ(user["displayName"], "New");
  EXPECT_EQ(user[urn]["plan"], "gold");
  EXPECT_TRUE(user[urn].contains("validUntil"));
  EXPECT_FALSE(user[urn].contains("status"));
  EXPECT_EQ(user["emails"][0]["value"], "a@b.example");
}

TEST(Entitlements, RefuseBadPatchesAndChangeNothing) {
  World world(small_world(1));
  const std::string path = "/Users/" + text_of(user_of(world, "ent-000001"), "id");
  const std::string before = scim(world, "GET", path).body;
  const auto refused = [&](const Json& body) {
    const Response answer = scim(world, "PATCH", path, body);
    EXPECT_EQ(answer.status, 400) << body;
    return text_of(json_of(answer), "scimType");
  };

  EXPECT_EQ(refused(operations(Json::array({{{"op", "jump"}}}))), "invalidSyntax");
  EXPECT_EQ(refused(operations(Json::array())), "invalidSyntax");
  EXPECT_EQ(refused({{"Operations", Json::array()}}), "invalidSyntax");
  EXPECT_EQ(refused(operations(Json::array({{{"op", "remove"}}}))), "noTarget");
  EXPECT_EQ(refused(operations(
                Json::array({{{"op", "replace"}, {"path", urn + ":nope"}, {"value", 1}}}))),
            "invalidPath");
  EXPECT_EQ(refused(operations(Json::array({{{"op", "replace"}, {"path", "id"}, {"value", "x"}}}))),
            "mutability");
  EXPECT_EQ(refused(extend_patch("never", "R-000001")), "invalidValue");
  EXPECT_EQ(scim(world, "GET", path).body, before);
}

TEST(Entitlements, HonourEntityTags) {
  World world(small_world(1));
  const std::string path = "/Users/" + text_of(user_of(world, "ent-000001"), "id");
  const Json patch = extend_patch("2031-02-01", "R-000001");

  EXPECT_EQ(scim(world, "GET", path, nullptr, {{"If-None-Match", "W/\"1\""}}).status, 304);
  EXPECT_EQ(scim(world, "PATCH", path, patch, {{"If-Match", "W/\"9\""}}).status, 412);
  EXPECT_EQ(scim(world, "PATCH", path, patch, {{"If-Match", "W/\"1\""}}).status, 200);
}

TEST(Entitlements, CreateReplaceAndDeleteUsers) {
  World world(small_world(1));
  const Json user{{"schemas", Json::array({scim::core_urn})},
                  {"userName", "new@x.example"},
                  {"externalId", "new"}};

  const Response created = scim(world, "POST", "/Users", user);
  const std::string path = "/Users/" + text_of(json_of(created), "id");
  Json renamed = user;
  renamed["displayName"] = "Renamed";

  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(scim(world, "POST", "/Users", user).status, 409);
  EXPECT_EQ(json_of(scim(world, "PUT", path, renamed))["displayName"], "Renamed");
  EXPECT_EQ(scim(world, "DELETE", path).status, 204);
  EXPECT_EQ(scim(world, "GET", path).status, 404);
}

TEST(Entitlements, TellWhatTheySupport) {
  World world(small_world(1));

  const Json configuration = json_of(scim(world, "GET", "/ServiceProviderConfig"));
  const Json types = json_of(scim(world, "GET", "/ResourceTypes"));

  EXPECT_EQ(configuration["patch"]["supported"], true);
  EXPECT_EQ(configuration["bulk"]["supported"], false);
  EXPECT_EQ(types["Resources"][0]["schemaExtensions"][0]["schema"], urn);
  EXPECT_EQ(json_of(scim(world, "GET", "/Schemas/" + urn))["name"], "Entitlement");
  EXPECT_EQ(send(world, world.entitlements, "GET", "/scim/v2/Users").status, 401);
}

}  // namespace
}  // namespace perennial::sandbox::testing
