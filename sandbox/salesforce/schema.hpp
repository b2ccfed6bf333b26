// The objects and fields of the simulated org.
//
// Place:   read by SOQL, by writes (which fields may be set, how long they are) and by describe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/base/json.hpp"

namespace perennial::sandbox::salesforce {

struct FieldSpec {
  std::string name;
  std::string type;  // as in describe: id, reference, string, currency, date, datetime, boolean ...
  int length = 0;
  bool writable = true;
  bool external_id = false;
  bool required = false;
  std::string refers_to;     // object of a reference
  std::string relationship;  // path word of a reference: Account
};

struct ChildSpec {
  std::string relationship;  // OpportunityLineItems
  std::string object;
  std::string field;
};

struct ObjectSpec {
  std::string name;
  std::string label;
  std::string key_prefix;
  std::vector<FieldSpec> fields;
  std::vector<ChildSpec> children;

  // Names compare without case, as in the vendor's API; null when there is no such field.
  const FieldSpec* field(std::string_view field_name) const;
  const FieldSpec* relationship(std::string_view word) const;
  const ChildSpec* child(std::string_view word) const;
};

const std::vector<ObjectSpec>& all_objects();
const ObjectSpec* find_object(std::string_view name);

Json describe_object(const ObjectSpec& object, const std::string& base_path);
Json describe_global(const std::string& base_path);

}  // namespace perennial::sandbox::salesforce
