#include "tests/unit/ctl_golden.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "supervisor/ctl/decode.hpp"

namespace rs::ctl::golden {
namespace {

std::string path_of(const std::string& file) {
    return std::string{RS_SOURCE_DIR "/tests/unit/golden/ctl/"} + file;
}

}  // namespace

std::string read(const std::string& file) {
    const std::ifstream stream{path_of(file)};
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

Status status(const std::string& name) {
    const auto parsed = parse_json(read(name + ".json"));
    if (!parsed) {
        ADD_FAILURE() << name << ": " << parsed.error().message;
        return {};
    }
    auto decoded = decode_status(parsed->get());
    if (!decoded) {
        ADD_FAILURE() << name << ": " << decoded.error().message;
        return {};
    }
    return *std::move(decoded);
}

void expect(const std::string& file, const std::string& text) {
    if (const char* directory = std::getenv("RS_UPDATE_GOLDEN"); directory != nullptr) {
        std::ofstream stream{std::string{directory} + "/" + file};
        stream << text;
        ASSERT_TRUE(stream.flush()) << "cannot write to " << directory;
        return;
    }
    EXPECT_EQ(read(file), text) << "for " << file << "; RS_UPDATE_GOLDEN=DIRECTORY writes the new one";
}

}  // namespace rs::ctl::golden
