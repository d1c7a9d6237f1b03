// Time and the end of a process.
#ifndef CRAY_PROCESS_H
#define CRAY_PROCESS_H
#include <stdint.h>

uint64_t cray_monotonic_nanoseconds(void);

/// Ends the process without running exit handlers: other threads may be inside user code.
__attribute__((noreturn)) void cray_exit_now(int code);

/// Ends the process the ordinary way.
__attribute__((noreturn)) void cray_exit(int code);

/// Lines leave as they end, also through a pipe: what a worker printed before it crashed is not lost.
void cray_line_buffer_output(void);

/// Writes a message to standard error; Swift may not touch the C stream.
void cray_complain(const char *_Nonnull text);

/// Whether the calling thread is the process's first.
int cray_is_main_thread(void);

/// Cores this process may run on.
int cray_allowed_cpu_count(void);

/// A crash of this process may be reported by the language runtime for so long; then the process is killed.
void cray_limit_crash_reports(unsigned int seconds);

/// The file of the library that has a symbol, cut to fit; an empty text when nobody has it or the program itself does.
void cray_library_of_symbol(const char *_Nonnull symbol, char *_Nonnull path, uint32_t capacity);

/// Becomes readable when the main dispatch queue, and so the main actor, has something to run; -1 where that cannot be told.
int cray_main_queue_descriptor(void);

/// Makes the descriptor unreadable until something more is queued.
void cray_take_main_queue_signal(void);

/// Runs what waits on the main dispatch queue. On the main thread only.
void cray_run_main_queue(void);

/// A pipe that children do not inherit. Returns 0 or an errno value.
int cray_pipe(int out[_Nonnull 2]);
#endif
