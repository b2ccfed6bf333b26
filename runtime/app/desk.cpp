#include "runtime/app/desk.hpp"

#include <cstdlib>
#include <filesystem>

#include "runtime/app/data_directory.hpp"
#include "runtime/view/projector.hpp"

namespace perennial::app {
namespace {

namespace fs = std::filesystem;

// The least that is enough: a listing should not carry the key of an administrator.
const ApiToken* token_for(const Config& config, Role role) {
  const ApiToken* best = nullptr;
  for (const ApiToken& token : config.tokens) {
    const bool is_enough = token.role >= role;
    if (is_enough && (best == nullptr || token.role < best->role)) best = &token;
  }
  return best;
}

std::string address_of(const Config& config) {
  const bool is_v6 = config.listen_host.find(':') != std::string::npos;
  return "http://" + (is_v6 ? "[" + config.listen_host + "]" : config.listen_host) + ":" +
         std::to_string(config.listen_port);
}

}  // namespace

Result<std::unique_ptr<Desk>> Desk::open(const Config& config, Role role) {
  std::unique_ptr<Desk> desk(new Desk());
  const bool is_up = DataDirectory::is_in_use(config.data_directory);
  auto status = is_up ? desk->go_online(config, role) : desk->go_offline(config);
  if (!status) return tl::unexpected(status.error());
  return desk;
}

Desk::~Desk() {
  // The view has its files open until here.
  router_.reset();
  read_api_.reset();
  view_.reset();
  std::error_code error;
  if (!folder_.empty()) fs::remove_all(folder_, error);
}

Status Desk::go_online(const Config& config, Role role) {
  if (!config.has_http) {
    return fail(Code::unavailable,
                "expected to ask the runtime that uses " + config.data_directory +
                    ", but the configuration has no http: section: add one, or stop the runtime");
  }
  const ApiToken* token = token_for(config, role);
  if (token == nullptr) {
    return fail(Code::unavailable, "expected a token of the role " +
                                       std::string(role == Role::viewer ? "viewer" : "operator") +
                                       " under http: tokens:, but there is none");
  }
  client_ = std::make_unique<admin::HttpClient>(address_of(config), token->token);
  return {};
}

Status Desk::go_offline(const Config& config) {
  auto data =
      DataDirectory::open(config.data_directory, config.partitions, DataDirectory::Access::look);
  if (!data) return tl::unexpected(data.error());
  std::string pattern = (fs::temp_directory_path() / "perennial-look-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    return fail(Code::io, "expected to create a folder like " + pattern + ", but it failed");
  }
  folder_ = pattern;
  std::vector<std::string> journals;
  for (std::uint32_t index = 0; index < (*data)->partitions(); ++index) {
    journals.push_back((*data)->journal_directory(index));
  }
  const std::string path = folder_ + "/view.sqlite";
  if (auto status = view::Projector::look((*data)->view_path(), path, journals); !status) {
    return status;
  }
  auto opened = view::View::open(path);
  if (!opened) return tl::unexpected(opened.error());
  view_ = std::move(*opened);
  read_api_ = std::make_unique<admin::ReadApi>(*view_);
  router_ = std::make_unique<admin::Router>(admin::offline_routes(*read_api_),
                                            std::vector<admin::Token>{});
  return {};
}

Result<admin::Response> Desk::get(const std::string& target) const {
  if (client_) return client_->call("GET", target);
  admin::Request request;
  request.method = "GET";
  const std::size_t mark = std::min(target.find('?'), target.size());
  request.path = target.substr(0, mark);
  if (mark < target.size()) request.query_text = target.substr(mark + 1);
  auto match = router_->match(request);
  if (match.refusal) return *match.refusal;
  admin::Response response;
  match.route->handler(request, [&](admin::Response answer) { response = std::move(answer); });
  return response;
}

Result<admin::Response> Desk::post(const std::string& target, const std::string& body,
                                   const std::string& content_type) const {
  if (!client_) {
    return fail(Code::unavailable,
                "expected a running runtime for this, but none uses the data directory: start the "
                "runtime with `perennial run`");
  }
  return client_->call("POST", target, body, {{"Content-Type", content_type}});
}

}  // namespace perennial::app
