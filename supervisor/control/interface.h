// The varlink interface io.rootless.Supervisor, as `varlinkctl introspect` shows it: the contract with clients.
//
// In C, because the macros of sd-varlink-idl.h do not compile as C++. io.rootless.Supervisor(7) is the manual.
#pragma once

#include <systemd/sd-varlink-idl.h>

#ifdef __cplusplus
extern "C" {
#endif

// The C file glues it to names of errors, so it cannot be a constant.
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage)
#define RS_INTERFACE "io.rootless.Supervisor"

// Static; lives as long as the program.
const sd_varlink_interface* rs_control_interface(void);

#ifdef __cplusplus
}
#endif
