dry_pkg(${LAYER} PRIVATE jansson)
dry_pkg(${LAYER} PRIVATE libcrypto libsodium)
