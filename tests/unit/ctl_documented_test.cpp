// The manual and the completions know every verb and option of the parser.
#include <gtest/gtest.h>

#include <cctype>
#include <format>
#include <fstream>
#include <sstream>

#include "supervisor/ctl/options.hpp"

namespace rs::ctl {
namespace {

std::string text_of(const std::string& file) {
    const std::ifstream stream{std::string{RS_SOURCE_DIR "/"} + file};
    std::ostringstream text;
    text << stream.rdbuf();
    EXPECT_FALSE(text.str().empty()) << file;
    return text.str();
}

bool has_word(const std::string& text, const std::string& word) {
    const auto part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-'; };
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        if ((at == 0 || !part(text[at - 1])) && (end == text.size() || !part(text[end]))) return true;
    }
    return false;
}

// As mdoc(7) writes them: "-json" for --json, after .Fl or .It Fl.
std::string in_mdoc(const std::string& word) {
    if (word.starts_with("--")) return "Fl -" + word.substr(2);
    if (word.starts_with("-")) return "Fl " + word.substr(1);
    return "Cm " + word;
}

TEST(TheManualOfSupervisorctl, HasEveryVerbAndOption) {
    const std::string manual = text_of("man/supervisorctl.1");
    for (const std::string& word : documented_words())
        EXPECT_TRUE(has_word(manual, in_mdoc(word))) << word << " is not documented";
    EXPECT_FALSE(has_word(manual, in_mdoc("--no-such-option")));
}

TEST(TheCompletionsOfSupervisorctl, HaveEveryVerbAndOption) {
    const std::string bash = text_of("completions/supervisorctl.bash");
    const std::string zsh = text_of("completions/_supervisorctl");
    const std::string fish = text_of("completions/supervisorctl.fish");
    for (const std::string& word : documented_words()) {
        EXPECT_TRUE(has_word(bash, word)) << word << " is missing for bash";
        EXPECT_TRUE(has_word(zsh, word)) << word << " is missing for zsh";
        const std::string in_fish = word.starts_with("--")  ? "-l " + word.substr(2)
                                    : word.starts_with("-") ? "-s " + word.substr(1)
                                                            : word;
        EXPECT_TRUE(has_word(fish, in_fish)) << word << " is missing for fish";
    }
}

}  // namespace
}  // namespace rs::ctl
