// The noun `plugin`: what the folders of plugins offer, without loading any code.
#include <iostream>

#include "runtime/app/text_table.hpp"
#include "runtime/app/verbs_nouns.hpp"

namespace perennial::app {
namespace {

constexpr const char* usage = "plugin list | plugin show ID";

Json list_json(const host::PluginCatalog& catalog) {
  Json plugins = Json::array();
  for (const host::Manifest& manifest : catalog.manifests()) {
    plugins.push_back({{"id", manifest.id},
                       {"version", manifest.version},
                       {"title", manifest.title},
                       {"directory", manifest.directory.string()}});
  }
  Json refused = Json::array();
  for (const auto& refusal : catalog.refusals()) {
    refused.push_back({{"directory", refusal.directory.string()}, {"reason", refusal.reason}});
  }
  return {{"schema_version", 1}, {"plugins", plugins}, {"refused", refused}};
}

std::string list_text(const Json& body) {
  TextTable table({"ID", "VERSION", "TITLE", "DIRECTORY"});
  for (const Json& row : body["plugins"]) {
    table.add({cell(row, "id"), cell(row, "version"), cell(row, "title"), cell(row, "directory")});
  }
  std::string text = body["plugins"].empty() ? "no plugins\n" : table.text();
  for (const Json& row : body["refused"]) {
    text += "refused " + cell(row, "directory") + ": " + cell(row, "reason") + "\n";
  }
  return text;
}

std::string_view word_of(host::IdempotencyKind kind) {
  switch (kind) {
    case host::IdempotencyKind::none:
      return "none";
    case host::IdempotencyKind::key:
      return "key";
    case host::IdempotencyKind::natural:
      return "natural";
    case host::IdempotencyKind::lookup:
      return "lookup";
  }
  return "none";
}

Json manifest_json(const host::Manifest& manifest) {
  Json sources = Json::array();
  for (const auto& one : manifest.sources) {
    sources.push_back({{"name", one.name}, {"description", one.description}, {"emits", one.emits}});
  }
  Json operations = Json::array();
  for (const auto& one : manifest.operations) {
    operations.push_back({{"name", one.name},
                          {"description", one.description},
                          {"kind", one.kind == host::OperationKind::effect ? "effect" : "query"},
                          {"accepts", one.accepts},
                          {"emits", one.emits},
                          {"idempotency", word_of(one.idempotency.kind)},
                          {"has_lookup", one.idempotency.has_lookup},
                          {"concurrency", one.concurrency},
                          {"batch", one.batch}});
  }
  Json webhooks = Json::array();
  for (const auto& one : manifest.webhooks) {
    webhooks.push_back({{"name", one.name}, {"description", one.description}});
  }
  return {{"id", manifest.id},
          {"version", manifest.version},
          {"title", manifest.title},
          {"description", manifest.description},
          {"abi", std::to_string(manifest.abi_major) + "." + std::to_string(manifest.abi_minor)},
          {"directory", manifest.directory.string()},
          {"sources", sources},
          {"operations", operations},
          {"webhooks", webhooks}};
}

std::string joined(const Json& texts) {
  std::string text;
  for (const Json& one : texts) text += (text.empty() ? "" : ", ") + one.get<std::string>();
  return text;
}

std::string manifest_text(const Json& plugin) {
  std::string text = cell(plugin, "id") + " " + cell(plugin, "version") + "  " +
                     cell(plugin, "title") + "\n" + cell(plugin, "description") + "\n" +
                     cell(plugin, "directory") + "\n\n";
  TextTable table({"KIND", "NAME", "IDEMPOTENCY", "TAKES", "GIVES", "DESCRIPTION"});
  for (const Json& one : plugin["sources"]) {
    table.add(
        {"source", cell(one, "name"), "", "", joined(one["emits"]), cell(one, "description")});
  }
  for (const Json& one : plugin["operations"]) {
    table.add({cell(one, "kind"), cell(one, "name"), cell(one, "idempotency"),
               joined(one["accepts"]), joined(one["emits"]), cell(one, "description")});
  }
  for (const Json& one : plugin["webhooks"]) {
    table.add({"webhook", cell(one, "name"), "", "", "", cell(one, "description")});
  }
  return text + table.text();
}

void print(const Invocation& invocation, const Json& body, const std::string& text) {
  std::cout << (invocation.is_json
                    ? body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"
                    : text);
}

int plugin(const Invocation& invocation) {
  const std::string what = word_at(invocation, 0);
  const std::string id = word_at(invocation, 1);
  const bool is_list = what == "list" && id.empty();
  const bool is_show = what == "show" && !id.empty();
  if (!is_list && !is_show) return refuse_usage(invocation, usage);
  const auto config = load_or_explain(invocation);
  if (!config) return exit_findings;
  if (is_list) {
    const Json body = list_json(*config->catalog);
    print(invocation, body, list_text(body));
    return exit_ok;
  }
  const auto manifest = config->catalog->find(id);
  if (!manifest) return explain(invocation, manifest.error().reason, exit_findings);
  const Json shown = manifest_json(**manifest);
  print(invocation, {{"schema_version", 1}, {"plugin", shown}}, manifest_text(shown));
  return exit_ok;
}

}  // namespace

Verb plugin_verb() {
  return {"plugin", usage, "lists plugins and what each offers", {}, {}, plugin};
}

}  // namespace perennial::app
