#include <conclave/client.hpp>
#include <cstdio>

// Nobody listens on the endpoint: what is tested is that the program compiles, links, runs and is told the truth.
int main() {
  auto client = conclave::Client::open({.endpoints = {"127.0.0.1:1"}, .request_timeout = std::chrono::milliseconds(200)});
  if (!client) return std::fprintf(stderr, "%s\n", client.error().message().c_str()), 1;
  const auto put = client->put("greeting", "hello");
  if (put) return std::fputs("a write without a server succeeded\n", stderr), 1;
  std::printf("%s\n", put.error().message().c_str());
  return put.error().certainty() == conclave::Certainty::definite ? 0 : 1;
}
