# rosa_eigen: a small shared library with one exported function around LAPACK's dsyevr (engine/adapt/eigen.h).
#
# LibTorch has no index-range eigensolver on the CPU, and a second BLAS with visible symbols would take over LibTorch's
# own. So the static, serial OpenBLAS is linked into a library that hides everything but that function. Its calls share
# a table of work buffers, which Debian's build does not lock: --wrap puts a lock of ours around it (range_eigen.cpp).
# Where the package is not installed no target is made, and at::linalg_eigh serves instead.

if(NOT ROSA_WITH_TORCH)
  return()
endif()

find_library(ROSA_OPENBLAS_STATIC NAMES libopenblas.a PATH_SUFFIXES openblas-serial
  DOC "The serial OpenBLAS as a static library")
# The archive's LAPACK is Fortran; compilers for C++ alone bring its run time without the development link.
find_library(ROSA_FORTRAN_RUNTIME NAMES libgfortran.so.5 gfortran DOC "gfortran's run-time library")
mark_as_advanced(ROSA_OPENBLAS_STATIC ROSA_FORTRAN_RUNTIME)

if(NOT ROSA_OPENBLAS_STATIC OR NOT ROSA_FORTRAN_RUNTIME)
  message(STATUS "No static OpenBLAS (package libopenblas-serial-dev): resampling computes all eigenvectors, three times slower")
  return()
endif()
message(STATUS "Range eigensolver from ${ROSA_OPENBLAS_STATIC}")

set(exports "${CMAKE_BINARY_DIR}/rosa_eigen.map")
file(WRITE "${exports}" "{ global: rosa_symmetric_eigenvectors; local: *; };\n")

add_library(rosa_eigen SHARED "${PROJECT_SOURCE_DIR}/engine/adapt/range_eigen.cpp")
target_include_directories(rosa_eigen PRIVATE "${PROJECT_SOURCE_DIR}/engine")
target_link_libraries(rosa_eigen PRIVATE rosa_options "${ROSA_OPENBLAS_STATIC}" "${ROSA_FORTRAN_RUNTIME}")
target_link_options(rosa_eigen PRIVATE
  "LINKER:--wrap=blas_memory_alloc" "LINKER:--wrap=blas_memory_free"
  "LINKER:--exclude-libs,ALL" "LINKER:--version-script,${exports}" "LINKER:--no-undefined" "LINKER:--strip-debug")
set_target_properties(rosa_eigen PROPERTIES LINK_DEPENDS "${exports}")
install(TARGETS rosa_eigen LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
