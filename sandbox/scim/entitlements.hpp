// The simulated entitlement system: SCIM 2.0 users with an entitlement extension.
//
// Thread:  with the estate's mutex held, except where System says otherwise.
// Owns:    its users; borrows the estate.
// Format:  RFC 7643 and RFC 7644; deviations in sandbox/DEVIATIONS.md.
#pragma once

#include <map>
#include <set>

#include "sandbox/base/estate.hpp"
#include "sandbox/base/system.hpp"
#include "sandbox/scim/patch.hpp"

namespace perennial::sandbox::scim {

inline constexpr const char* bearer = "perennial-sandbox-scim-token";

class Entitlements : public System {
 public:
  explicit Entitlements(Estate& estate);

  std::string name() const override { return "entitlement"; }
  CallKind kind_of(const Request& request) const override;
  Response handle(const Request& request, bool fails_some) override;
  Response refuse(Refusal refusal, const Request& request) override;

  void set_url(std::string url) { url_ = std::move(url); }
  const Table& users() const { return users_; }
  // The user with this externalId, hidden changes included; null when there is none.
  const Json* by_external_id(const std::string& external_id) const;

  // Planted causes.
  std::set<std::string> locked_users;  // by externalId
  void take_away(const std::string& external_id);
  void give_back(const std::string& external_id);

 private:
  Response route_users(const Request& request, const std::vector<std::string>& path);
  Response list(const Request& request);
  Response create(const Request& request);
  Response change(const Request& request, const std::string& id);
  Response store(const Request& request, const std::string& kind, Json user, int status);
  Response answer(int status, const Json& body) const;
  Response failed(const ScimError& error) const;
  Response show(const Json& user, int status) const;
  Json configuration() const;
  Json resource_types() const;
  Json schemas() const;
  void seed();

  Estate& estate_;
  std::string url_;
  Table users_;
  std::map<std::string, std::pair<std::string, Json>> taken_;  // externalId -> id and user
};

}  // namespace perennial::sandbox::scim
