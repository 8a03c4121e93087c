# How every target of the project is made: C++20, warnings as errors, sanitizers, one job pool by memory.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# -fPIC for programs too, not -fPIE: the shared precompiled header fits only files compiled with the same flags.
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fPIC>)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
# Installed programs find our own libraries beside them, wherever the folder is moved; LibTorch's path is linked in.
set(CMAKE_INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(ROSA_CCACHE ccache)
if(ROSA_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${ROSA_CCACHE}")
endif()
find_program(ROSA_MOLD mold)
if(ROSA_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# A file with LibTorch's headers takes about 1 GB to compile: as many at once as memory allows.
cmake_host_system_information(RESULT ROSA_MEMORY_MB QUERY TOTAL_PHYSICAL_MEMORY)
cmake_host_system_information(RESULT ROSA_CORES QUERY NUMBER_OF_LOGICAL_CORES)
math(EXPR ROSA_TORCH_JOBS "${ROSA_MEMORY_MB} / 1500")
if(ROSA_TORCH_JOBS GREATER ROSA_CORES)
  set(ROSA_TORCH_JOBS ${ROSA_CORES})
elseif(ROSA_TORCH_JOBS LESS 1)
  set(ROSA_TORCH_JOBS 1)
endif()
set_property(GLOBAL APPEND PROPERTY JOB_POOLS rosa_torch=${ROSA_TORCH_JOBS})

add_library(rosa_options INTERFACE)
target_compile_options(rosa_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wconversion -Wno-sign-conversion -Werror)
if(ROSA_SANITIZE)
  target_compile_options(rosa_options INTERFACE -fsanitize=${ROSA_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  # GCC takes what the sanitizers make of its own std::regex for a use of uninitialised values.
  target_compile_options(rosa_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(rosa_options INTERFACE -fsanitize=${ROSA_SANITIZE})
endif()
if(ROSA_BUILD_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "ROSA_BUILD_FUZZERS needs clang for its libFuzzer: configure with the preset fuzz.")
  endif()
  target_compile_options(rosa_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Most of a compilation is reading the same headers again, so every preset but dev compiles several files of a target as one
# (unity build). Names in the anonymous namespaces of a target must therefore differ; a source with names that others of its
# target have with good reason too (the ByteLevel of normalizers, pre-tokenizers and decoders, say) is named as ALONE.
function(rosa_compile_alone)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# rosa_engine_library(name SOURCES ... [ALONE ...] [DEPENDS rosa::base ...] [LIBRARIES PkgConfig::X ...] [TORCH])
# makes the static library rosa_<name> (alias rosa::<name>) from the sources of the current folder. Includes are written
# from engine/ ("base/file.h") and from engine/include ("rosa/config.h"). TORCH links LibTorch and uses the one shared
# precompiled header; everything else is skipped where LibTorch is switched off.
function(rosa_engine_library name)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;ALONE;DEPENDS;LIBRARIES" ${ARGN})
  if(ARG_TORCH AND NOT ROSA_WITH_TORCH)
    return()
  endif()
  rosa_compile_alone(${ARG_ALONE})
  add_library(rosa_${name} STATIC ${ARG_SOURCES} ${ARG_ALONE})
  add_library(rosa::${name} ALIAS rosa_${name})
  target_include_directories(rosa_${name} PUBLIC "${PROJECT_SOURCE_DIR}/engine" "${PROJECT_SOURCE_DIR}/engine/include")
  target_link_libraries(rosa_${name} PUBLIC ${ARG_DEPENDS} PRIVATE rosa_options ${ARG_LIBRARIES})
  if(ARG_TORCH)
    rosa_use_torch(rosa_${name})
  endif()
endfunction()

# Links LibTorch and reuses the shared precompiled header.
function(rosa_use_torch target)
  target_link_libraries(${target} PUBLIC rosa::torch)
  if(NOT target STREQUAL "rosa_torch_pch")
    target_precompile_headers(${target} REUSE_FROM rosa_torch_pch)
  endif()
  set_target_properties(${target} PROPERTIES JOB_POOL_COMPILE rosa_torch)
endfunction()

# Builds what the sanitizers' presets run: the tests labelled "threads", and under asan those labelled "memory" too.
add_custom_target(sanitized_tests)

# rosa_test(name SOURCES ... DEPENDS ... [LABEL unit|golden|gui|e2e] [TORCH] [CUDA] [MEMORY] [TIMEOUT seconds])
# One test program, one ctest entry; with CUDA a second one, NAME_cuda, which computes on a GPU and is skipped without one.
# Tests without LibTorch and Qt also carry the label "threads": the presets tsan and asan run those, tsan without the
# golden ones, which know one thread alone. MEMORY gives a test
# with LibTorch the label "memory": it is quick enough to be run by asan in every CI too.
function(rosa_test name)
  cmake_parse_arguments(ARG "TORCH;CUDA;MEMORY" "LABEL;TIMEOUT" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  if(ARG_TORCH AND NOT ROSA_WITH_TORCH)
    return()
  endif()
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests" "${PROJECT_SOURCE_DIR}/engine" "${PROJECT_SOURCE_DIR}/engine/include")
  # What is tested is optimised; the tests themselves only cost time to compile.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} ${ARG_LIBRARIES} rosa_options GTest::gtest)
  set(labels ${ARG_LABEL})
  if(ARG_TORCH)
    rosa_use_torch(${name})
  elseif(NOT ARG_LABEL STREQUAL "gui" AND NOT ARG_LABEL STREQUAL "e2e")
    list(APPEND labels threads)
    add_dependencies(sanitized_tests ${name})
  endif()
  if(ARG_MEMORY)
    list(APPEND labels memory)
    add_dependencies(sanitized_tests ${name})
  endif()
  if(ARG_CUDA)
    target_sources(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests/support/device_main.cpp")
  elseif(NOT ARG_LABEL STREQUAL "gui")
    target_link_libraries(${name} PRIVATE GTest::gtest_main)
  endif()
  set(environment "ROSA_SOURCE_DIR=${PROJECT_SOURCE_DIR};ROSA_BIN_DIR=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT ${ARG_TIMEOUT} ENVIRONMENT "${environment}")
  if(ARG_CUDA)
    add_test(NAME ${name}_cuda COMMAND ${name})
    set_tests_properties(${name}_cuda PROPERTIES LABELS cuda TIMEOUT ${ARG_TIMEOUT} SKIP_RETURN_CODE 77
      ENVIRONMENT "${environment};ROSA_TEST_DEVICE=cuda")
  endif()
endfunction()
