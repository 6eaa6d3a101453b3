# GMP is what the words are compared with; the layer itself needs nothing.
if(DRYSTONE_TESTS)
    cmake_language(DEFER CALL dry_pkg test_common_u256 PRIVATE gmp)
    cmake_language(DEFER CALL dry_pkg bench_common_u256 PRIVATE gmp)
endif()
