// What a service says of itself in $metadata, as far as the connector depends on it. Pure.
//
// Errors:  a text that is no metadata document gives no entity sets, and every need is missing.
// Format:  CSDL XML of OData 2.0 ("Overview", edmx 1.0) and of 4.01 (OData CSDL XML Representation):
//          EntitySet names its EntityType, which has Property and NavigationProperty elements.
#ifndef PERENNIAL_PLUGINS_ERP_METADATA_HPP
#define PERENNIAL_PLUGINS_ERP_METADATA_HPP

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace perennial::plugins::erp {

struct EntityShape {
  std::map<std::string, int> properties;  // with their MaxLength; 0: none stated
  std::vector<std::string> navigations;
};

// By the name of the entity set.
using Metadata = std::map<std::string, EntityShape>;
Metadata read_metadata(std::string_view xml);

struct Need {
  std::string set;
  std::vector<std::string> properties;  // navigations too
  std::string long_property;            // one that must take `length` characters; "": none
  int length = 0;
};

// What is missing, in words for a person, with the nearest name there is; "" when nothing is.
std::string missing_in(const Metadata& metadata, const Need& need);

}  // namespace perennial::plugins::erp

#endif
