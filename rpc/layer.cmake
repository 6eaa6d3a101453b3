dry_pkg(${LAYER} PRIVATE libcrypto)
