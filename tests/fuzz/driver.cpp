// Runs a fuzz target without a fuzzer: every file of the corpus, then so many mutations of them drawn from a seed. With clang and
// -DCONCLAVE_FUZZ=ON the target is linked to libFuzzer instead and this file is left out. What ends the program is kept in
// ./failed-input.
//
//     TARGET CORPUS_DIRECTORY [RUNS [SEED]]
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

const std::string* running = nullptr;

void keep_input(int signal) {
  const int file = ::open("failed-input", O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file >= 0 && ::write(file, running->data(), running->size()) >= 0) ::close(file);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void run(const std::string& input) {
  running = &input;
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::vector<std::string> read_corpus(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> inputs;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return inputs;
}

/// Bytes changed, removed, repeated; or the end of another input.
std::string mutate(std::string input, const std::vector<std::string>& corpus, std::mt19937_64& random) {
  const auto below = [&random](std::size_t bound) { return static_cast<std::size_t>(random() % (bound + 1)); };
  for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
    const std::size_t at = below(input.size());
    const std::size_t size = std::min(below(8), input.size() - at);
    const std::string& other = corpus[below(corpus.size() - 1)];
    switch (random() % 6) {
      case 0: input.insert(at, 1, static_cast<char>(random() % 256)); break;
      case 1: input.erase(at, size); break;
      case 2: input.insert(at, input.substr(at, size)); break;
      case 3:
        if (at < input.size()) input[at] = static_cast<char>(random() % 256);
        break;
      case 4: input.insert(at, "\r\n\t :;,0%"[random() % 9] == '\r' ? "\r\n" : "0"); break;
      default: input = input.substr(0, at) + other.substr(below(other.size())); break;
    }
  }
  return input.substr(0, 1 << 16);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: %s CORPUS_DIRECTORY [RUNS [SEED]]\n", argv[0]), 2;
  const std::vector<std::string> corpus = read_corpus(argv[1]);
  const unsigned long long runs = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 100'000;
  const unsigned long long seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : std::random_device()();
  if (corpus.empty()) return std::fprintf(stderr, "no inputs in %s\n", argv[1]), 2;
  std::printf("%zu inputs, %llu mutations, seed %llu\n", corpus.size(), runs, seed);
  std::fflush(stdout);
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE}) std::signal(signal, keep_input);
  for (const std::string& input : corpus) run(input);
  std::mt19937_64 random(seed);
  for (unsigned long long i = 0; i < runs; ++i) run(mutate(corpus[random() % corpus.size()], corpus, random));
  return 0;
}
