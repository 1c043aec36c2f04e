# Reference pages of the C library:
#     CONCLAVE_DOXYGEN_DIR=build/reference doxygen docs/doxygen/Doxyfile.c    (gives build/reference/c)
@INCLUDE              = docs/doxygen/common
PROJECT_NAME          = "conclave for C"
HTML_OUTPUT           = c
INPUT                 = clients/c/include
STRIP_FROM_INC_PATH   = clients/c/include
OPTIMIZE_OUTPUT_FOR_C = YES
PREDEFINED            = CONCLAVE_API= CONCLAVE_ENUM=
