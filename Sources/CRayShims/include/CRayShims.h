// What Swift cannot say on Linux: thin, prefixed, nothing more.
#ifndef CRAY_SHIMS_H
#define CRAY_SHIMS_H
#include "cray_process.h"
#if __has_include("cray_net.h")
#include "cray_net.h"
#endif
#if __has_include("cray_shm.h")
#include "cray_shm.h"
#endif
#endif
