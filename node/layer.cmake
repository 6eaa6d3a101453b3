dry_pkg(${LAYER} PRIVATE jansson)
dry_pkg(${LAYER} PRIVATE libcrypto libsodium)

# The program as a user meets it. Times and memory are the release build's; with sanitizers the
# tests only need to get there.
if(DRYSTONE_TESTS)
    set(slow)
    if(DRYSTONE_SANITIZE)
        set(slow --slow)
    endif()
    foreach(name node kill hostile wire)
        add_test(NAME e2e_${name}
                 COMMAND python3 ${PROJECT_SOURCE_DIR}/node/test/e2e/test_${name}.py
                         $<TARGET_FILE:drystone> ${slow})
        set_tests_properties(e2e_${name} PROPERTIES LABELS node TIMEOUT 600)
    endforeach()
    if(NOT slow)
        set_tests_properties(e2e_node PROPERTIES RUN_SERIAL ON)
    endif()

    # Other people's libraries and tools against the program.
    add_test(NAME node_clients
             COMMAND ${PROJECT_SOURCE_DIR}/node/test/clients/run.sh $<TARGET_FILE:drystone>)
    set_tests_properties(node_clients PROPERTIES LABELS clients TIMEOUT 600 SKIP_RETURN_CODE 77)
endif()
