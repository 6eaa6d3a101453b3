/* The portable loop: any compiler. */
#define DRY_LOOP_THREADED 0
#define DRY_LOOP_STEPPING 0
#define DRY_LOOP_NAME dry__loop_switch
#include "evm/loop.h"
