#include "sandbox/salesforce/org.hpp"

#include <algorithm>

namespace perennial::sandbox::salesforce {
namespace {

constexpr const char* sales_user_id = "0055g000001SalesU";

const ObjectSpec& object_named(std::string_view name) {
  return *find_object(name);
}

std::optional<WriteError> wrong_type(const FieldSpec& field, const Json& value) {
  WriteError error{400,
                   "JSON_PARSER_ERROR",
                   "Cannot deserialize instance of " + field.type + " from value " + value.dump() +
                       " for field " + field.name,
                   {field.name}};
  if (value.is_null()) return std::nullopt;
  if (field.type == "boolean") return value.is_boolean() ? std::nullopt : std::optional(error);
  if (field.type == "currency" || field.type == "double" || field.type == "percent" ||
      field.type == "int") {
    // Numbers are also accepted as text, as the vendor's JSON parser does.
    const bool fits = value.is_number() || (value.is_string() && !value.get<std::string>().empty());
    return fits ? std::nullopt : std::optional(error);
  }
  if (!value.is_string()) return error;
  const auto text = value.get<std::string>();
  if (field.type == "date" && !parse_day(text) && !parse_instant(text)) return error;
  if (field.type == "datetime" && !parse_instant(text)) return error;
  if (field.type == "reference" && text.size() != 15 && text.size() != 18) {
    return WriteError{
        400, "MALFORMED_ID", field.name + ": id value of incorrect type: " + text, {field.name}};
  }
  return std::nullopt;
}

std::optional<WriteError> check_value(const ObjectSpec& object, const FieldSpec& field,
                                      const Json& value) {
  if (!field.writable) {
    return WriteError{400,
                      "INVALID_FIELD_FOR_INSERT_UPDATE",
                      "Unable to create/update fields: " + field.name +
                          ". Please check the security settings of this field and verify that it "
                          "is read/write for your profile or permission set.",
                      {field.name}};
  }
  if (auto error = wrong_type(field, value)) return error;
  if (field.length > 0 && value.is_string() &&
      value.get_ref<const std::string&>().size() > static_cast<std::size_t>(field.length)) {
    return WriteError{400,
                      "STRING_TOO_LONG",
                      object.label + ": data value too large: " + value.get<std::string>() +
                          " (max length=" + std::to_string(field.length) + ")",
                      {field.name}};
  }
  return std::nullopt;
}

Json stored_value(const FieldSpec& field, const Json& value) {
  const bool is_number = field.type == "currency" || field.type == "double" ||
                         field.type == "percent" || field.type == "int";
  if (is_number && value.is_string()) {
    return std::strtod(value.get_ref<const std::string&>().c_str(), nullptr);
  }
  if (is_number && value.is_number()) return value.get<double>();
  if (field.type == "date" && value.is_string()) {
    return value.get<std::string>().substr(0, 10);
  }
  if (value.is_string() && value.get_ref<const std::string&>().empty()) return nullptr;
  if (field.type == "reference" && value.is_string()) return crm_long_id(value.get<std::string>());
  return value;
}

// The double that is nearest to the decimal, as the REST API writes currency fields.
double decimal_of(std::int64_t minor, const std::string& currency) {
  return std::strtod(format_minor(minor, minor_digits(currency)).c_str(), nullptr);
}

}  // namespace

std::string format_crm_instant(Instant at) {
  return format_instant(std::chrono::floor<std::chrono::seconds>(at)).substr(0, 19) + ".000+0000";
}

Org::Org(Estate& estate) : estate_(estate) {
  for (const ObjectSpec& object : all_objects()) {
    tables_.emplace(object.name, Table(estate.visibility));
  }
  seed();
}

const Json* Org::find(const ObjectSpec& object, const std::string& id) const {
  const Json* record = tables_.at(object.name).find(crm_long_id(id));
  if (record == nullptr || flag_of(*record, "IsDeleted")) return nullptr;
  return record;
}

void Org::stamp(Json& record, const std::string& user) {
  const std::string now = format_crm_instant(estate_.clock.now());
  record["LastModifiedDate"] = now;
  record["SystemModstamp"] = now;
  record["LastModifiedById"] = crm_long_id(user);
}

void Org::derive(const ObjectSpec& object, Json& record) {
  if (object.name != "Opportunity") return;
  const std::string stage = text_of(record, "StageName");
  record["IsWon"] = stage == "Closed Won";
  record["IsClosed"] = stage == "Closed Won" || stage == "Closed Lost";
}

void Org::insert(const ObjectSpec& object, const std::string& id, Json fields, Instant at,
                 const std::string& user) {
  Json record = Json::object();
  for (const FieldSpec& field : object.fields) record[field.name] = nullptr;
  record.update(fields);
  record["Id"] = id;
  record["IsDeleted"] = false;
  const std::string stamp_text = format_crm_instant(at);
  record["CreatedDate"] = stamp_text;
  record["LastModifiedDate"] = stamp_text;
  record["SystemModstamp"] = stamp_text;
  record["CreatedById"] = crm_long_id(user);
  record["LastModifiedById"] = crm_long_id(user);
  derive(object, record);
  tables_.at(object.name).put(id, std::move(record));
}

std::optional<WriteError> Org::check(const ObjectSpec& object, const Json& fields,
                                     const std::string& id, bool is_create) const {
  for (const auto& [name, value] : fields.items()) {
    if (name == "attributes") continue;
    const FieldSpec* field = object.field(name);
    if (field == nullptr) {
      return WriteError{400,
                        "INVALID_FIELD",
                        "No such column '" + name + "' on sobject of type " + object.name,
                        {name}};
    }
    if (auto error = check_value(object, *field, value)) return error;
  }
  if (is_create) {
    for (const FieldSpec& field : object.fields) {
      if (field.required && (!fields.contains(field.name) || fields[field.name].is_null())) {
        return WriteError{400,
                          "REQUIRED_FIELD_MISSING",
                          "Required fields are missing: [" + field.name + "]",
                          {field.name}};
      }
    }
  }
  const auto rule = validation_rules.find(id);
  if (rule != validation_rules.end()) {
    return WriteError{400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", rule->second, {}};
  }
  return std::nullopt;
}

WriteResult Org::create(const ObjectSpec& object, const Json& fields) {
  if (auto error = check(object, fields, "", true)) return {"", false, error};
  Json stored = Json::object();
  for (const auto& [name, value] : fields.items()) {
    if (name == "attributes") continue;
    const FieldSpec& field = *object.field(name);
    if (field.external_id && value.is_string() &&
        !find_by_external_id(object, field, value.get<std::string>()).empty()) {
      return {"", false,
              WriteError{400,
                         "DUPLICATE_VALUE",
                         "duplicate value found: " + field.name + " duplicates value on record",
                         {field.name}}};
    }
    stored[field.name] = stored_value(field, value);
  }
  const std::string id = crm_record_id(object.key_prefix + "5g00000", next_number_++);
  insert(object, id, std::move(stored), estate_.clock.now(), integration_user_id);
  return {id, true, std::nullopt};
}

WriteResult Org::update(const ObjectSpec& object, const std::string& id, const Json& fields) {
  const std::string long_id = crm_long_id(id);
  const Json* newest = tables_.at(object.name).newest(long_id);
  if (newest == nullptr) {
    return {id, false,
            WriteError{404,
                       "NOT_FOUND",
                       "Provided external ID field does not exist or is not "
                       "accessible: " +
                           id,
                       {}}};
  }
  if (flag_of(*newest, "IsDeleted")) {
    return {id, false, WriteError{404, "ENTITY_IS_DELETED", "entity is deleted", {}}};
  }
  if (auto error = check(object, fields, long_id, false)) return {id, false, error};
  Json record = *newest;
  for (const auto& [name, value] : fields.items()) {
    if (name == "attributes") continue;
    const FieldSpec& field = *object.field(name);
    record[field.name] = stored_value(field, value);
  }
  derive(object, record);
  stamp(record, integration_user_id);
  tables_.at(object.name).put(long_id, std::move(record));
  return {long_id, false, std::nullopt};
}

std::vector<std::string> Org::find_by_external_id(const ObjectSpec& object, const FieldSpec& key,
                                                  const std::string& value) const {
  std::vector<std::string> found;
  tables_.at(object.name).for_each_newest([&](const std::string& id, const Json& record) {
    if (!flag_of(record, "IsDeleted") && equal_ignoring_case(text_of(record, key.name), value)) {
      found.push_back(id);
    }
  });
  return found;
}

WriteResult Org::upsert(const ObjectSpec& object, const FieldSpec& key, const std::string& value,
                        const Json& fields) {
  const std::vector<std::string> found = find_by_external_id(object, key, value);
  if (found.size() > 1) {
    return {"", false,
            WriteError{300,
                       "DUPLICATE_EXTERNAL_ID",
                       key.name + ": more than one record found for external id field",
                       {}}};
  }
  Json rest = fields;
  rest.erase(key.name);
  if (!found.empty()) return update(object, found.front(), rest);
  rest[key.name] = value;
  return create(object, rest);
}

WriteResult Org::remove(const ObjectSpec& object, const std::string& id) {
  const std::string long_id = crm_long_id(id);
  const Json* newest = tables_.at(object.name).newest(long_id);
  if (newest == nullptr) {
    return {id, false, WriteError{404, "NOT_FOUND", "The requested resource does not exist", {}}};
  }
  if (flag_of(*newest, "IsDeleted")) {
    return {id, false, WriteError{404, "ENTITY_IS_DELETED", "entity is deleted", {}}};
  }
  Json record = *newest;
  record["IsDeleted"] = true;
  stamp(record, integration_user_id);
  tables_.at(object.name).put(long_id, std::move(record));
  return {long_id, false, std::nullopt};
}

void Org::close_won(const PlannedRenewal& renewal) {
  Table& table = tables_.at("Opportunity");
  const Json* newest = table.newest(renewal.opportunity_id);
  if (newest == nullptr) return;
  Json record = *newest;
  record["StageName"] = "Closed Won";
  record["Probability"] = 100.0;
  derive(object_named("Opportunity"), record);
  stamp(record, sales_user_id);
  table.put(renewal.opportunity_id, std::move(record));
}

void Org::seed() {
  const Instant at = estate_.clock.now();
  const Instant long_ago = at - std::chrono::hours(24 * 300);
  insert(object_named("User"), crm_long_id(integration_user_id),
         {{"Username", "integration@perennial.example"},
          {"Name", "Integration User"},
          {"Email", "integration@perennial.example"},
          {"IsActive", true}},
         long_ago, sales_user_id);
  insert(object_named("User"), crm_long_id(sales_user_id),
         {{"Username", "sales@perennial.example"},
          {"Name", "Sales Desk"},
          {"Email", "sales@perennial.example"},
          {"IsActive", true}},
         long_ago, sales_user_id);
  for (const PlannedProduct& product : estate_.plan.products) {
    insert(object_named("Product2"), product.crm_id,
           {{"Name", product.name}, {"ProductCode", product.code}, {"IsActive", true}}, long_ago,
           sales_user_id);
  }
  for (const PlannedAccount& account : estate_.plan.accounts) seed_account(account, long_ago);
  for (const PlannedRenewal& renewal : estate_.plan.renewals) seed_renewal(renewal, at);
  for (const PlannedDecoy& decoy : estate_.plan.decoys) seed_decoy(decoy, at);
}

void Org::seed_account(const PlannedAccount& account, Instant at) {
  insert(object_named("Account"), account.crm_id,
         {{"Name", account.name},
          {"Type", "Customer"},
          {"Website", "https://" + account.domain},
          {"CurrencyIsoCode", account.currency},
          {"OwnerId", crm_long_id(sales_user_id)},
          {"Region__c", account.region},
          {"Erp_Customer__c", account.erp_customer},
          {"Billing_Customer__c", account.billing_customer},
          {"Entitlement_User__c", account.entitlement_user}},
         at, sales_user_id);
}

void Org::seed_renewal(const PlannedRenewal& renewal, Instant at) {
  const PlannedAccount& account = estate_.account_of(renewal);
  insert(object_named("Contract"), renewal.contract_id,
         {{"AccountId", account.crm_id},
          {"ContractNumber", renewal.contract_number},
          {"Status", "Activated"},
          {"StartDate", format_day(add_months(renewal.start, -12))},
          {"EndDate", format_day(renewal.start - std::chrono::days(1))},
          {"ContractTerm", 12.0}},
         at - std::chrono::hours(24 * 300), sales_user_id);
  insert(object_named("Opportunity"), renewal.opportunity_id,
         {{"AccountId", account.crm_id},
          {"Name", account.name + " - renewal " + renewal.number},
          {"StageName", "Negotiation/Review"},
          {"Probability", 90.0},
          {"Type", "Renewal"},
          {"Amount", decimal_of(renewal.amount_minor, renewal.currency)},
          {"CloseDate", format_day(day_of(at))},
          {"CurrencyIsoCode", renewal.currency},
          {"OwnerId", crm_long_id(sales_user_id)},
          {"ContractId", renewal.contract_id},
          {"HasOpportunityLineItem", true},
          {"Renewal_Number__c", renewal.number},
          {"Contract_Number__c", renewal.contract_number},
          {"Service_Start__c", format_day(renewal.start)},
          {"Service_End__c", format_day(renewal.end)},
          {"Region__c", account.region},
          {"Billing_Subscription__c", renewal.subscription_id},
          {"Instalments__c", renewal.instalments == 1 ? Json() : Json(renewal.instalments * 1.0)}},
         at, sales_user_id);
  seed_lines(renewal, at);
}

void Org::seed_lines(const PlannedRenewal& renewal, Instant at) {
  double order = 1;
  for (const PlannedLine& line : renewal.lines) {
    const PlannedProduct& product = estate_.plan.products[line.product];
    insert(object_named("OpportunityLineItem"), line.crm_id,
           {{"OpportunityId", renewal.opportunity_id},
            {"Product2Id", product.crm_id},
            {"ProductCode", product.code},
            {"Name", product.name},
            {"Quantity", static_cast<double>(line.quantity)},
            {"UnitPrice", decimal_of(line.unit_minor, renewal.currency)},
            {"TotalPrice", decimal_of(line.total_minor, renewal.currency)},
            {"ServiceDate", format_day(renewal.start)},
            {"End_Date__c", format_day(renewal.end)},
            {"SortOrder", order},
            {"CurrencyIsoCode", renewal.currency}},
           at, sales_user_id);
    order += 1;
  }
}

void Org::seed_decoy(const PlannedDecoy& decoy, Instant at) {
  const PlannedAccount& account = estate_.plan.accounts[decoy.account];
  const bool is_renewal = !decoy.number.empty();
  insert(object_named("Opportunity"), decoy.opportunity_id,
         {{"AccountId", account.crm_id},
          {"Name", account.name + (is_renewal ? " - lost renewal" : " - new business")},
          {"StageName", is_renewal ? "Closed Lost" : "Closed Won"},
          {"Type", is_renewal ? "Renewal" : "New Business"},
          {"Amount", 1000.0},
          {"CloseDate", format_day(day_of(at))},
          {"CurrencyIsoCode", account.currency},
          {"OwnerId", crm_long_id(sales_user_id)},
          {"Renewal_Number__c", is_renewal ? Json(decoy.number) : Json()},
          {"Region__c", account.region},
          {"HasOpportunityLineItem", false}},
         at, sales_user_id);
}

}  // namespace perennial::sandbox::salesforce
