# The interpreter's loops. Words are written limb by limb; a 16-byte load of two fresh limbs stalls,
# so these files do without vector registers. Clang 19 otherwise folds all jumps to the next
# instruction into one, which the processor cannot predict.
set(loop_flags "")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    string(APPEND loop_flags " -mgeneral-regs-only")
endif()
if(CMAKE_C_COMPILER_ID STREQUAL "Clang" AND CMAKE_C_COMPILER_VERSION VERSION_GREATER_EQUAL 19)
    string(APPEND loop_flags " -mllvm -tail-dup-pred-size=4096 -mllvm -tail-dup-succ-size=4096")
endif()
set_source_files_properties(${dir}/src/evm/loop_threaded.c ${dir}/src/evm/loop_switch.c
                            PROPERTIES COMPILE_FLAGS "${loop_flags}")
