dry_pkg(${LAYER} PRIVATE libwebsockets)
