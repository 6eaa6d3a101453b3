dry_pkg(${LAYER} PRIVATE jansson)
