#include "supervisor/base/file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "supervisor/base/fd.hpp"

namespace rs {
namespace {

TEST(FileStamp, OfAFileThatIsReplacedOrWrittenIsAnotherOne) {
    std::string path = testing::TempDir() + "stamp_XXXXXX";
    const UniqueFd file{::mkstemp(path.data())};
    const FileStamp before = stamp_of(path);
    EXPECT_EQ(before, stamp_of(path));
    ASSERT_EQ(::write(file.get(), "x", 1), 1);
    EXPECT_NE(before, stamp_of(path));
    ASSERT_EQ(::unlink(path.c_str()), 0);
    EXPECT_NE(before, stamp_of(path));
}

}  // namespace
}  // namespace rs
