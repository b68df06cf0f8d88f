/* The numbers that datasets hold. */
#ifndef RESLICE_STORE_STORE_TYPE_H
#define RESLICE_STORE_STORE_TYPE_H

#include <stddef.h>

enum { STORE_AXES = 6 };

enum store_type {
    STORE_F32,
    STORE_F64,
    STORE_I8,
    STORE_I16,
    STORE_I32,
    STORE_I64,
    STORE_U8,
    STORE_U32,
    STORE_U64
};

/* Bytes of one number. Pure. */
size_t store_type_size(enum store_type type);

#endif
