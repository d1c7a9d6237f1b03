#ifndef C_ALLOCATION_COUNT_H
#define C_ALLOCATION_COUNT_H

#include <stdint.h>

// Allocations the calling thread has made since it started. Counted by standing in front of the C library's allocator.
uint64_t allocation_count(void);

#endif
