// Runs a fuzz target without libFuzzer: over each seed as it is, cut short, with bytes changed and with
// pieces doubled. The same input always gives the same run.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.hpp"

namespace {

constexpr int kMutations = 300;
// What the formats are made of: a change to one of these gets further than a random byte.
constexpr std::string_view kTelling = "\"'[]{}=,.:#\n\\0-_$\x7f\xff";

void run(const std::string& input) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::string mutated(std::string text, std::minstd_rand& random) {
    const auto below = [&random](std::size_t end) { return random() % std::max<std::size_t>(end, 1); };
    const std::size_t at = below(text.size());
    switch (below(4)) {
        case 0:
            return text.substr(0, at);
        case 1:
            return text.erase(at, 1 + below(8));
        case 2:
            return text.insert(at, 1, kTelling[below(kTelling.size())]);
        default:
            return text.insert(at, text.substr(below(text.size()), below(64)));
    }
}

void run_with_mutations(const std::string& seed) {
    std::minstd_rand random{1};
    run(seed);
    for (int i = 0; i < kMutations; ++i) {
        std::string input = seed;
        const auto changes = 1 + random() % 4;
        for (std::minstd_rand::result_type change = 0; change < changes; ++change)
            input = mutated(std::move(input), random);
        run(input);
    }
}

std::vector<std::filesystem::path> files_in(int count, char** names) {
    std::vector<std::filesystem::path> files;
    for (int i = 0; i < count; ++i) {
        for (const auto& entry : std::filesystem::directory_iterator{names[i]}) {
            if (entry.is_regular_file()) files.push_back(entry.path());
        }
    }
    std::ranges::sort(files);
    return files;
}

}  // namespace

int main(int argc, char** argv) {
    const auto files = files_in(argc - 1, argv + 1);
    for (const auto& path : files) {
        std::ifstream file{path, std::ios::binary};
        run_with_mutations({std::istreambuf_iterator<char>{file}, {}});
    }
    std::printf("%zu seeds, %zu inputs\n", files.size(), files.size() * (kMutations + 1));
    return files.empty() ? 1 : 0;
}
