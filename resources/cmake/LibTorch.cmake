# LibTorch without find_package(Torch): that one demands the CUDA toolkit and always loads libtorch_cuda. Here are two imported
# libraries, libc10 and libtorch_cpu; the CUDA half is loaded at run time (engine/device).
#
# ROSA_LIBTORCH names the folder with include/ and lib/ (variable or environment); without it the per-user cache that
# resources/scripts/setup fills is used.

if(NOT ROSA_LIBTORCH AND DEFINED ENV{ROSA_LIBTORCH})
  set(ROSA_LIBTORCH "$ENV{ROSA_LIBTORCH}")
endif()
if(NOT ROSA_LIBTORCH)
  if(DEFINED ENV{XDG_CACHE_HOME} AND NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
    set(cache "$ENV{XDG_CACHE_HOME}")
  else()
    set(cache "$ENV{HOME}/.cache")
  endif()
  set(ROSA_LIBTORCH "${cache}/rosa-studio/libtorch-2.13.0/torch")
endif()
set(ROSA_LIBTORCH "${ROSA_LIBTORCH}" CACHE PATH "LibTorch's folder, with include/ and lib/" FORCE)

foreach(file lib/libc10.so lib/libtorch_cpu.so include/ATen/ATen.h)
  if(NOT EXISTS "${ROSA_LIBTORCH}/${file}")
    message(FATAL_ERROR "No ${file} in ${ROSA_LIBTORCH}. Run resources/scripts/setup, or set ROSA_LIBTORCH to a LibTorch folder.")
  endif()
endforeach()

file(STRINGS "${ROSA_LIBTORCH}/include/torch/headeronly/version.h" version_lines REGEX "define TORCH_VERSION_(MAJOR|MINOR) ")
if(NOT version_lines)
  file(STRINGS "${ROSA_LIBTORCH}/include/torch/csrc/api/include/torch/version.h" version_lines REGEX "define TORCH_VERSION_(MAJOR|MINOR) ")
endif()
string(REGEX REPLACE ".*MAJOR ([0-9]+).*MINOR ([0-9]+).*" "\\1.\\2" ROSA_LIBTORCH_VERSION "${version_lines}")
if(ROSA_LIBTORCH_VERSION VERSION_LESS 2.11)
  message(FATAL_ERROR "LibTorch ${ROSA_LIBTORCH_VERSION} in ${ROSA_LIBTORCH} is too old: 2.11 or newer is needed.")
endif()
message(STATUS "LibTorch ${ROSA_LIBTORCH_VERSION} in ${ROSA_LIBTORCH}")

add_library(rosa_torch INTERFACE)
add_library(rosa::torch ALIAS rosa_torch)
target_include_directories(rosa_torch SYSTEM INTERFACE
  "${ROSA_LIBTORCH}/include" "${ROSA_LIBTORCH}/include/torch/csrc/api/include")
# Its include folder brings an fmt of its own, newer than Debian's library: files that see it link its compiled half.
add_library(rosa_torch_fmt STATIC "${CMAKE_CURRENT_LIST_DIR}/torch_fmt.cpp")
target_include_directories(rosa_torch_fmt SYSTEM PRIVATE "${ROSA_LIBTORCH}/include")
target_link_libraries(rosa_torch INTERFACE rosa_torch_fmt "${ROSA_LIBTORCH}/lib/libtorch_cpu.so" "${ROSA_LIBTORCH}/lib/libc10.so")
target_link_options(rosa_torch INTERFACE "LINKER:-rpath,${ROSA_LIBTORCH}/lib" "LINKER:--allow-shlib-undefined")

# at::parallel_for is a template: without -fopenmp it runs everything on the calling thread, and says nothing. The run-time
# library is the one that LibTorch brings, so that both share their threads.
if(EXISTS "${ROSA_LIBTORCH}/lib/libgomp.so.1")
  target_compile_options(rosa_torch INTERFACE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fopenmp>)
  target_link_libraries(rosa_torch INTERFACE "${ROSA_LIBTORCH}/lib/libgomp.so.1")
else()
  message(WARNING "No libgomp.so.1 beside LibTorch: kernels of our own run on one thread")
endif()

# The one precompiled header of all LibTorch targets.
file(WRITE "${CMAKE_BINARY_DIR}/torch_pch.cpp.in" "// The precompiled header needs a source file of its own.\n")
configure_file("${CMAKE_BINARY_DIR}/torch_pch.cpp.in" "${CMAKE_BINARY_DIR}/torch_pch.cpp" COPYONLY)
add_library(rosa_torch_pch STATIC "${CMAKE_BINARY_DIR}/torch_pch.cpp")
target_link_libraries(rosa_torch_pch PUBLIC rosa::torch PRIVATE rosa_options)
target_precompile_headers(rosa_torch_pch PRIVATE <ATen/ATen.h> <torch/csrc/autograd/custom_function.h>)
