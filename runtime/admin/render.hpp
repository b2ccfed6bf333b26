// Rows of the view and of partitions as JSON; the shapes are in docs/http-api.md.
//
// Place:   read routes of the API, and through them the command line.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runtime/admin/exchange.hpp"
#include "runtime/host/host_set.hpp"
#include "runtime/state/tables.hpp"
#include "runtime/view/view.hpp"

namespace perennial::admin {

using Json = nlohmann::ordered_json;

[[nodiscard]] Json to_json(const view::RenewalRow& row);
[[nodiscard]] Json to_json(const view::TimelineRow& row);
[[nodiscard]] Json to_json(const view::DeliveryRow& row);
[[nodiscard]] Json to_json(const view::EventRow& row);
// Bodies are large: left out of lists.
[[nodiscard]] Json to_json(const view::ExceptionRow& row, bool has_body);
[[nodiscard]] Json to_json(const view::ConnectorRow& row);
[[nodiscard]] Json to_json(const host::HostState& state);

// An open exception of a partition as the view would show it.
[[nodiscard]] view::ExceptionRow to_view_row(std::uint32_t partition,
                                             const state::ExceptionRow& row);

template <typename Row>
[[nodiscard]] Json to_json_list(const std::vector<Row>& rows) {
  Json list = Json::array();
  for (const Row& row : rows) list.push_back(to_json(row));
  return list;
}

[[nodiscard]] Response ok(const Json& body, unsigned status = 200);

}  // namespace perennial::admin
