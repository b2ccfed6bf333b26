// The simulated CRM: the vendor's REST API, version 61.0, over the org.
//
// Thread:  with the estate's mutex held, except where System says otherwise.
// Owns:    the org, its tokens and query locators; borrows the estate.
// Format:  developer.salesforce.com, REST API Developer Guide; deviations in sandbox/DEVIATIONS.md.
#pragma once

#include <map>

#include "sandbox/base/system.hpp"
#include "sandbox/salesforce/org.hpp"
#include "sandbox/salesforce/tokens.hpp"

namespace perennial::sandbox::salesforce {

class Crm : public System {
 public:
  explicit Crm(Estate& estate);

  std::string name() const override { return "crm"; }
  CallKind kind_of(const Request& request) const override;
  Response handle(const Request& request, bool fails_some) override;
  Response refuse(Refusal refusal, const Request& request) override;
  bool is_admitted(const Request& request) const override;
  Response land(const Request& request) override;

  // Closes a renewal as won; false when it already was.
  bool accept(PlannedRenewal& renewal);

  // The org's daily calls; beyond them every call is refused.
  void set_daily_requests(std::uint64_t max) { daily_requests_max_ = max; }
  // Every query locator that is out expires now; gives how many there were.
  std::size_t expire_locators();

  void set_url(std::string url) { url_ = std::move(url); }
  Org& org() { return org_; }
  const Org& org() const { return org_; }
  Tokens& tokens() { return tokens_; }

 private:
  struct Call {
    const Request& request;
    std::vector<std::string> rest;  // path segments after the version
    std::string base;               // /services/data/v61.0
    bool fails_some = false;
  };

  Response admit(const Request& request, bool fails_some);
  Response route(const Call& call);
  Response route_sobjects(const Call& call);
  Response query(const Call& call, bool with_deleted);
  Response next_page(const std::string& locator, const std::string& base);
  Response page(const std::string& locator, std::size_t from, const std::string& base);
  Response get_record(const Call& call, const ObjectSpec& object, const std::string& id);
  Response write_record(const Call& call, const ObjectSpec& object);
  Response by_external_id(const Call& call, const ObjectSpec& object);
  Response changed_between(const Call& call, const ObjectSpec& object, bool is_deleted);
  Response collections(const Call& call);
  Response collection_write(const Call& call, const Json& body, const ObjectSpec* object,
                            const FieldSpec* key);
  Response collection_read(const Call& call, const ObjectSpec& object);
  std::optional<WriteError> row_problem(const Call& call, const Json& row, const ObjectSpec* object,
                                        const FieldSpec* key, std::size_t index, std::size_t rows);
  WriteResult write_row(const Call& call, const Json& row, const ObjectSpec& object,
                        const FieldSpec* key);
  void record(const std::string& kind, const ObjectSpec& object, const WriteResult& result,
              const Json& fields);
  Json render(const ObjectSpec& object, const Json& record, const std::string& base) const;
  Response identity() const;
  Response versions() const;
  Json limits() const;
  Json describe(const ObjectSpec& object, const std::string& base) const;
  Response answer(int status, const Json& body) const;
  Response failed(int status, const std::string& code, const std::string& text,
                  const std::vector<std::string>& fields = {}) const;

  struct Cursor {
    std::vector<Json> records;
    std::size_t batch = 2000;
    bool is_complete = false;
  };

  Estate& estate_;
  Org org_;
  Tokens tokens_;
  std::string url_;
  std::map<std::string, Cursor> cursors_;
  std::uint64_t api_requests_ = 0;
  std::uint64_t daily_requests_max_ = 1'000'000;
};

}  // namespace perennial::sandbox::salesforce
