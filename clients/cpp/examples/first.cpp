// The first program: stores a greeting and reads it back.   first ENDPOINT...
#include <conclave/client.hpp>
#include <cstdio>

int main(int count, char** words) {
  auto client = conclave::Client::open({.endpoints = {words + 1, words + count}});
  if (!client) return std::fprintf(stderr, "%s\n", client.error().message().c_str()), 1;
  if (auto put = client->put("greeting", "hello"); !put) return std::fprintf(stderr, "%s\n", put.error().message().c_str()), 1;
  if (auto got = client->get("greeting"); got && got->kv) std::printf("%s\n", got->kv->value.c_str());
}
