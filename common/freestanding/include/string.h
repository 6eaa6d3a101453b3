/* string.h - the memory functions of a build without a C library; the compiler may call them, too.
 */
#ifndef DRY_FREESTANDING_STRING_H
#define DRY_FREESTANDING_STRING_H
#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *p, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);

#endif /* DRY_FREESTANDING_STRING_H */
