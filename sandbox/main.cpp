// perennial-sandbox: the simulated estate as one program.
#include <signal.h>

#include <boost/program_options.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "sandbox/control/world.hpp"

namespace {

namespace options = boost::program_options;
using namespace perennial::sandbox;

struct CommandLine {
  WorldOptions world;
  std::uint16_t port = 7500;
  std::string ports_file;
};

options::options_description describe() {
  options::options_description description("perennial-sandbox: a simulated estate on loopback");
  auto add = description.add_options();
  add("help", "show this text");
  add("port", options::value<int>()->default_value(7500),
      "first of five ports: crm, erp, billing, entitlement, control; 0 takes free ones");
  add("ports-file", options::value<std::string>(), "write the five addresses to this file as JSON");
  add("renewals", options::value<int>()->default_value(200), "how many renewals to plan");
  add("seed", options::value<std::uint64_t>()->default_value(7), "seed of the plan and the faults");
  add("start-date", options::value<std::string>(),
      "service terms begin in the 60 days after this date (default: today)");
  add("currencies", options::value<std::string>(),
      "the accounts' currencies in turn, such as JPY,KWD,ISK,USD,EUR (default: by region)");
  add("instalments", options::value<int>()->default_value(1),
      "each renewal is invoiced in so many parts");
  add("accepted-per-s", options::value<double>()->default_value(0),
      "close this many renewals a second as won; 0 closes all at start");
  add("pay-after-ms", options::value<int>()->default_value(300),
      "customers pay an open invoice after this time; -1 means never");
  add("stripe-version", options::value<std::string>()->default_value("2024-06-20"),
      "the billing account's default API version, which events are rendered in");
  add("webhook-url", options::value<std::string>(), "send billing events here");
  add("webhook-secret", options::value<std::vector<std::string>>(),
      "sign them with this secret; repeat it during a rotation");
  return description;
}

// "JPY,KWD" as codes; what is wrong with it, else empty.
std::string read_currencies(const std::string& text, std::vector<std::string>& out) {
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, ',');) {
    if (!known_digits(word)) return "expected currencies known here, but '" + word + "' is none";
    out.push_back(word);
  }
  return out.empty() ? "expected at least one currency with --currencies" : "";
}

// Empty when the command line is good, else what is wrong with it.
std::string read_command_line(const options::variables_map& given, CommandLine& out) {
  EstateOptions& estate = out.world.estate;
  const int port = given["port"].as<int>();
  if (port < 0 || port > 65531) return "expected --port between 0 and 65531";
  out.port = static_cast<std::uint16_t>(port);
  estate.plan.renewals = given["renewals"].as<int>();
  if (estate.plan.renewals < 1 || estate.plan.renewals > 899'999) {
    return "expected --renewals between 1 and 899999";
  }
  estate.plan.seed = given["seed"].as<std::uint64_t>();
  estate.plan.start = day_of(Clock().now());
  if (given.count("start-date") > 0) {
    const auto day = parse_day(given["start-date"].as<std::string>());
    if (!day) return "expected --start-date as a date such as 2026-12-31";
    estate.plan.start = *day;
  }
  if (given.count("currencies") > 0) {
    std::string problem =
        read_currencies(given["currencies"].as<std::string>(), estate.plan.currencies);
    if (!problem.empty()) return problem;
  }
  estate.plan.instalments = given["instalments"].as<int>();
  if (estate.plan.instalments < 1 || estate.plan.instalments > 60) {
    return "expected --instalments between 1 and 60";
  }
  estate.accepted_per_s = given["accepted-per-s"].as<double>();
  estate.pay_after = std::chrono::milliseconds(given["pay-after-ms"].as<int>());
  estate.stripe_version = given["stripe-version"].as<std::string>();
  if (given.count("ports-file") > 0) out.ports_file = given["ports-file"].as<std::string>();
  if (given.count("webhook-url") > 0) {
    out.world.webhook.url = given["webhook-url"].as<std::string>();
    if (given.count("webhook-secret") == 0) return "expected --webhook-secret with --webhook-url";
    out.world.webhook.secrets = given["webhook-secret"].as<std::vector<std::string>>();
  }
  return {};
}

// Written beside the target and renamed, so that a reader never sees half a file.
std::string write_ports_file(const std::string& path, const Json& urls) {
  const std::string unfinished = path + ".new";
  std::ofstream file(unfinished);
  file << urls.dump(2) << "\n";
  file.close();
  if (!file || std::rename(unfinished.c_str(), path.c_str()) != 0) {
    return "expected to write the ports file " + path + ", but it cannot be written";
  }
  return {};
}

int run(const CommandLine& command_line) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  // Blocked before any thread starts, so that only the wait below takes them.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  World world(command_line.world);
  std::string problem = world.start(command_line.port);
  if (problem.empty() && !command_line.ports_file.empty()) {
    problem = write_ports_file(command_line.ports_file, world.urls());
  }
  if (!problem.empty()) {
    std::cerr << "perennial-sandbox: " << problem << "\n";
    return 3;
  }
  std::cout << world.urls().dump() << std::endl;
  int received = 0;
  sigwait(&signals, &received);
  world.stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const options::options_description description = describe();
  CommandLine command_line;
  try {
    options::variables_map given;
    options::store(options::parse_command_line(argc, argv, description), given);
    options::notify(given);
    if (given.count("help") > 0) {
      std::cout << description;
      return 0;
    }
    const std::string problem = read_command_line(given, command_line);
    if (!problem.empty()) {
      std::cerr << "perennial-sandbox: " << problem << "\n";
      return 2;
    }
  } catch (const options::error& error) {
    std::cerr << "perennial-sandbox: " << error.what() << "; see --help\n";
    return 2;
  }
  return run(command_line);
}
