/* The runner on RISC-V with nothing below it but the kernel's system calls. */
#include "host.h"
#include <stdint.h>

enum { SYS_READ = 63, SYS_WRITE = 64, SYS_EXIT = 93 };

static long system_call(long number, long arg0, const void *arg1, size_t arg2)
{
    register long a0 __asm__("a0") = arg0;
    register const void *a1 __asm__("a1") = arg1;
    register size_t a2 __asm__("a2") = arg2;
    register long a7 __asm__("a7") = number;

    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
    return a0;
}

long host_read(void *p, size_t n)
{
    return system_call(SYS_READ, 0, p, n);
}

bool host_write(const void *p, size_t n)
{
    const char *at = p;

    while (n != 0) {
        long wrote = system_call(SYS_WRITE, 1, at, n);

        if (wrote <= 0)
            return false;
        at += wrote;
        n -= (size_t)wrote;
    }
    return true;
}

/* The kernel leaves the stack pointer aligned to 16, as a function expects it. */
__attribute__((noreturn)) void _start(void);
void _start(void)
{
    int code = image_main();

    for (;;)
        system_call(SYS_EXIT, code, NULL, 0);
}
