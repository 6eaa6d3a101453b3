# Libraries behind the fast path; the portable path needs none.
dry_pkg(${LAYER} PRIVATE libsecp256k1 libcrypto libsodium gmp)
target_link_libraries(${LAYER} PRIVATE drystone_deps)
