dry_pkg(${LAYER} PRIVATE rocksdb)
