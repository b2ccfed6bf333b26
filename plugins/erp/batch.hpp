// Several requests in one exchange: OData's $batch, in both of its formats. Pure.
//
// Errors:  Parsed carries why an answer cannot be matched with what was asked.
// Format:  multipart/mixed with change sets (OData 2.0 "Batch Processing"; SAP Help, SAP Gateway,
//          "$batch Processing": one POST, a change set is atomic and answers with one part when it
//          fails) and JSON (OData JSON Format 4.01, 19: requests, atomicityGroup, responses).
#ifndef PERENNIAL_PLUGINS_ERP_BATCH_HPP
#define PERENNIAL_PLUGINS_ERP_BATCH_HPP

#include <vector>

#include "plugins/common/json.hpp"
#include "plugins/common/transport.hpp"

namespace perennial::plugins::erp {

enum class BatchFormat { multipart, json };

// One request, with its path relative to the service.
struct BatchRequest {
  std::string method = "GET";
  std::string path;
  common::Headers headers;
  common::Json body;  // null: none
};

// A read by itself, or changes that are applied all or none.
struct BatchPart {
  bool is_change_set = false;
  std::vector<BatchRequest> requests;
};

struct BatchBody {
  std::string content_type;
  std::string text;
};

BatchBody batch_body(const std::vector<BatchPart>& parts, BatchFormat format);

// The answers of each part, in the order of the parts. A change set that failed has one answer,
// with its error; one that was applied has as many as it has requests.
using BatchAnswers = std::vector<std::vector<common::HttpResponse>>;
common::Parsed<BatchAnswers> batch_answers(const common::HttpResponse& response,
                                           const std::vector<BatchPart>& parts, BatchFormat format);

}  // namespace perennial::plugins::erp

#endif
