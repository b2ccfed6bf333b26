#include "tests/sandbox/http_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace perennial::sandbox::testing {
namespace {

namespace beast_http = boost::beast::http;
using Tcp = boost::asio::ip::tcp;

Exchange one(Tcp::socket& socket, boost::beast::flat_buffer& buffer, const Request& request) {
  const auto begin = std::chrono::steady_clock::now();
  beast_http::request<beast_http::string_body> out;
  out.method_string(request.method);
  out.target(request.target);
  out.version(11);
  out.set(beast_http::field::host, "127.0.0.1");
  for (const auto& [name, value] : request.headers) out.insert(name, value);
  out.body() = request.body;
  out.prepare_payload();
  boost::system::error_code error;
  beast_http::write(socket, out, error);
  Exchange result;
  beast_http::response_parser<beast_http::string_body> parser;
  if (!error) beast_http::read(socket, buffer, parser, error);
  result.is_whole = !error && parser.is_done();
  result.status = parser.is_header_done() ? static_cast<int>(parser.get().result_int()) : 0;
  result.body = parser.get().body();
  for (const auto& field : parser.get()) {
    result.head += std::string(field.name_string()) + ": " + std::string(field.value()) + "\n";
  }
  result.took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);
  return result;
}

}  // namespace

std::vector<Exchange> ask_all(const std::string& base_url, const std::vector<Request>& requests) {
  const std::string port = base_url.substr(base_url.rfind(':') + 1);
  boost::asio::io_context io;
  Tcp::socket socket(io);
  const auto number = static_cast<std::uint16_t>(std::stoi(port));
  boost::system::error_code error;
  socket.connect({boost::asio::ip::address_v4::loopback(), number}, error);
  boost::beast::flat_buffer buffer;
  std::vector<Exchange> results;
  for (const Request& request : requests) {
    if (error) break;
    results.push_back(one(socket, buffer, request));
    if (!results.back().is_whole) break;
  }
  return results;
}

Exchange ask(const std::string& base_url, const Request& request) {
  const auto results = ask_all(base_url, {request});
  return results.empty() ? Exchange() : results.front();
}

}  // namespace perennial::sandbox::testing
