#include "result.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace conclave::bench {
namespace {

constexpr std::pair<const char*, double> percentiles[] = {
    {"p50_us", 0.5}, {"p90_us", 0.9}, {"p99_us", 0.99}, {"p999_us", 0.999}, {"p9999_us", 0.9999}};

double micros(std::chrono::nanoseconds duration) { return static_cast<double>(duration.count()) / 1000.0; }
double per_second(std::uint64_t count, double seconds) { return seconds > 0 ? static_cast<double>(count) / seconds : 0; }

std::string line(const char* name, double value, const char* unit) {
  char text[128];
  std::snprintf(text, sizeof text, "  %-22s %14.1f %s\n", name, value, unit);
  return text;
}

}  // namespace

std::string to_json(const Options& options, const Outcome& outcome) {
  nlohmann::ordered_json json;
  json["system"] = "conclave";
  json["workload"] = name_of(options.workload);
  json["clients"] = options.clients;
  json["connections"] = options.connections;
  json["seconds"] = outcome.seconds;
  json["operations"] = outcome.operations;
  json["errors"] = outcome.errors;
  json["ops_per_second"] = per_second(outcome.operations, outcome.seconds);
  for (const auto& [name, fraction] : percentiles) json[name] = micros(outcome.latency.at(fraction));
  json["max_us"] = micros(outcome.latency.max());
  json["events"] = outcome.events;
  json["extra"] = nlohmann::ordered_json::object();
  for (const auto& [name, value] : outcome.extra) json["extra"][name] = value;
  if (!outcome.first_error.empty()) json["extra"]["first_error"] = outcome.first_error;
  return json.dump();
}

std::string to_text(const Options& options, const Outcome& outcome) {
  std::string text = name_of(options.workload) + ": " + std::to_string(options.clients) + " clients, " +
                     std::to_string(options.connections) + " connections\n";
  text += line("seconds", outcome.seconds, "");
  text += line("operations", static_cast<double>(outcome.operations), "");
  text += line("errors", static_cast<double>(outcome.errors), outcome.first_error.c_str());
  text += line("operations per second", per_second(outcome.operations, outcome.seconds), "");
  if (outcome.events > 0) text += line("events per second", per_second(outcome.events, outcome.seconds), "");
  for (const auto& [name, fraction] : percentiles)
    text += line(std::string(name).substr(0, std::string(name).size() - 3).c_str(), micros(outcome.latency.at(fraction)), "us");
  text += line("max", micros(outcome.latency.max()), "us");
  for (const auto& [name, value] : outcome.extra) text += line(name.c_str(), value, "");
  return text;
}

}  // namespace conclave::bench
