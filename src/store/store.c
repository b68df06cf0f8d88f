#define _POSIX_C_SOURCE 200809L
#include "store/store.h"

#include <hdf5.h>
#include <hdf5_hl.h>
#include <mpi.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/comm.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/disk.h"
#include "store/store_files.h"
#include "store/store_hdf5.h"

struct store {
    hid_t file;
    hid_t transfer; /* property list of data writes */
    char path[DISK_PATH], part[DISK_PATH + 8];
};

/* ---- errors: one helper for every HDF5 call ---- */

/* Combines the return code over ranks; no HDF5 call may follow a failure (it could hang or crash),
 * so the rank that saw it speaks and ends the job. */
static void need(const struct store *store, int64_t code, const char *what)
{
    char why[256];
    int number;
    if (code < 0)
        store_cause(why, sizeof why, &number);
    if (comm_all_true(code >= 0))
        return;
    if (code < 0)
        log_fatal("HDF5 '%s': %s failed: %s; the file is left unfinished", store->part, what, why);
    sleep(5); /* the other rank has the message and ends the job */
    comm_abort(ERROR_STATUS_ENVIRONMENT);
}

/* ---- create ---- */

/* Links are followed: the file they lead to is replaced in its own folder, and they stay. */
static struct store *store_new(const char *path)
{
    struct store *store = MEM_NEW(struct store, 1);
    struct error err;
    if (comm_rank() == 0 &&
        (!disk_follow(path, store->path, &err) || !disk_may_replace(store->path, &err)))
        log_fatal("%s", err.text);
    comm_broadcast(store->path, sizeof store->path);
    snprintf(store->part, sizeof store->part, "%s.part", store->path);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* need() speaks */
    return store;
}

/* Makes an empty file of PATH.part, or opens the one that is there. */
static void open_part(struct store *store, bool is_new)
{
    store_watchdog_start();
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    need(store, H5Pset_fapl_mpio(access, MPI_COMM_WORLD, MPI_INFO_NULL), "choosing MPI-IO");
    store->file = is_new ? H5Fcreate(store->part, H5F_ACC_TRUNC, H5P_DEFAULT, access)
                         : H5Fopen(store->part, H5F_ACC_RDWR, access);
    need(store, store->file, is_new ? "creating the file" : "opening the file");
    need(store, H5Pclose(access), "closing a property list");
    store->transfer = H5Pcreate(H5P_DATASET_XFER);
    /* Each rank writes for itself and sees its own error, which need() then tells the others; a
     * collective write that fails on one rank leaves the others hanging in MPI-IO. */
    need(store, H5Pset_dxpl_mpio(store->transfer, H5FD_MPIO_INDEPENDENT), "choosing transfers");
}

struct store *store_create(const char *path, size_t bytes)
{
    struct store *store = store_new(path);
    if (comm_rank() == 0)
        store_check_space(store->part, bytes);
    open_part(store, true);
    return store;
}

void store_check_extend(const char *path, size_t bytes)
{
    struct store *store = store_new(path);
    if (comm_rank() == 0) {
        store_check_space(store->part, bytes + store_file_bytes(store->path));
        store_check_writable(store->part);
    }
    comm_all_true(true);
    mem_free(store);
}

struct store *store_extend(const char *path, size_t bytes, const char *const *group)
{
    struct store *store = store_new(path);
    if (comm_rank() == 0) {
        store_check_space(store->part, bytes + store_file_bytes(store->path));
        store_copy(store->path, store->part);
    }
    comm_all_true(true); /* nobody opens the copy before it stands */
    open_part(store, false);
    for (; *group; group++)
        if (H5Lexists(store->file, *group, H5P_DEFAULT) > 0)
            need(store, H5Ldelete(store->file, *group, H5P_DEFAULT), *group);
    return store;
}

/* ---- attributes ---- */

static void attribute(struct store *store, const char *object, const char *name, hid_t type,
                      const void *value)
{
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t id = H5Acreate_by_name(store->file, object, name, type, space, H5P_DEFAULT,
                                       H5P_DEFAULT, H5P_DEFAULT);
    need(store, id, name);
    need(store, H5Awrite(id, type, value), name);
    need(store, H5Aclose(id), name);
    H5Sclose(space);
}

void store_text(struct store *store, const char *object, const char *name, const char *value)
{
    const hid_t type = store_text_type();
    attribute(store, object, name, type, &value);
    H5Tclose(type);
}

void store_integer(struct store *store, const char *object, const char *name, int64_t value)
{
    attribute(store, object, name, H5T_NATIVE_INT64, &value);
}

void store_real(struct store *store, const char *object, const char *name, double value)
{
    attribute(store, object, name, H5T_NATIVE_DOUBLE, &value);
}

static hid_t with_parents(void)
{
    const hid_t list = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(list, 1);
    return list;
}

static bool exists(const struct store *store, const char *path)
{
    return H5Lexists(store->file, path, H5P_DEFAULT) > 0;
}

void store_group(struct store *store, const char *group)
{
    const hid_t list = with_parents();
    const hid_t id = H5Gcreate2(store->file, group, list, H5P_DEFAULT, H5P_DEFAULT);
    need(store, id, group);
    need(store, H5Gclose(id), group);
    H5Pclose(list);
}

/* Parents first, so that H5Lexists may be asked about any path below. */
static void make_groups(struct store *store, const char *group)
{
    char path[DISK_PATH];
    for (const char *end = strchr(group + 1, '/');; end = strchr(end + 1, '/')) {
        const size_t length = end ? (size_t)(end - group) : strlen(group);
        snprintf(path, sizeof path, "%.*s", (int)length, group);
        if (length > 1 && !exists(store, path))
            store_group(store, path);
        if (!end)
            return;
    }
}

/* ---- datasets ---- */

static size_t rows_of(const struct store_array *array)
{
    size_t rows = 1;
    for (int a = 0; a < array->split_axes; a++)
        rows *= array->axis[a].length;
    return rows;
}

static size_t row_elements(const struct store_array *array)
{
    size_t n = 1;
    for (int a = array->split_axes; a < array->axes; a++)
        n *= array->axis[a].length;
    return n;
}

/* Elements that this rank writes. */
static size_t own_elements(const struct store_array *array)
{
    if (array->split_axes == 0)
        return comm_rank() == 0 ? row_elements(array) : 0;
    return array->count * row_elements(array);
}

/* Selects this rank's rows: each row is a slab, their union is written in one call. */
static void select_rows(hid_t space, const struct store_array *array)
{
    hsize_t start[STORE_AXES] = {0}, length[STORE_AXES];
    for (int a = 0; a < array->axes; a++)
        length[a] = a < array->split_axes ? 1 : array->axis[a].length;
    H5Sselect_none(space);
    if (array->split_axes == 1 && array->count > 0) { /* one slab */
        start[0] = array->first;
        length[0] = array->count;
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, length, NULL);
        return;
    }
    for (size_t row = array->first; row < array->first + array->count; row++) {
        size_t rest = row;
        for (int a = array->split_axes - 1; a >= 0; a--) {
            start[a] = rest % array->axis[a].length;
            rest /= array->axis[a].length;
        }
        H5Sselect_hyperslab(space, H5S_SELECT_OR, start, NULL, length, NULL);
    }
}

/* CRC-32 of the whole array from the pieces of the ranks, which follow each other. */
static uint32_t checksum(const struct store_array *array)
{
    const size_t bytes = own_elements(array) * store_type_size(array->type);
    const uint64_t mine[2] = {crc32_z(crc32_z(0, NULL, 0), array->data, bytes), bytes};
    uint64_t *all = MEM_NEW(uint64_t, 2 * comm_size());
    comm_gather_u64(mine, 2, all);
    uLong crc = crc32_z(0, NULL, 0);
    for (int r = 0; r < comm_size(); r++)
        crc = crc32_combine(crc, (uLong)all[2 * r], (z_off_t)all[2 * r + 1]);
    mem_free(all);
    return (uint32_t)crc;
}

static void write_data(struct store *store, hid_t dataset, const struct store_array *array,
                       const char *path)
{
    const hid_t file_space = H5Dget_space(dataset);
    const hsize_t own = own_elements(array);
    const hid_t memory_space = H5Screate_simple(1, (hsize_t[]){own > 0 ? own : 1}, NULL);
    if (own == 0) {
        H5Sselect_none(memory_space);
        H5Sselect_none(file_space);
    } else if (array->split_axes > 0) {
        select_rows(file_space, array);
    }
    static const char nothing[8];
    need(store,
         H5Dwrite(dataset, store_hdf5_type(array->type), memory_space, file_space, store->transfer,
                  own > 0 ? array->data : nothing),
         path);
    H5Sclose(memory_space);
    H5Sclose(file_space);
}

/* The dataset without its axes. */
static hid_t create_dataset(struct store *store, const struct store_array *array, const char *path)
{
    hsize_t length[STORE_AXES];
    for (int a = 0; a < array->axes; a++)
        length[a] = array->axis[a].length;
    const hid_t space = H5Screate_simple(array->axes, length, NULL);
    const hid_t id = H5Dcreate2(store->file, path, store_hdf5_type(array->type), space, H5P_DEFAULT,
                                H5P_DEFAULT, H5P_DEFAULT);
    need(store, id, path);
    H5Sclose(space);
    write_data(store, id, array, path);
    const uint32_t crc = checksum(array);
    attribute(store, path, "crc32", H5T_NATIVE_UINT32, &crc);
    store_text(store, path, "description", array->description);
    store_text(store, path, "units", array->units);
    return id;
}

/* The dimension scale GROUP/AXIS, made when it is first used. */
static hid_t open_scale(struct store *store, const char *group, const struct store_axis *axis)
{
    char path[DISK_PATH];
    snprintf(path, sizeof path, "%s/%s", group, axis->name);
    if (exists(store, path)) {
        const hid_t id = H5Dopen2(store->file, path, H5P_DEFAULT);
        need(store, id, path);
        return id;
    }
    int32_t *label = MEM_NEW(int32_t, axis->length);
    for (size_t i = 0; i < axis->length; i++)
        label[i] = axis->label ? axis->label[i] : (int32_t)i;
    const struct store_array scale = {.description = "axis",
                                      .units = "1",
                                      .type = STORE_I32,
                                      .axes = 1,
                                      .axis = {*axis},
                                      .data = label};
    const hid_t id = create_dataset(store, &scale, path);
    need(store, H5DSset_scale(id, axis->name), path);
    mem_free(label);
    return id;
}

/* The half of H5DSattach_scale that lies with the dataset: DIMENSION_LIST, for each axis a list of
 * references to its scales. */
static void point_at_scales(struct store *store, hid_t dataset, const struct store_array *array)
{
    hobj_ref_t scale[STORE_AXES];
    hvl_t list[STORE_AXES];
    char path[DISK_PATH];
    for (int a = 0; a < array->axes; a++) {
        snprintf(path, sizeof path, "%s/%s", array->group, array->axis[a].name);
        need(store, H5Rcreate(&scale[a], store->file, path, H5R_OBJECT, -1), path);
        list[a] = (hvl_t){1, &scale[a]};
    }
    const hid_t type = H5Tvlen_create(H5T_STD_REF_OBJ);
    const hid_t space = H5Screate_simple(1, (hsize_t[]){(hsize_t)array->axes}, NULL);
    const hid_t id = H5Acreate2(dataset, "DIMENSION_LIST", type, space, H5P_DEFAULT, H5P_DEFAULT);
    need(store, id, "DIMENSION_LIST");
    need(store, H5Awrite(id, type, list), "DIMENSION_LIST");
    need(store, H5Aclose(id), "DIMENSION_LIST");
    H5Sclose(space);
    H5Tclose(type);
}

static void attach_scales(struct store *store, hid_t dataset, const struct store_array *array)
{
    for (int a = 0; a < array->axes; a++) {
        const hid_t scale = open_scale(store, array->group, &array->axis[a]);
        if (!array->is_volatile)
            need(store, H5DSattach_scale(dataset, scale, (unsigned)a), array->name);
        need(store, H5Dclose(scale), array->name);
    }
    if (array->is_volatile)
        point_at_scales(store, dataset, array);
}

void store_write(struct store *store, const struct store_array *array)
{
    char path[DISK_PATH];
    snprintf(path, sizeof path, "%s/%s", array->group, array->name);
    if (array->split_axes > 0 && comm_rank() == comm_size() - 1 &&
        array->first + array->count != rows_of(array))
        log_fatal("'%s': the ranks do not have all rows", path);
    make_groups(store, array->group);
    const hid_t id = create_dataset(store, array, path);
    attach_scales(store, id, array);
    need(store, H5Dclose(id), path);
}

/* ---- finish ---- */

void store_finish(struct store *store)
{
    need(store, H5Pclose(store->transfer), "closing a property list");
    need(store, H5Fflush(store->file, H5F_SCOPE_GLOBAL), "flushing the file");
    need(store, H5Fclose(store->file), "closing the file");
    if (comm_rank() == 0) {
        struct error err;
        if (!store_verify(store->part, &err))
            log_fatal("%s", err.text);
        store_publish(store->part, store->path);
    }
    comm_all_true(true); /* nobody goes on before the file stands */
    store_watchdog_stop();
    mem_free(store);
}

void store_start(void)
{
    H5dont_atexit();
    H5open();
}

void store_library_version(char *text, size_t size)
{
    unsigned major, minor, release;
    H5get_libversion(&major, &minor, &release);
    snprintf(text, size, "%u.%u.%u parallel", major, minor, release);
}
