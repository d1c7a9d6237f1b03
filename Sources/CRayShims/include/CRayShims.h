// What Swift cannot say on Linux: thin, prefixed, nothing more.
#ifndef CRAY_SHIMS_H
#define CRAY_SHIMS_H
#endif
