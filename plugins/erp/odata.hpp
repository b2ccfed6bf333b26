// What OData versions 2 and 4 look like on the wire, without any network.
//
// Errors:  Parsed carries what is wrong with an answer.
// Format:  OData 2.0 JSON format with SAP's dialect (d.results, /Date(ms)/, Decimal as text) and
//          OData 4.01 JSON format (value, @odata.etag, @odata.nextLink).
#ifndef PERENNIAL_PLUGINS_ERP_ODATA_HPP
#define PERENNIAL_PLUGINS_ERP_ODATA_HPP

#include <optional>

#include "perennial/types.hpp"
#include "plugins/common/json.hpp"
#include "plugins/common/transport.hpp"

namespace perennial::plugins::erp {

// A text literal in a filter or key: quotes doubled, as both versions ask.
std::string literal(std::string_view text);

// The one entity of a v2 answer ("d"), or of a v4 answer (the object itself).
common::Parsed<common::Json> entity_of(const std::string& body);

// The entities of a v2 answer ("d.results" or "d") or of a v4 answer ("value").
common::Parsed<common::Json> entities_of(const std::string& body);

// The ETag of an entity: the header, else __metadata.etag, else @odata.etag; "" when there is none.
std::string etag_of(const common::HttpResponse& response, const common::Json& entity);

// "/Date(1735689600000)/" anywhere inside becomes "2025-01-01" (with a time when it is not
// midnight), deferred links and metadata go.
common::Json readable(const common::Json& entity);

// What became of a lookup by what it found: none, one or several entities under a key.
template <class MakeReceipt>
sdk::LookupAnswer lookup_of(const common::Json& entities, MakeReceipt receipt_of) {
  sdk::LookupAnswer answer;
  answer.matches = static_cast<std::uint32_t>(entities.size());
  if (entities.empty()) {
    answer.kind = sdk::LookupKind::absent;
    return answer;
  }
  if (entities.size() == 1) {
    answer.kind = sdk::LookupKind::done;
    answer.receipt = common::msgpack_of(receipt_of(entities.front()));
    answer.body = common::msgpack_of(readable(entities.front()));
    return answer;
  }
  common::Json receipts = common::Json::array();
  for (const common::Json& entity : entities) receipts.push_back(receipt_of(entity));
  answer.kind = sdk::LookupKind::several;
  answer.code = "several_matches";
  answer.text = std::to_string(entities.size()) + " entities carry this reference";
  answer.receipt = common::msgpack_of(receipts);
  return answer;
}

// A link of the service, absolute or relative, as a path below it; nothing when it leads elsewhere,
// where our credentials must not go.
std::optional<std::string> below_service(const std::string& link, const std::string& base_url,
                                         const std::string& service);

// Text of the warnings that SAP put into the headers of a success, sap-message in version 2 and
// sap-messages in version 4; "" for none.
std::string warnings_of(const common::Headers& headers);

}  // namespace perennial::plugins::erp

#endif
