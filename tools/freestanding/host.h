/* host.h - the little the image runner asks of what it runs on: a hosted process, linux-user RISC-V
 * without a C library, or WASI. One file each: host_native.c, host_rv64.c, host_wasm.c. */
#ifndef DRY_FREESTANDING_HOST_H
#define DRY_FREESTANDING_HOST_H
#include <stdbool.h>
#include <stddef.h>

/* Up to n bytes of standard input. 0 at its end, negative on an error. */
long host_read(void *p, size_t n);
/* All n bytes to standard output. False on an error. */
bool host_write(const void *p, size_t n);

/* A place in the heap to return to; where all freed memory is taken again, nothing happens. */
size_t host_heap_mark(void);
void host_heap_rewind(size_t mark);

/* The program: every case of the image on standard input. Returns the exit code. */
int image_main(void);

#endif /* DRY_FREESTANDING_HOST_H */
