# Libraries from outside. System libraries: dry_pkg(target PRIVATE|PUBLIC name...) with pkg-config
# names. drystone_deps: blst, c-kzg and wasmtime as one static library (see deps/), built once per
# user by scripts/deps when the first target that needs it is built.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

function(dry_pkg target scope)
    foreach(pkg IN LISTS ARGN)
        if(NOT TARGET PkgConfig::${pkg})
            pkg_check_modules(${pkg} REQUIRED IMPORTED_TARGET GLOBAL ${pkg})
        endif()
        target_link_libraries(${target} ${scope} PkgConfig::${pkg})
    endforeach()
endfunction()

set(DRYSTONE_DEPS_DIR "" CACHE PATH "Where libdrystone_deps.a is built already; empty: per-user cache")
set(deps_dir ${DRYSTONE_DEPS_DIR})
if(NOT deps_dir)
    execute_process(COMMAND ${PROJECT_SOURCE_DIR}/scripts/deps --path
                    OUTPUT_VARIABLE deps_dir OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()
set(deps_lib ${deps_dir}/lib/libdrystone_deps.a)
add_library(drystone_deps INTERFACE)
target_include_directories(drystone_deps SYSTEM INTERFACE ${deps_dir}/include)
target_link_libraries(drystone_deps INTERFACE ${deps_lib} Threads::Threads ${CMAKE_DL_LIBS} m)
if(NOT DRYSTONE_DEPS_DIR)
    add_custom_command(OUTPUT ${deps_lib} COMMAND ${PROJECT_SOURCE_DIR}/scripts/deps
                       COMMENT "deps: blst, c-kzg, wasmtime" USES_TERMINAL VERBATIM)
    # No add_dependencies(): it would hold up the compiling of every layer above. Ninja knows from the
    # files that programs need the library; layer.cmake says it of the sources that need the headers.
    add_custom_target(drystone_deps_build DEPENDS ${deps_lib})
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
             ${PROJECT_SOURCE_DIR}/deps/Cargo.toml ${PROJECT_SOURCE_DIR}/deps/Cargo.lock
             ${PROJECT_SOURCE_DIR}/deps/build.rs ${PROJECT_SOURCE_DIR}/deps/src/lib.rs)
