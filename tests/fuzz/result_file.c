#include "result_file.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "fuzz_hdf5.h"
#include "settings/settings_yaml.h"

enum { CHANGES = 6 };

/* ---- what is in the file ---- */

static const struct attribute {
    const char *object, *name, *text; /* text NULL: an integer */
    int64_t integer;
} attributes[] = {
    {"/",              "format",          "reslice",          0   },
    {"/",              "version",         NULL,               1   },
    {"/",              "complete",        NULL,               1   },
    {"/",              "experiment",      "e",                0   },
    {"/",              "run",             "a@alpha=2,seed=1", 0   },
    {"/",              "run_base",        "a",                0   },
    {"/",              "parent",          RESULT_PARENT,      0   },
    {"/",              "select",          "test",             0   },
    {"/",              "select_sparsity", NULL,               0   },
    {"/",              "quantise",        NULL,               1   },
    {"/",              "seed",            NULL,               1   },
    {"/",              "epoch_kept",      NULL,               3   },
    {"/",              "test_accuracy",   NULL,               1   },
    {"/",              "bits",            NULL,               8   },
    {"/",              "slice_bits",      NULL,               2   },
    {"/",              "config",          "",                 0   }, /* the settings */
    {"/slices/total",  "codes",           NULL,               1000},
    {"/crossbars",     "slices",          NULL,               4   },
    {"/crossbars",     "rows",            NULL,               128 },
    {"/crossbars",     "columns",         NULL,               128 },
    {"/crossbars",     "cell_bits",       NULL,               2   },
    {"/crossbars/fc1", "inputs",          NULL,               4   },
    {"/crossbars/fc1", "outputs",         NULL,               3   },
    {"/crossbars/fc1", "row_tiles",       NULL,               1   },
    {"/crossbars/fc1", "column_tiles",    NULL,               1   },
    {"/crossbars/fc1", "arrays",          NULL,               8   },
};

enum { U8, I32, U64, F32, F64 };

static const struct array {
    const char *path;
    int type, axes;
    hsize_t length[FUZZ_AXES];
    int value; /* of every element */
} arrays[] = {
    {"/slices/total/histogram",          U64, 2, {4, 2},                          500},
    {"/slices/total/nonzero",            U64, 1, {4},                             500},
    {"/crossbars/fc1/zero_columns",      U64, 2, {2, 4},                          1  },
    {"/crossbars/fc1/current_histogram", U64, 4, {2, 4, 2, 5},                    7  },
    {"/adc/fc1/static",                  I32, 2, {2, 4},                          3  },
    {"/adc/fc1/observed",                I32, 2, {2, 4},                          2  },
    {"/adc/fc1/percentile_99_99",        I32, 2, {2, 4},                          1  },
    {"/adc/fc1/percentile_99_9",         I32, 2, {2, 4},                          0  },
    {"/adc/fc1/clip_rate",               F64, 3, {2, 4, 10},                      0  },
    {"/layers/fc1/weight",               F32, 2, {RESULT_HIDDEN, RESULT_INPUTS},  1  },
    {"/layers/fc1/weight_mask",          U8,  2, {RESULT_HIDDEN, RESULT_INPUTS},  1  },
    {"/layers/fc1/bias",                 F32, 1, {RESULT_HIDDEN},                 1  },
    {"/layers/fc2/weight",               F32, 2, {RESULT_CLASSES, RESULT_HIDDEN}, 1  },
    {"/layers/fc2/bias",                 F32, 1, {RESULT_CLASSES},                1  },
    {"/activations/exponent",            I32, 1, {RESULT_QUANTISERS},             1  },
};

enum {
    ATTRIBUTES = sizeof attributes / sizeof attributes[0],
    ARRAYS = sizeof arrays / sizeof arrays[0]
};

/* ---- writing; takes over type and space ---- */

static void put_attribute(hid_t file, const char *object, const char *name, hid_t type, hid_t space,
                          const void *data)
{
    if (H5Aexists_by_name(file, object, name, H5P_DEFAULT) > 0)
        H5Adelete_by_name(file, object, name, H5P_DEFAULT);
    const hid_t id =
        H5Acreate_by_name(file, object, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (id >= 0) {
        H5Awrite(id, type, data);
        H5Aclose(id);
    }
    H5Sclose(space);
    H5Tclose(type);
}

static void put_integer(hid_t file, const char *object, const char *name, int64_t value)
{
    put_attribute(file, object, name, H5Tcopy(H5T_NATIVE_INT64), H5Screate(H5S_SCALAR), &value);
}

static void put_text(hid_t file, const char *object, const char *name, const char *value)
{
    put_attribute(file, object, name, fuzz_text_type(H5T_VARIABLE), H5Screate(H5S_SCALAR), &value);
}

/* The checksum a writer would give, when that can be told. */
static void put_checksum(hid_t dataset, hid_t type, hid_t space)
{
    const size_t bytes = fuzz_direct_bytes(type, space);
    uLong crc = crc32_z(0, NULL, 0);
    if (bytes > 0 && H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, fuzz_buffer) >= 0)
        crc = crc32_z(crc, fuzz_buffer, bytes);
    const uint32_t value = (uint32_t)crc;
    put_attribute(dataset, ".", "crc32", H5Tcopy(H5T_NATIVE_UINT32), H5Screate(H5S_SCALAR), &value);
}

void result_file_write(const char *path, const struct settings *settings)
{
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t types[] = {H5T_NATIVE_UINT8, H5T_NATIVE_INT32, H5T_NATIVE_UINT64, H5T_NATIVE_FLOAT,
                           H5T_NATIVE_DOUBLE};
    const hid_t list = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(list, 1);
    for (int i = 0; i < ARRAYS; i++) {
        const struct array *array = &arrays[i];
        const hid_t space = H5Screate_simple(array->axes, array->length, NULL);
        const hid_t id = H5Dcreate2(file, array->path, types[array->type], space, list, H5P_DEFAULT,
                                    H5P_DEFAULT);
        int value[128];
        for (size_t n = 0; n < 128; n++)
            value[n] = array->value;
        fuzz_need(H5Dwrite(id, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0,
                  "cannot write %s", array->path);
        put_checksum(id, types[array->type], space);
        H5Sclose(space);
        H5Dclose(id);
    }
    H5Pclose(list);
    for (int i = 0; i < ATTRIBUTES; i++)
        if (attributes[i].text)
            put_text(file, attributes[i].object, attributes[i].name, attributes[i].text);
        else
            put_integer(file, attributes[i].object, attributes[i].name, attributes[i].integer);
    char *config = settings_to_yaml(settings);
    put_text(file, "/", "config", config);
    mem_free(config);
    fuzz_need(H5Fclose(file) >= 0, "cannot write the result file");
}

/* ---- changes ---- */

static const char *take_path(struct fuzz_bytes *bytes)
{
    return arrays[fuzz_take(bytes) % ARRAYS].path;
}

static const struct attribute *take_attribute(struct fuzz_bytes *bytes)
{
    return &attributes[fuzz_take(bytes) % ATTRIBUTES];
}

static void drop_attribute(hid_t file, struct fuzz_bytes *bytes)
{
    const struct attribute *a = take_attribute(bytes);
    H5Adelete_by_name(file, a->object, a->name, H5P_DEFAULT);
}

/* Another value of the same type. */
static void change_attribute(hid_t file, struct fuzz_bytes *bytes)
{
    const struct attribute *a = take_attribute(bytes);
    if (a->text)
        put_text(file, a->object, a->name, fuzz_take_word(bytes));
    else
        put_integer(file, a->object, a->name, (int64_t)fuzz_take_number(bytes, 8));
}

static void retype_attribute(hid_t file, struct fuzz_bytes *bytes)
{
    const struct attribute *a = take_attribute(bytes);
    const hid_t type = fuzz_take_type(bytes), space = fuzz_take_space(bytes);
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    fuzz_take_data(bytes, type);
    if (count >= 0 && (size_t)count <= FUZZ_BUFFER / H5Tget_size(type)) { /* what H5Awrite takes */
        put_attribute(file, a->object, a->name, type, space, fuzz_buffer);
        return;
    }
    H5Sclose(space);
    H5Tclose(type);
}

static void drop_object(hid_t file, struct fuzz_bytes *bytes)
{
    H5Ldelete(file, take_path(bytes), H5P_DEFAULT);
}

/* Other elements, of another type, in another shape; with a right checksum in most cases. */
static void replace_dataset(hid_t file, struct fuzz_bytes *bytes)
{
    const char *path = take_path(bytes);
    const hid_t type = fuzz_take_type(bytes), space = fuzz_take_space(bytes);
    const hid_t storage = fuzz_take_storage(bytes, space);
    const uint8_t how = fuzz_take(bytes);
    H5Ldelete(file, path, H5P_DEFAULT);
    const hid_t id = H5Dcreate2(file, path, type, space, H5P_DEFAULT, storage, H5P_DEFAULT);
    fuzz_take_data(bytes, type);
    if (id >= 0) {
        if (how & 1 && fuzz_direct_bytes(type, space) > 0)
            H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, fuzz_buffer);
        if (how % 8 != 0)
            put_checksum(id, type, space);
        H5Dclose(id);
    }
    H5Pclose(storage);
    H5Sclose(space);
    H5Tclose(type);
}

/* Other values in the dataset as it is, with the right checksum. */
static void change_values(hid_t file, struct fuzz_bytes *bytes)
{
    const hid_t id = H5Dopen2(file, take_path(bytes), H5P_DEFAULT);
    if (id < 0)
        return;
    const hid_t type = H5Dget_type(id), space = H5Dget_space(id);
    fuzz_take_data(bytes, type);
    if (fuzz_direct_bytes(type, space) > 0) {
        H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, fuzz_buffer);
        put_checksum(id, type, space);
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(id);
}

/* A link where there was a dataset, or a layer of another name. */
static void put_link(hid_t file, struct fuzz_bytes *bytes)
{
    const uint8_t kind = fuzz_take(bytes);
    const char *path = take_path(bytes), *other = take_path(bytes);
    char layer[FUZZ_WORD + 16];
    snprintf(layer, sizeof layer, "%s/%s", kind & 8 ? "/crossbars" : "/adc", fuzz_take_word(bytes));
    const char *name = kind & 4 ? layer : path;
    H5Ldelete(file, name, H5P_DEFAULT);
    if (kind % 4 == 0)
        H5Lcreate_soft(other, file, name, H5P_DEFAULT, H5P_DEFAULT);
    else if (kind % 4 == 1)
        H5Lcreate_hard(file, other, file, name, H5P_DEFAULT, H5P_DEFAULT);
    else if (kind % 4 == 2)
        H5Lcreate_hard(file, kind & 16 ? "/" : "/adc/fc1", file, name, H5P_DEFAULT, H5P_DEFAULT);
    else
        H5Lcreate_external("/nowhere", "/x", file, name, H5P_DEFAULT, H5P_DEFAULT);
}

void result_file_change(const char *path, struct fuzz_bytes *bytes)
{
    static void (*const changes[])(hid_t, struct fuzz_bytes *) = {
        drop_attribute,  change_attribute, retype_attribute, drop_object,
        replace_dataset, change_values,    put_link};
    const hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    fuzz_need(file >= 0, "cannot change the result file");
    for (int i = 0; i < CHANGES; i++) {
        const size_t change = fuzz_take(bytes) % (1 + sizeof changes / sizeof changes[0]);
        if (change == 0)
            break;
        changes[change - 1](file, bytes);
    }
    fuzz_need(H5Fclose(file) >= 0, "cannot close the result file");
}
