/* The loop that shows every instruction to a tracer; runs exact code. */
#define DRY_LOOP_THREADED 0
#define DRY_LOOP_STEPPING 1
#define DRY_LOOP_NAME dry__loop_stepping
#include "evm/loop.h"
