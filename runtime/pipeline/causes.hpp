// Every cause of an exception: the words that owner rules may name. docs/semantics.md explains
// each.
#pragma once

#include <array>
#include <string_view>

namespace perennial::pipeline {

inline constexpr std::array<std::string_view, 20> causes = {
    "rejected",               // the remote said no for good
    "retries_exhausted",      // it never worked within the policy
    "outcome_unknown",        // nobody can say whether it was applied
    "possible_double",        // it may have been applied twice
    "orphaned",               // its connector or operation left the configuration
    "join_overdue",           // events that belong together did not all come in time
    "no_correlation",         // an event that must be joined has no correlation id
    "malformed_event",        // no event at all
    "unknown_type",           // an event type without a schema
    "schema_violation",       // an event that breaks its schema
    "foreign_correlation",    // a follow-up event of another renewal
    "mapping_failed",         // a jq map gave an error or nothing usable
    "record_too_large",       // a vendor record beyond the limit
    "source_gap",             // the remote no longer has what lies between
    "source_cursor_invalid",  // the remote does not know where we were
    "source_rejected",        // the remote refuses the query of a source
    "connector_unauthorized",
    "connector_unreachable",
    "plugin_fault",   // a defect in a plugin
    "plugin_misuse",  // a plugin broke a rule of the boundary
};

}  // namespace perennial::pipeline
