# Options, language level, output folders and warnings for the whole tree.

option(PERENNIAL_WARNINGS_AS_ERRORS "Treat compiler warnings as errors" OFF)
option(PERENNIAL_BUILD_TESTS "Build the tests" ON)
option(PERENNIAL_BUILD_FUZZERS "Build the libFuzzer targets (needs clang)" OFF)
set(PERENNIAL_SANITIZE "" CACHE STRING "Value for -fsanitize=, empty for none")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(PERENNIAL_PLUGIN_DIRECTORY "${CMAKE_BINARY_DIR}/lib/perennial/plugins")

find_program(PERENNIAL_CCACHE ccache)
if(PERENNIAL_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER "${PERENNIAL_CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${PERENNIAL_CCACHE}")
endif()
find_program(PERENNIAL_MOLD mold)
if(PERENNIAL_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# The interface library that every target of ours links; third-party code never does.
add_library(perennial_flags INTERFACE)
target_compile_options(perennial_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  # g++ 12 sees overlapping copies in std::string that are not there (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  $<$<BOOL:${PERENNIAL_WARNINGS_AS_ERRORS}>:-Werror>)
# Includes are written from the repository root: "runtime/store/journal.hpp".
target_include_directories(perennial_flags INTERFACE "${CMAKE_SOURCE_DIR}")

if(PERENNIAL_SANITIZE)
  add_compile_options(-fsanitize=${PERENNIAL_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${PERENNIAL_SANITIZE})
endif()
