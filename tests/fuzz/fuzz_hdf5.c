#include "fuzz_hdf5.h"

#include <string.h>

uint8_t fuzz_buffer[FUZZ_BUFFER];

hid_t fuzz_text_type(size_t size)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, size);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

/* Elements whose bytes are not in the dataset itself. */
static bool is_indirect(hid_t type)
{
    return H5Tdetect_class(type, H5T_VLEN) > 0 || H5Tdetect_class(type, H5T_REFERENCE) > 0 ||
           H5Tis_variable_str(type) > 0;
}

/* Bytes of the data; 0 when they are too many for the buffer, or not in the dataset itself. */
size_t fuzz_direct_bytes(hid_t type, hid_t space)
{
    const size_t size = H5Tget_size(type);
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    if (is_indirect(type) || count <= 0 || size == 0 || (size_t)count > FUZZ_BUFFER / size)
        return 0;
    return size * (size_t)count;
}

/* A word of input bytes, up to 4095 of them by repetition. */
const char *fuzz_take_word(struct fuzz_bytes *bytes)
{
    static char word[FUZZ_WORD];
    const size_t length = fuzz_take(bytes) % 32, repeats = 1 + fuzz_take(bytes) % 100;
    size_t n = 0;
    for (size_t i = 0; i < length; i++)
        word[n++] = (char)fuzz_take(bytes);
    for (size_t r = 1; r < repeats; r++, n += length)
        memcpy(word + n, word, length);
    word[n] = '\0';
    return word;
}

static hid_t pair_type(void)
{
    const hid_t type = H5Tcreate(H5T_COMPOUND, 16);
    H5Tinsert(type, "a", 0, H5T_NATIVE_INT64);
    H5Tinsert(type, "b", 8, H5T_NATIVE_DOUBLE);
    return type;
}

hid_t fuzz_take_type(struct fuzz_bytes *bytes)
{
    const hid_t plain[] = {H5T_NATIVE_UINT64, H5T_NATIVE_INT32,   H5T_NATIVE_FLOAT,
                           H5T_NATIVE_DOUBLE, H5T_NATIVE_UINT8,   H5T_NATIVE_INT64,
                           H5T_STD_I32BE,     H5T_IEEE_F64BE,     H5T_NATIVE_INT8,
                           H5T_NATIVE_B32,    H5T_NATIVE_LDOUBLE, H5T_STD_REF_OBJ};
    const size_t plains = sizeof plain / sizeof plain[0];
    const size_t kind = fuzz_take(bytes) % (plains + 6);
    if (kind < plains)
        return H5Tcopy(plain[kind]);
    const size_t size = 1 + (size_t)fuzz_take_number(bytes, 4) % ((size_t)1 << 31);
    switch (kind - plains) {
    case 0:
        return fuzz_text_type(H5T_VARIABLE);
    case 1:
        return fuzz_text_type(size);
    case 2:
        return H5Tcreate(H5T_OPAQUE, size);
    case 3:
        return H5Tarray_create2(H5T_NATIVE_INT64, 1, (hsize_t[]){1 + size % 1000});
    case 4:
        return H5Tvlen_create(H5T_NATIVE_INT32);
    default:
        return pair_type();
    }
}

hid_t fuzz_take_space(struct fuzz_bytes *bytes)
{
    static const hsize_t large[] = {100,           1 << 10,    1 << 16,       1 << 24,
                                    1u << 31,      1ull << 32, 1ull << 60,    1ull << 61,
                                    1ull << 62,    1ull << 63, 0xFFFFFFFFull, (1ull << 32) + 1,
                                    UINT64_MAX / 3};
    const int axes = fuzz_take(bytes) % (FUZZ_AXES + 2);
    if (axes > FUZZ_AXES)
        return H5Screate(H5S_NULL);
    if (axes == 0)
        return H5Screate(H5S_SCALAR);
    hsize_t length[FUZZ_AXES];
    for (int a = 0; a < axes; a++) {
        const uint8_t byte = fuzz_take(bytes);
        length[a] = byte < 200 ? byte % 20 : large[byte % (sizeof large / sizeof large[0])];
    }
    return H5Screate_simple(axes, length, NULL);
}

/* Fills the fuzz_buffer with elements of a type that H5Dwrite and H5Awrite may take: pointers must
 * point somewhere. */
void fuzz_take_data(struct fuzz_bytes *bytes, hid_t type)
{
    static int32_t numbers[3] = {1, 2, 3};
    static char word[FUZZ_WORD];
    memset(fuzz_buffer, 0, sizeof fuzz_buffer);
    if (H5Tis_variable_str(type) > 0) {
        char *pointer = strcpy(word, fuzz_take_word(bytes));
        for (size_t i = 0; i + sizeof pointer <= FUZZ_BUFFER; i += sizeof pointer)
            memcpy(fuzz_buffer + i, &pointer, sizeof pointer);
    } else if (H5Tget_class(type) == H5T_VLEN) {
        const hvl_t list = {3, numbers};
        for (size_t i = 0; i + sizeof list <= FUZZ_BUFFER; i += sizeof list)
            memcpy(fuzz_buffer + i, &list, sizeof list);
    } else if (H5Tget_class(type) != H5T_REFERENCE) {
        uint8_t pattern[8];
        for (int i = 0; i < 8; i++)
            pattern[i] = fuzz_take(bytes);
        for (size_t i = 0; i < FUZZ_BUFFER; i++)
            fuzz_buffer[i] = pattern[i % 8];
    }
}

/* How the elements are stored: in one piece, in chunks, packed. */
hid_t fuzz_take_storage(struct fuzz_bytes *bytes, hid_t space)
{
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    const int kind = fuzz_take(bytes) % 4;
    const int axes = H5Sget_simple_extent_ndims(space);
    hsize_t chunk[FUZZ_AXES];
    for (int a = 0; a < FUZZ_AXES; a++)
        chunk[a] = 2;
    if (kind == 1)
        H5Pset_layout(list, H5D_COMPACT);
    if (kind >= 2 && axes > 0)
        H5Pset_chunk(list, axes, chunk);
    if (kind == 3 && axes > 0)
        H5Pset_deflate(list, 1);
    return list;
}
