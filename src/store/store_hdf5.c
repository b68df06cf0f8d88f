#include "store/store_hdf5.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "store/disk.h"

hid_t store_hdf5_type(enum store_type type)
{
    switch (type) {
    case STORE_F32:
        return H5T_NATIVE_FLOAT;
    case STORE_F64:
        return H5T_NATIVE_DOUBLE;
    case STORE_I8:
        return H5T_NATIVE_INT8;
    case STORE_I16:
        return H5T_NATIVE_INT16;
    case STORE_I32:
        return H5T_NATIVE_INT32;
    case STORE_I64:
        return H5T_NATIVE_INT64;
    case STORE_U8:
        return H5T_NATIVE_UINT8;
    case STORE_U32:
        return H5T_NATIVE_UINT32;
    case STORE_U64:
        return H5T_NATIVE_UINT64;
    }
    return -1;
}

hid_t store_text_type(void)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

/* ---- causes ---- */

struct cause {
    char *text;
    size_t size;
    int number;
};

/* The driver of plain files writes "…, errno = 5, error message = …". Innermost first. */
static herr_t look_at(unsigned depth, const H5E_error2_t *error, void *context)
{
    struct cause *cause = context;
    const char *words = error->desc ? error->desc : "";
    const char *number = strstr(words, "errno = ");
    if (depth == 0 || number)
        snprintf(cause->text, cause->size, "%s", words);
    if (!number)
        return 0;
    cause->number = atoi(number + strlen("errno = "));
    snprintf(cause->text, cause->size, "%s", strerror(cause->number));
    return 1; /* enough */
}

void store_cause(char *text, size_t size, int *number)
{
    struct cause cause = {text, size, 0};
    snprintf(text, size, "HDF5 does not say why");
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, look_at, &cause);
    *number = cause.number;
}

void store_check_disk(const struct store_file *file)
{
    char why[256];
    int number;
    store_cause(why, sizeof why, &number);
    if (number != 0 && !disk_is_user_error(number)) /* those are of links to other files */
        log_fatal("file '%s': cannot be read: %s", file->path, why);
}
