/* The fast loop: every instruction jumps to the next one's code. Without computed goto it is the
 * switch again. */
#if defined(__GNUC__) && !defined(DRY_EVM_SWITCH)
#define DRY_LOOP_THREADED 1
#else
#define DRY_LOOP_THREADED 0
#endif
#define DRY_LOOP_STEPPING 0
#define DRY_LOOP_NAME dry__loop_threaded
#include "evm/loop.h"
