// Entity types of the simulated ERP services: properties, their types, lengths and who may set
// them.
//
// Place:   read by $metadata, by checks of posted entities, by filters and by rendering.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/base/json.hpp"

namespace perennial::sandbox::sap {

// Values are stored plainly: decimals as text, dates as 2026-02-28, instants as ISO text.
enum class Edm { string, decimal, date, date_time, boolean, guid };

struct Property {
  std::string name;
  Edm type = Edm::string;
  int length = 0;  // of strings
  int scale = 0;   // of decimals
  bool is_key = false;
  bool is_read_only = false;  // set by the system; posted values are ignored, as the vendor does
  bool is_required = false;
};

struct Navigation {
  std::string name;  // to_Item
  std::string type;  // A_SalesOrderItemType
  bool is_single = false;
};

struct EntityType {
  std::string name;  // A_SalesOrderType
  std::string set;   // A_SalesOrder
  std::vector<Property> properties;
  std::vector<Navigation> navigations;

  const Property* property(std::string_view property_name) const;
  const Navigation* navigation(std::string_view navigation_name) const;
};

struct Service {
  std::string path;   // /sap/opu/odata/sap/API_SALES_ORDER_SRV
  std::string space;  // schema namespace
  bool is_v4 = false;
  std::vector<EntityType> types;

  const EntityType* by_set(std::string_view set) const;
  const EntityType* by_type(std::string_view type) const;
};

const Service& sales_order_service();
const Service& accounting_service();
const Service& external_invoice_service();
const Service& billing_document_service();
const Service& revenue_schedule_service();
const Service& business_partner_service();

std::string metadata_xml(const Service& service);

// One complaint about a posted entity, or nothing. Nested navigations are checked as well.
std::optional<std::string> check_entity(const Service& service, const EntityType& type,
                                        const Json& entity);

// A stored record as the wire wants it: /Date(ms)/ and decimal text in v2, plain dates in v4.
// `decimals_as_text` is the v4 parameter IEEE754Compatible=true.
Json render_v2(const Service& service, const EntityType& type, const Json& record,
               const std::string& root_url);
Json render_v4(const EntityType& type, const Json& record, bool decimals_as_text);

// A posted value in stored form.
Json stored_value(const Property& property, const Json& value);

// W/"datetimeoffset'...'" of a record with a LastChangeDateTime and a change count.
std::string etag_of(const Json& record);

}  // namespace perennial::sandbox::sap
