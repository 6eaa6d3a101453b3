/* The runner as a WASI command: three functions of WASI preview 1 and no more. */
#include "host.h"
#include <stdint.h>

#define WASI(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))

struct span {
    uint32_t at, len;
};
WASI(fd_read) uint32_t wasi_fd_read(uint32_t fd, const struct span *spans, size_t n, size_t *done);
WASI(fd_write)
uint32_t wasi_fd_write(uint32_t fd, const struct span *spans, size_t n, size_t *done);
WASI(proc_exit) __attribute__((noreturn)) void wasi_proc_exit(uint32_t code);

long host_read(void *p, size_t n)
{
    struct span s = {(uint32_t)(uintptr_t)p, (uint32_t)n};
    size_t done = 0;

    return wasi_fd_read(0, &s, 1, &done) == 0 ? (long)done : -1;
}

bool host_write(const void *p, size_t n)
{
    struct span s = {(uint32_t)(uintptr_t)p, (uint32_t)n};

    while (s.len != 0) {
        size_t done = 0;

        if (wasi_fd_write(1, &s, 1, &done) != 0 || done == 0)
            return false;
        s.at += (uint32_t)done;
        s.len -= (uint32_t)done;
    }
    return true;
}

__attribute__((export_name("_start"))) void _start(void);
void _start(void)
{
    wasi_proc_exit((uint32_t)image_main());
}
