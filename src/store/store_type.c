#include "store/store_type.h"

size_t store_type_size(enum store_type type)
{
    static const size_t bytes[] = {
        [STORE_F32] = 4, [STORE_F64] = 8, [STORE_I8] = 1,  [STORE_I16] = 2, [STORE_I32] = 4,
        [STORE_I64] = 8, [STORE_U8] = 1,  [STORE_U32] = 4, [STORE_U64] = 8};
    return bytes[type];
}
