#include "runtime/admin/metrics.hpp"

#include <array>

namespace perennial::admin {
namespace {

using pipeline::Counters;
using Labels = std::vector<std::pair<std::string_view, std::string>>;

// Label values: backslash, quote and line feed are escaped (exposition format, "Text format").
std::string escaped(std::string_view text) {
  std::string out;
  for (char symbol : text) {
    if (symbol == '\\' || symbol == '"') out += '\\';
    out += symbol == '\n' ? std::string("\\n") : std::string(1, symbol);
  }
  return out;
}

class Text {
 public:
  void family(std::string_view name, std::string_view kind, std::string_view help) {
    name_ = name;
    out_ += "# HELP " + name_ + " " + std::string(help) + "\n# TYPE " + name_ + " " +
            std::string(kind) + "\n";
  }
  void sample(const Labels& labels, std::uint64_t value) {
    out_ += name_;
    for (std::size_t index = 0; index < labels.size(); ++index) {
      out_ += (index == 0 ? "{" : ",") + std::string(labels[index].first) + "=\"" +
              escaped(labels[index].second) + "\"";
    }
    out_ += (labels.empty() ? " " : "} ") + std::to_string(value) + "\n";
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string name_;
  std::string out_;
};

struct Counter {
  std::string_view name;
  std::string_view help;
  std::uint64_t Counters::*value;
};

constexpr std::array counters = {
    Counter{"perennial_deliveries_scheduled_total", "Deliveries that followed from events.",
            &Counters::deliveries_scheduled},
    Counter{"perennial_deliveries_started_total", "Attempts that were sent to a connector.",
            &Counters::deliveries_started},
    Counter{"perennial_deliveries_done_total", "Deliveries that were applied.",
            &Counters::deliveries_done},
    Counter{"perennial_deliveries_deferred_total", "Attempts that will be made again.",
            &Counters::deliveries_deferred},
    Counter{"perennial_deliveries_uncertain_total", "Attempts whose outcome was not known.",
            &Counters::deliveries_uncertain},
    Counter{"perennial_lookups_total", "Questions to a remote about an earlier attempt.",
            &Counters::lookups},
    Counter{"perennial_outcomes_late_total", "Answers to attempts that were over.",
            &Counters::outcomes_late},
    Counter{"perennial_observations_unchanged_total",
            "Versions of source records that changed nothing that counts, our own writes among "
            "them.",
            &Counters::observations_unchanged},
    Counter{"perennial_exceptions_opened_total", "Exceptions that were opened.",
            &Counters::exceptions_opened},
};

std::string number(const Look& look) {
  return std::to_string(look.partition);
}

void add_events(Text& text, const std::vector<Look>& looks) {
  text.family("perennial_events_received_total", "counter", "Events that came in, by verdict.");
  for (const Look& look : looks) {
    text.sample({{"partition", number(look)}, {"verdict", "accepted"}},
                look.counters.events_accepted);
    text.sample({{"partition", number(look)}, {"verdict", "duplicate"}},
                look.counters.events_duplicate);
    text.sample({{"partition", number(look)}, {"verdict", "refused"}},
                look.counters.events_refused);
  }
  for (const Counter& counter : counters) {
    text.family(counter.name, "counter", counter.help);
    for (const Look& look : looks) {
      text.sample({{"partition", number(look)}}, look.counters.*counter.value);
    }
  }
}

void add_state(Text& text, const std::vector<Look>& looks) {
  text.family("perennial_deliveries_open", "gauge", "Deliveries that are not settled, by status.");
  for (const Look& look : looks) {
    for (const auto& [status, count] : look.deliveries_by_status) {
      text.sample({{"partition", number(look)}, {"status", status}}, count);
    }
  }
  text.family("perennial_exceptions_open", "gauge", "Open exceptions, by owner and cause.");
  for (const Look& look : looks) {
    for (const auto& [labels, count] : look.exceptions_by_owner) {
      text.sample({{"partition", number(look)}, {"owner", labels.first}, {"cause", labels.second}},
                  count);
    }
  }
  text.family("perennial_journal_position", "gauge", "Position of the last record.");
  for (const Look& look : looks) text.sample({{"partition", number(look)}}, look.position);
  text.family("perennial_journal_durable_position", "gauge",
              "Position of the last durable record.");
  for (const Look& look : looks) text.sample({{"partition", number(look)}}, look.durable);
  text.family("perennial_journal_has_reserve", "gauge",
              "Whether the disk has room for new events (1) or intake is stopped (0).");
  for (const Look& look : looks) {
    text.sample({{"partition", number(look)}}, look.has_reserve ? 1 : 0);
  }
}

void add_hosts(Text& text, const Services& services) {
  const std::vector<host::HostState> states = services.host_states();
  text.family("perennial_connector_connected", "gauge",
              "Whether the connector's host is connected.");
  for (const auto& one : states) text.sample({{"connector", one.connector}}, one.is_connected);
  text.family("perennial_connector_paused", "gauge",
              "Whether the connector is paused or draining.");
  for (const auto& one : states) text.sample({{"connector", one.connector}}, one.is_paused);
  text.family("perennial_connector_restarts_total", "counter", "Restarts of the connector's host.");
  for (const auto& one : states) text.sample({{"connector", one.connector}}, one.restarts);
  text.family("perennial_connector_misuses_total", "counter",
              "Rules of the plugin boundary that the plugin broke.");
  for (const auto& one : states) text.sample({{"connector", one.connector}}, one.misuses);
}

void add_view(Text& text, const Services& services, const std::vector<Look>& looks) {
  if (services.projector == nullptr) return;
  text.family("perennial_view_position", "gauge", "Position up to which the view was built.");
  for (const Look& look : looks) {
    text.sample({{"partition", number(look)}}, services.projector->applied(look.partition));
  }
}

}  // namespace

std::string to_metrics(const Services& services, const std::vector<Look>& looks) {
  Text text;
  add_events(text, looks);
  add_state(text, looks);
  add_hosts(text, services);
  add_view(text, services, looks);
  return text.take();
}

}  // namespace perennial::admin
