#include "supervisor/notify/message.hpp"

#include <gtest/gtest.h>

namespace rs {
namespace {

TEST(NotifyMessage, ReadsReadyAndStatusFromOneDatagram) {
    const auto message = parse_notify("READY=1\nSTATUS=serving\n");
    EXPECT_TRUE(message.ready);
    EXPECT_FALSE(message.stopping);
    EXPECT_EQ(message.status, "serving");
}

TEST(NotifyMessage, IsNotReadyBySomethingThatOnlyLooksLikeIt) {
    EXPECT_FALSE(parse_notify("READY=0").ready);
    EXPECT_FALSE(parse_notify("READY=11").ready);
    EXPECT_FALSE(parse_notify("XREADY=1").ready);
    EXPECT_FALSE(parse_notify("STATUS=READY=1").ready);
    EXPECT_FALSE(parse_notify("").ready);
}

TEST(NotifyMessage, TellsAPingFromACryForHelp) {
    EXPECT_TRUE(parse_notify("WATCHDOG=1").ping);
    EXPECT_FALSE(parse_notify("WATCHDOG=1").trigger);
    EXPECT_TRUE(parse_notify("WATCHDOG=trigger").trigger);
    EXPECT_FALSE(parse_notify("WATCHDOG_USEC=1").ping);
}

TEST(NotifyMessage, DropsWhatIsNotTheProxysToSay) {
    const auto message = parse_notify("MAINPID=1\nFDSTORE=1\nNOTIFYACCESS=all");
    EXPECT_FALSE(message.ready || message.reloading || message.stopping || message.barrier);
    EXPECT_EQ(message.status, "");
}

TEST(NotifyMessage, MakesAStatusPrintable) {
    EXPECT_EQ(parse_notify("STATUS=a\x1b[31mb\tc").status, "a?[31mb?c");
    EXPECT_EQ(parse_notify("STATUS=gr\xc3\xbc\xc3\x9f").status, "gr\xc3\xbc\xc3\x9f");
    EXPECT_EQ(parse_notify("STATUS=\xff\xc3").status, "??");
}

}  // namespace
}  // namespace rs
