#include "sandbox/salesforce/schema.hpp"

#include "sandbox/base/http.hpp"

namespace perennial::sandbox::salesforce {
namespace {

FieldSpec field_of(std::string name, std::string type, int length = 0) {
  FieldSpec spec;
  spec.name = std::move(name);
  spec.type = std::move(type);
  spec.length = length;
  return spec;
}

FieldSpec fixed(FieldSpec spec) {
  spec.writable = false;
  return spec;
}

FieldSpec external(FieldSpec spec) {
  spec.external_id = true;
  return spec;
}

FieldSpec required(FieldSpec spec) {
  spec.required = true;
  return spec;
}

FieldSpec reference(std::string name, std::string object, std::string word, bool writable = true) {
  FieldSpec spec = field_of(std::move(name), "reference", 18);
  spec.refers_to = std::move(object);
  spec.relationship = std::move(word);
  spec.writable = writable;
  return spec;
}

// The audit fields that every object of the vendor carries.
void add_system_fields(std::vector<FieldSpec>& fields) {
  fields.insert(fields.begin(), fixed(field_of("IsDeleted", "boolean")));
  fields.insert(fields.begin(), fixed(field_of("Id", "id", 18)));
  fields.push_back(fixed(field_of("CreatedDate", "datetime")));
  fields.push_back(reference("CreatedById", "User", "CreatedBy", false));
  fields.push_back(fixed(field_of("LastModifiedDate", "datetime")));
  fields.push_back(reference("LastModifiedById", "User", "LastModifiedBy", false));
  fields.push_back(fixed(field_of("SystemModstamp", "datetime")));
}

ObjectSpec account_object() {
  ObjectSpec object{"Account", "Account", "001", {}, {}};
  object.fields = {required(field_of("Name", "string", 255)),
                   field_of("Type", "picklist", 255),
                   reference("ParentId", "Account", "Parent"),
                   field_of("BillingCountry", "string", 80),
                   field_of("Website", "url", 255),
                   field_of("CurrencyIsoCode", "picklist", 3),
                   reference("OwnerId", "User", "Owner"),
                   field_of("Region__c", "picklist", 255),
                   external(field_of("Erp_Customer__c", "string", 10)),
                   external(field_of("Billing_Customer__c", "string", 64)),
                   external(field_of("Entitlement_User__c", "string", 64))};
  add_system_fields(object.fields);
  object.children = {{"Opportunities", "Opportunity", "AccountId"},
                     {"Contracts", "Contract", "AccountId"},
                     {"ChildAccounts", "Account", "ParentId"}};
  return object;
}

ObjectSpec opportunity_object() {
  ObjectSpec object{"Opportunity", "Opportunity", "006", {}, {}};
  object.fields = {reference("AccountId", "Account", "Account"),
                   required(field_of("Name", "string", 120)),
                   field_of("Description", "textarea", 32000),
                   required(field_of("StageName", "picklist", 255)),
                   field_of("Amount", "currency"),
                   field_of("Probability", "percent"),
                   required(field_of("CloseDate", "date")),
                   field_of("Type", "picklist", 255),
                   field_of("NextStep", "string", 255),
                   field_of("LeadSource", "picklist", 255),
                   fixed(field_of("IsClosed", "boolean")),
                   fixed(field_of("IsWon", "boolean")),
                   fixed(field_of("HasOpportunityLineItem", "boolean")),
                   field_of("CurrencyIsoCode", "picklist", 3),
                   reference("OwnerId", "User", "Owner"),
                   reference("ContractId", "Contract", "Contract"),
                   external(field_of("Renewal_Number__c", "string", 20)),
                   field_of("Contract_Number__c", "string", 20),
                   field_of("Service_Start__c", "date"),
                   field_of("Service_End__c", "date"),
                   field_of("Region__c", "picklist", 255),
                   field_of("Billing_Subscription__c", "string", 64),
                   field_of("Instalments__c", "double"),
                   field_of("Renewal_Status__c", "picklist", 255),
                   field_of("Sales_Order__c", "string", 20),
                   field_of("Invoice__c", "string", 64),
                   field_of("Access_Until__c", "date")};
  add_system_fields(object.fields);
  object.children = {{"OpportunityLineItems", "OpportunityLineItem", "OpportunityId"}};
  return object;
}

ObjectSpec line_object() {
  ObjectSpec object{"OpportunityLineItem", "Opportunity Product", "00k", {}, {}};
  object.fields = {reference("OpportunityId", "Opportunity", "Opportunity"),
                   reference("Product2Id", "Product2", "Product2"),
                   fixed(field_of("ProductCode", "string", 255)),
                   fixed(field_of("Name", "string", 376)),
                   field_of("Description", "string", 255),
                   required(field_of("Quantity", "double")),
                   field_of("UnitPrice", "currency"),
                   field_of("TotalPrice", "currency"),
                   field_of("ServiceDate", "date"),
                   field_of("SortOrder", "int"),
                   fixed(field_of("CurrencyIsoCode", "picklist", 3)),
                   field_of("End_Date__c", "date")};
  add_system_fields(object.fields);
  return object;
}

ObjectSpec product_object() {
  ObjectSpec object{"Product2", "Product", "01t", {}, {}};
  object.fields = {required(field_of("Name", "string", 255)),
                   field_of("ProductCode", "string", 255),
                   field_of("Description", "textarea", 4000), field_of("IsActive", "boolean"),
                   field_of("Family", "picklist", 255)};
  add_system_fields(object.fields);
  return object;
}

ObjectSpec contract_object() {
  ObjectSpec object{"Contract", "Contract", "800", {}, {}};
  object.fields = {
      reference("AccountId", "Account", "Account"), fixed(field_of("ContractNumber", "string", 30)),
      field_of("Status", "picklist", 255),          field_of("StartDate", "date"),
      fixed(field_of("EndDate", "date")),           field_of("ContractTerm", "int")};
  add_system_fields(object.fields);
  return object;
}

ObjectSpec user_object() {
  ObjectSpec object{"User", "User", "005", {}, {}};
  object.fields = {required(field_of("Username", "string", 80)), field_of("Name", "string", 121),
                   field_of("Email", "email", 128), field_of("IsActive", "boolean")};
  add_system_fields(object.fields);
  return object;
}

bool is_custom(std::string_view name) {
  return name.size() > 3 && name.substr(name.size() - 3) == "__c";
}

std::string soap_type(const std::string& type) {
  if (type == "boolean") return "xsd:boolean";
  if (type == "currency" || type == "double" || type == "percent") return "xsd:double";
  if (type == "date") return "xsd:date";
  if (type == "datetime") return "xsd:dateTime";
  if (type == "int") return "xsd:int";
  return type == "id" || type == "reference" ? "tns:ID" : "xsd:string";
}

Json describe_field(const FieldSpec& field) {
  Json refers = Json::array();
  if (!field.refers_to.empty()) refers.push_back(field.refers_to);
  const bool is_number = field.type == "currency" || field.type == "double";
  return {{"name", field.name},
          {"label", field.name},
          {"type", field.type},
          {"soapType", soap_type(field.type)},
          {"length", field.length},
          {"byteLength", field.length * 3},
          {"precision", is_number ? 18 : 0},
          {"scale", is_number ? 2 : 0},
          {"custom", is_custom(field.name)},
          {"externalId", field.external_id},
          {"unique", field.external_id},
          {"idLookup", field.external_id || field.name == "Id"},
          {"caseSensitive", false},
          {"createable", field.writable},
          {"updateable", field.writable},
          {"nillable", !field.required && field.name != "Id"},
          {"filterable", field.type != "textarea"},
          {"sortable", field.type != "textarea"},
          {"groupable", field.type != "textarea"},
          {"calculated", false},
          {"defaultedOnCreate", field.type == "boolean"},
          {"picklistValues", Json::array()},
          {"referenceTo", refers},
          {"relationshipName", field.relationship.empty() ? Json() : Json(field.relationship)}};
}

Json describe_summary(const ObjectSpec& object, const std::string& base_path) {
  const std::string path = base_path + "/sobjects/" + object.name;
  return {{"name", object.name},
          {"label", object.label},
          {"labelPlural", object.label + "s"},
          {"keyPrefix", object.key_prefix},
          {"custom", false},
          {"queryable", true},
          {"createable", true},
          {"updateable", true},
          {"deletable", true},
          {"undeletable", true},
          {"retrieveable", true},
          {"replicateable", true},
          {"searchable", true},
          {"urls",
           {{"sobject", path}, {"describe", path + "/describe"}, {"rowTemplate", path + "/{ID}"}}}};
}

}  // namespace

const FieldSpec* ObjectSpec::field(std::string_view field_name) const {
  for (const FieldSpec& spec : fields) {
    if (equal_ignoring_case(spec.name, field_name)) return &spec;
  }
  return nullptr;
}

const FieldSpec* ObjectSpec::relationship(std::string_view word) const {
  for (const FieldSpec& spec : fields) {
    if (!spec.relationship.empty() && equal_ignoring_case(spec.relationship, word)) return &spec;
  }
  return nullptr;
}

const ChildSpec* ObjectSpec::child(std::string_view word) const {
  for (const ChildSpec& spec : children) {
    if (equal_ignoring_case(spec.relationship, word)) return &spec;
  }
  return nullptr;
}

const std::vector<ObjectSpec>& all_objects() {
  static const std::vector<ObjectSpec> objects{account_object(),  opportunity_object(),
                                               line_object(),     product_object(),
                                               contract_object(), user_object()};
  return objects;
}

const ObjectSpec* find_object(std::string_view name) {
  for (const ObjectSpec& object : all_objects()) {
    if (equal_ignoring_case(object.name, name)) return &object;
  }
  return nullptr;
}

Json describe_object(const ObjectSpec& object, const std::string& base_path) {
  Json description = describe_summary(object, base_path);
  Json fields = Json::array();
  for (const FieldSpec& field : object.fields) fields.push_back(describe_field(field));
  Json children = Json::array();
  for (const ChildSpec& child : object.children) {
    children.push_back({{"relationshipName", child.relationship},
                        {"childSObject", child.object},
                        {"field", child.field},
                        {"cascadeDelete", false}});
  }
  description["fields"] = std::move(fields);
  description["childRelationships"] = std::move(children);
  description["recordTypeInfos"] = Json::array();
  return description;
}

Json describe_global(const std::string& base_path) {
  Json objects = Json::array();
  for (const ObjectSpec& object : all_objects()) {
    objects.push_back(describe_summary(object, base_path));
  }
  return {{"encoding", "UTF-8"}, {"maxBatchSize", 200}, {"sobjects", std::move(objects)}};
}

}  // namespace perennial::sandbox::salesforce
