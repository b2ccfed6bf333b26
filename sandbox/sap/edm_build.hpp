// Short words for writing down the properties of entity types.
//
// Place:   included by the files that list the services, and by no other.
#pragma once

#include "sandbox/sap/edm.hpp"

namespace perennial::sandbox::sap {

inline Property text(std::string name, int length) {
  Property property;
  property.name = std::move(name);
  property.length = length;
  return property;
}

inline Property typed(std::string name, Edm type, int scale = 0) {
  Property property;
  property.name = std::move(name);
  property.type = type;
  property.scale = scale;
  return property;
}

inline Property key(Property property) {
  property.is_key = true;
  property.is_read_only = true;
  return property;
}

inline Property system_set(Property property) {
  property.is_read_only = true;
  return property;
}

inline Property required(Property property) {
  property.is_required = true;
  return property;
}

}  // namespace perennial::sandbox::sap
