dry_pkg(${LAYER} PRIVATE libuv yaml-0.1)
target_link_libraries(${LAYER} PUBLIC Threads::Threads)
